package io.humpback.examples.cli.resume;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.data.DataException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UnfinishedTest {

    @TempDir
    private Path parent;

    private static void begin(Path folder, String model) throws IOException {
        try (Unfinished work = Unfinished.open(folder, Map.of("--seed", "1"), false)) {
            work.requireModel("--model", model);
            try (Journal journal = work.journal("score")) {
                journal.append(new Outcome(Outcome.WRITTEN, new ObjectMapper().createObjectNode()));
                journal.mark(journal.rows() + 1);
            }
        }
    }

    @Test
    void anotherModelIsRefused() throws IOException {
        Path folder = parent.resolve("work");
        begin(folder, "a");
        DataException refused = assertThrows(DataException.class, () -> begin(folder, "b"));
        assertEquals(
                folder + ": --model: found b, expected a, with which the work there was begun; --restart begins anew",
                refused.getMessage());
        begin(folder, "a");
    }

    @Test
    void twoDoNotWorkOnItAtTheSameTime() throws IOException {
        Path folder = parent.resolve("work");
        try (Unfinished work = Unfinished.open(folder, Map.of(), false)) {
            work.journal("score").close();
            DataException refused = assertThrows(DataException.class, () -> Unfinished.open(folder, Map.of(), false));
            assertEquals(folder + ": another process works on it, expected to be the only one", refused.getMessage());
        }
        assertTrue(Files.notExists(folder)); // nothing was done
    }

    @Test
    void filesOfOthersInTheFolderStay() throws IOException {
        Path folder = parent.resolve("work");
        begin(folder, "a");
        Path other = Files.writeString(folder.resolve("notes.txt"), "mine");
        try (Unfinished work = Unfinished.open(folder, Map.of(), true)) {
            work.complete();
        }
        assertEquals(1, folder.toFile().list().length);
        assertTrue(Files.exists(other));
    }
}
