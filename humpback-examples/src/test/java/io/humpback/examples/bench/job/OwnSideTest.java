package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.examples.cli.Ran;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OwnSideTest {

    private static final List<AskedPrompt> TWO = List.of(new AskedPrompt("a", 5), new AskedPrompt("b", 6));

    @TempDir
    private Path folder;

    private Side.Run run(Job job, String model, String... rows) throws Exception {
        Path in = Ran.write(folder.resolve("in.jsonl"), rows);
        Path work = Files.createDirectories(folder.resolve("work"));
        try {
            return OwnSide.of(new Work(job, TWO, 4), List.of("--model", model), in, work)
                    .run();
        } finally {
            assertEquals(0, work.toFile().list().length, "nothing is left");
        }
    }

    @Test
    void pairsAreScoredByTheProgram() throws Exception {
        Side.Run run = run(
                Job.SCORE,
                "nano",
                "{\"instruction\": \"Who built the mill?\", \"response\": \"The old miller built it.\"}",
                "{\"instruction\": \"Who built the mill?\", \"response\": \"Nobody knows that.\"}");
        assertEquals(2, run.units());
        assertTrue(run.seconds() > 0.1, () -> "" + run);
        assertEquals("{\"rows\":2,\"prompt_tokens\":11}", run.notes().toString());
        assertEquals(Files.exists(Path.of("/proc/self/status")), run.peakBytes().isPresent());
    }

    @Test
    void everySegmentGetsAsManyTokens() throws Exception {
        Side.Run run = run(Job.WRITE, "nano", "{\"text\": \"The old miller built it.\"}", "{\"text\": \"A mill.\"}");
        assertEquals(8, run.units());
        assertEquals(
                "{\"rows\":2,\"prompt_tokens\":11,\"tokens\":8}", run.notes().toString());
    }

    @Test
    void whatTheProgramSaysOfAFailureIsTold() {
        DataException e = assertThrows(
                DataException.class,
                () -> run(
                        Job.SCORE, folder.resolve("none").toString(), "{\"instruction\": \"a\", \"response\": \"b\"}"));
        assertEquals(
                "score: the program ended with 1: humpback: " + folder.resolve("none") + ": no such file or folder",
                e.getMessage());
    }

    @Test
    void aRowThatIsNotScoredIsAFailure() {
        DataException e = assertThrows(
                DataException.class,
                () -> run(Job.SCORE, "nano", "{\"instruction\": \"Who?\", \"response\": \"He.\"}"));
        assertTrue(
                e.getMessage().startsWith("score: the model was asked about 1 rows, expected all 2"), e.getMessage());
    }
}
