package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.cli.Cli;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.terminal.Terminal;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Likelihood;
import io.humpback.model.Listener;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many more bytes of rows go through commands than the heap has. */
class FlatMemoryTest {

    private static final int ROWS = 60_000;

    @TempDir
    private Path folder;

    @Test
    void rowsOfAHundredMegabytesAreScoredAndCuratedInAHeapOfAThirdOfThat() throws Exception {
        Path pairs = folder.resolve("pairs.jsonl");
        try (BufferedWriter out = Files.newBufferedWriter(pairs)) {
            String response = "light ".repeat(280);
            for (int i = 0; i < ROWS; i++) {
                out.write(
                        i % 10 == 9
                                ? "{\"instruction\": \"" + response + "\"}\n" // to be rejected
                                : "{\"id\": " + i + ", \"instruction\": \"Why?\", \"response\": \"" + response
                                        + "\"}\n");
            }
        }
        assertTrue(Files.size(pairs) > 100_000_000);
        Path scores = folder.resolve("scores.jsonl");
        Path kept = folder.resolve("kept.jsonl");
        run("score", "--model", "m", "--in", pairs, "--out", scores);
        run("curate", "--top-share", "0.5", "--in", scores, "--out", kept);
        assertEquals(ROWS * 9 / 10, lines(scores));
        assertEquals(ROWS / 10, lines(folder.resolve("scores.rejected.jsonl")));
        assertEquals(ROWS * 9 / 20, lines(kept));
    }

    private static long lines(Path file) throws IOException {
        return RowCommand.count(file);
    }

    private void run(Object... args) throws Exception {
        List<String> command = Stream.concat(
                        Stream.of(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx32m",
                                "-XX:+UseSerialGC",
                                "-cp",
                                System.getProperty("java.class.path"),
                                Judging.class.getName()),
                        Stream.of(args).map(Object::toString))
                .toList();
        Path log = folder.resolve("log");
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        try {
            assertTrue(process.waitFor(120, TimeUnit.SECONDS), () -> "still at " + command);
        } finally {
            process.destroyForcibly();
        }
        assertEquals(0, process.exitValue(), Files.readString(log));
    }

    /** The command line with a model that holds nothing and rates everything 3. */
    static final class Judging implements LanguageModel {

        public static void main(String[] args) {
            System.exit(Cli.execute((path, options) -> new Judging(), Terminal.ofProcess(), args));
        }

        @Override
        public Stream<Choice> choose(Stream<Choice.Options> options) {
            double fifth = Math.log(1 / 5.0);
            return options.map(
                    asked -> new Choice(new double[] {fifth, fifth, fifth, fifth, fifth}, Double.NEGATIVE_INFINITY, 1));
        }

        @Override
        public Stream<Completion> complete(Stream<? extends Prompt> prompts, Sampling sampling) {
            throw new AssertionError("not asked for");
        }

        @Override
        public Stream<Likelihood> logLikelihood(Stream<Continuation> continuations) {
            throw new AssertionError("not asked for");
        }

        @Override
        public int countTokens(Prompt prompt) {
            return 1;
        }

        @Override
        public int contextLength() {
            return 100;
        }

        @Override
        public String fingerprint() {
            return "flat";
        }

        @Override
        public LanguageModel listening(Listener listener) {
            return this;
        }

        @Override
        public void close() {}
    }
}
