package io.humpback.examples.cli.option;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.cli.Ran;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UsageTest {

    @TempDir
    private Path folder;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "curate --threshold NaN|--threshold = NaN: expected a finite score",
                "curate --top-share 1.5|--top-share = 1.5: expected a share in (0, 1]",
                "curate --budget 0|--budget = 0: expected at least 1",
                "augment --model m --top-p 2|--top-p = 2.0: expected in (0, 1]",
                "augment --model m --max-tokens 0|--max-tokens = 0: expected at least 1",
                "train --model m --data d --direction forward --learning-rate -1|learning rate -1.0: expected above 0"
            })
    void aRefusedSettingIsNamedAsItsOption(String command, String message) {
        String more = (command.startsWith("train") ? "" : " --in " + folder.resolve("a.jsonl")) + " --out "
                + folder.resolve("b.jsonl");
        Ran ran = Ran.command((Object[]) (command + more).split(" "));
        assertEquals(2, ran.status(), ran.err());
        assertTrue(ran.err().contains(message), ran.err());
    }

    @Test
    void theCountOfResamplesIsNamedAsItsOption() {
        Ran ran = Ran.command("evaluate", "--scores", folder.resolve("a.jsonl"), "--bootstrap", 0);
        assertEquals(2, ran.status(), ran.err());
        assertTrue(ran.err().contains("--bootstrap = 0: expected at least 1"), ran.err());
    }
}
