package io.humpback.examples.bench.job;

import io.humpback.internal.PeakMemory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A process that is timed from its start, with what it writes in files. Closing this, or the end of this JVM, ends it with all
 * that it has started.
 */
final class Child implements AutoCloseable {

    private static final long MILLIS_BETWEEN_SAMPLES = 200;
    private static final long MILLIS_TO_STOP = 5000;
    private static final int TAIL = 400; // characters

    private final Process process;
    private final long start;
    private final Path out;
    private final Path err;
    private final Thread atTheEnd = new Thread(this::end, "humpback-child");
    private long peak;

    private Child(Process process, long start, Path out, Path err) {
        this.process = process;
        this.start = start;
        this.out = out;
        this.err = err;
    }

    /**
     * {@return a process, begun just now}
     *
     * @param words the program and its arguments; no shell reads them
     * @param folder where what it writes goes, over what an earlier one wrote
     * @throws IOException if there is no such program; the message names it
     */
    static Child start(List<String> words, Path folder) throws IOException {
        Path out = folder.resolve("stdout");
        Path err = folder.resolve("stderr");
        ProcessBuilder builder =
                new ProcessBuilder(words).redirectOutput(out.toFile()).redirectError(err.toFile());
        long start = System.nanoTime();
        Child child = new Child(builder.start(), start, out, err);
        try {
            Runtime.getRuntime().addShutdownHook(child.atTheEnd);
            child.process.getOutputStream().close(); // nobody will answer what it asks
            return child;
        } catch (IllegalStateException | IOException e) { // this JVM is ending
            child.close();
            throw e;
        }
    }

    /** {@return its exit status, once it has ended} */
    int await() throws InterruptedException {
        while (!process.waitFor(MILLIS_BETWEEN_SAMPLES, TimeUnit.MILLISECONDS)) {
            samplePeak();
        }
        return process.exitValue();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    /** {@return whether it has ended, or does in a moment, as after its connections have} */
    boolean isEnding() throws InterruptedException {
        return process.waitFor(MILLIS_BETWEEN_SAMPLES, TimeUnit.MILLISECONDS);
    }

    /** {@return seconds since it was started} */
    double seconds() {
        return (System.nanoTime() - start) / 1e9;
    }

    /** {@return the most memory it was seen to have resident, with what it has started; nothing where the system does not tell} */
    OptionalLong peakBytes() {
        samplePeak();
        return peak == 0 ? OptionalLong.empty() : OptionalLong.of(peak);
    }

    private void samplePeak() {
        peak = Math.max(
                peak,
                all().mapToLong(one -> PeakMemory.bytes(one.pid()).orElse(0)).sum());
    }

    private Stream<ProcessHandle> all() {
        return Stream.concat(process.descendants(), Stream.of(process.toHandle()));
    }

    /** {@return what it has written to its standard output} */
    String output() {
        return read(out);
    }

    /** {@return the end of what it has said, in one line} */
    String tail() {
        String said = read(err).isBlank() ? read(out) : read(err);
        String line = said.strip().replaceAll("\\s*\\R\\s*", " | ");
        return line.isEmpty()
                ? "it said nothing"
                : line.length() <= TAIL ? line : "... " + line.substring(line.length() - TAIL);
    }

    private static String read(Path file) {
        try {
            return new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        end();
        try {
            Runtime.getRuntime().removeShutdownHook(atTheEnd);
        } catch (IllegalStateException e) {
            // this JVM is ending, and the hook finds nothing left to do
        }
    }

    /** Asks all to stop, and then makes them; an interrupt meanwhile is kept. */
    private void end() {
        List<ProcessHandle> all = all().toList();
        all.forEach(ProcessHandle::destroy);
        boolean interrupted = Thread.interrupted();
        long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(MILLIS_TO_STOP);
        while (all.stream().anyMatch(ProcessHandle::isAlive)) {
            if (System.nanoTime() - until > 0) {
                all.forEach(ProcessHandle::destroyForcibly);
            }
            try {
                process.waitFor(process.isAlive() ? MILLIS_BETWEEN_SAMPLES : 0, TimeUnit.MILLISECONDS);
                Thread.sleep(5);
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
