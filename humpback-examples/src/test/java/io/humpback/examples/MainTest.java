package io.humpback.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in a JVM of its own. */
class MainTest {

    @TempDir
    private Path folder;

    private Process start(Object... args) throws IOException {
        List<String> command = Stream.concat(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-cp",
                                System.getProperty("java.class.path"),
                                Main.class.getName()),
                        Stream.of(args).map(Object::toString))
                .toList();
        return new ProcessBuilder(command)
                .redirectOutput(folder.resolve("stdout").toFile())
                .redirectError(folder.resolve("stderr").toFile())
                .start();
    }

    private int end(Process process) throws InterruptedException {
        try {
            assertTrue(process.waitFor(60, TimeUnit.SECONDS), "still running");
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    @Test
    void theExitStatusIsTheCommands() throws Exception {
        assertEquals(0, end(start("--version")));
        assertTrue(Files.readString(folder.resolve("stdout")).startsWith("humpback "));
        assertEquals(2, end(start("nonsense")));
        assertEquals(1, end(start("inspect", "--model", folder.resolve("none"))));
        assertEquals(1, Files.readAllLines(folder.resolve("stderr")).size());
    }

    @Test
    void rowsGoFromStandardInputToStandardOutput() throws Exception {
        Process process = start("score", "--model", "nano", "--in", "-", "--out", "-");
        try (Writer rows = process.outputWriter()) {
            rows.write("{\"instruction\": \"Why?\", \"response\": \"Because.\"}\nno row\n");
        }
        assertEquals(0, end(process), () -> read("stderr"));
        List<String> rows = Files.readAllLines(folder.resolve("stdout"));
        assertEquals(1, rows.size(), rows::toString);
        assertTrue(rows.get(0).startsWith("{\"instruction\":\"Why?\""), rows::toString);
        assertTrue(read("stderr").contains("\"line\":2"), () -> read("stderr"));
    }

    @Test
    void anInterruptEndsWith130AndTheSameCommandGoesOnThere() throws Exception {
        Path model = ReferenceData.file("data/golden/tiny-llama3");
        assumeThatSignalsArrive();
        Path work = Files.createDirectory(folder.resolve("work"));
        Path pairs = folder.resolve("pairs.jsonl");
        try (BufferedWriter out = Files.newBufferedWriter(pairs)) {
            for (int i = 0; i < 20_000; i++) {
                out.write("{\"instruction\": \"What comes after " + i + "?\", \"response\": \"The next number.\"}\n");
            }
        }
        Path scores = work.resolve("scores.jsonl");
        Path unfinished = work.resolve("scores.jsonl.unfinished");
        Process process = start("score", "--model", model, "--in", pairs, "--out", scores);
        try {
            for (int i = 0; i < 600 && Files.notExists(unfinished.resolve("settings.json")); i++) {
                Thread.sleep(100);
            }
            assertTrue(process.isAlive(), () -> read("stdout") + read("stderr"));
            assertEquals(
                    0,
                    new ProcessBuilder("/bin/kill", "-INT", Long.toString(process.pid()))
                            .start()
                            .waitFor());
            assertEquals(130, end(process), () -> read("stderr"));
        } finally {
            process.destroyForcibly();
        }
        assertEquals(List.of("scores.jsonl.unfinished"), List.of(work.toFile().list()));
        String last = read("stderr").lines().reduce((a, b) -> b).orElse("");
        assertTrue(
                last.matches("humpback: stopped: score was interrupted after \\d+ rows; started again, the same command"
                        + " goes on there"),
                last);
    }

    @Test
    void signalsWhileTheModelIsOpenedAreStopsAndNoCrashes() throws Exception {
        Path model = ReferenceData.file("data/golden/tiny-llama3");
        assumeThatSignalsArrive();
        Path pairs = Files.writeString(
                folder.resolve("pairs.jsonl"), "{\"instruction\": \"Why?\", \"response\": \"So.\"}\n".repeat(5000));
        for (int i = 0; i < 4; i++) {
            Path work = Files.createDirectory(folder.resolve("work" + i));
            Process process = start("score", "--model", model, "--in", pairs, "--out", work.resolve("scores.jsonl"));
            for (int wait = 0; wait < 600 && work.toFile().list().length == 0; wait++) {
                Thread.sleep(100);
            }
            Thread.sleep(150L * i); // the session is being opened
            String signal = i % 2 == 0 ? "-INT" : "-TERM";
            new ProcessBuilder("/bin/kill", signal, Long.toString(process.pid()))
                    .start()
                    .waitFor();
            assertEquals(i % 2 == 0 ? 130 : 143, end(process), () -> read("stderr"));
            assertEquals(0, work.toFile().list().length);
            assertEquals("humpback: stopped\n", read("stderr"));
        }
    }

    /** What a shell starts in the background without job control ignores interrupts, and so does all that it starts. */
    private static void assumeThatSignalsArrive() throws IOException {
        Assumptions.assumeTrue(Files.exists(Path.of("/bin/kill")), "signals are sent by /bin/kill, which is not here");
        Path status = Path.of("/proc/self/status");
        boolean ignored = Files.exists(status)
                && Files.readAllLines(status).stream()
                        .filter(line -> line.startsWith("SigIgn:"))
                        .anyMatch(line ->
                                (Long.parseUnsignedLong(line.substring(7).strip(), 16) & 2) != 0);
        Assumptions.assumeFalse(ignored, "this process ignores SIGINT, as those it starts do");
    }

    private String read(String name) {
        try {
            return Files.readString(folder.resolve(name));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
