package io.humpback.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

    @TempDir
    private Path folder;

    @Test
    void aFolderThatIsNoRunIsNamed() {
        Ran ran = Ran.command("verify", "--dir", folder);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("run.db: not found"), ran.err());
    }

    @Test
    void settingsThatAreOutOfRangeAreWrongUse() {
        Ran ran = Ran.command("run", "--dir", folder, "--model", "m", "--seed", "s", "--pages", "p", "--rounds", "0");
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("rounds = 0: expected at least 1"), ran.err());
    }

    @Test
    void aSeedRowWithoutAnInstructionIsNamed() throws IOException {
        Path seed = folder.resolve("seed.jsonl");
        Files.writeString(seed, "{\"instruction\": \"a?\", \"response\": \"b\"}\n{\"response\": \"b\"}\n");
        Ran ran = Ran.command("run", "--dir", folder, "--model", "m", "--seed", seed, "--pages", "p");
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("seed.jsonl: line 2: instruction: missing"), ran.err());
    }
}
