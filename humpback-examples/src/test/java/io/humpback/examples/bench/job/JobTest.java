package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.humpback.data.DataException;
import io.humpback.examples.cli.Cli;
import io.humpback.examples.cli.Ran;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobTest {

    private static final Path IN = Path.of("in.jsonl");
    private static final Path OUT = Path.of("out.jsonl");

    @Test
    void itIsACommandOfTheProgram() {
        for (Job job : Job.values()) {
            List<String> options = job == Job.LOOP ? List.of("--steps", "2") : List.of("--model", "nano");
            Cli.parse(job.command(options, IN, OUT, 32).toArray(String[]::new));
        }
        assertEquals(
                "augment --greedy --ignore-eos --max-tokens 32 --model nano --in in.jsonl --out out.jsonl --json",
                String.join(" ", Job.WRITE.command(List.of("--model", "nano"), IN, OUT, 32)));
    }

    @Test
    void everyRowThatTheModelWasAskedAboutCounts() {
        String summary = "{\"rows\": 2, \"rejected\": 0, \"dropped\": {\"truncated\": 3}, \"candidates\": 7}";
        assertEquals(2, Job.SCORE.units(Ran.read(summary), 2, 1));
        assertEquals(160, Job.WRITE.units(Ran.read(summary), 5, 32));
        assertEquals(7, Job.LOOP.units(Ran.read(summary), 0, 0));
    }

    @Test
    void aRowThatIsMissingIsRefused() {
        String summary = "{\"rows\": 2, \"rejected\": 1, \"dropped\": {\"truncated\": 3, \"too long\": 1}}";
        DataException score = assertThrows(DataException.class, () -> Job.SCORE.units(Ran.read(summary), 7, 1));
        assertEquals(
                "score: the model was asked about 2 rows, expected all 7 (rejected 1, dropped "
                        + "{\"truncated\":3,\"too long\":1})",
                score.getMessage());
        DataException write = assertThrows(DataException.class, () -> Job.WRITE.units(Ran.read(summary), 7, 32));
        assertEquals(
                "write: the model was asked about 5 rows, expected all 7 (rejected 1, dropped "
                        + "{\"truncated\":3,\"too long\":1})",
                write.getMessage());
    }
}
