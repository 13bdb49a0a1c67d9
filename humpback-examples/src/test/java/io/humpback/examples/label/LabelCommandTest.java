package io.humpback.examples.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelCommandTest {

    @TempDir
    private Path folder;

    private Path scores(String... rows) throws IOException {
        Path file = folder.resolve("scores.jsonl");
        Files.write(file, java.util.List.of(rows));
        return file;
    }

    private static final String ROW = "{\"instruction\": \"i\", \"response\": \"r\", \"score\": 3.5}";

    @Test
    void wrongUseIsToldBeforeAnythingIsRead() throws IOException {
        assertEquals(2, Ran.command("label").status());
        assertEquals(
                2, Ran.command("label", "--in", scores(ROW), "--dir", folder).status());
        assertEquals(2, Ran.command("label", "--in", scores(ROW), "--count", 0).status());
        assertEquals(
                2, Ran.command("label", "--in", scores(ROW), "--port", 70_000).status());
    }

    @Test
    void rowsWithoutAScoreAreRefused() throws IOException {
        Ran none = Ran.command("label", "--in", scores("{\"instruction\": \"i\", \"response\": \"r\"}"));
        assertEquals(1, none.status());
        assertTrue(none.err().contains("expected score"), none.err());
        Ran dropped =
                Ran.command("label", "--in", scores("{\"instruction\": \"i\", \"response\": \"r\", \"score\": null}"));
        assertTrue(dropped.err().contains("no pair with a score"), dropped.err());
    }

    @Test
    void aPortInUseIsNamed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ran ran = Ran.command("label", "--in", scores(ROW), "--port", taken.getLocalPort());
            assertEquals(1, ran.status());
            assertTrue(ran.err().contains("--port = " + taken.getLocalPort() + ": is in use"), ran.err());
        }
    }

    @Test
    void labelsOfAnotherScaleAreRefused() throws IOException {
        Path labels = folder.resolve("labels.jsonl");
        Files.writeString(labels, "{\"id\": \"x\", \"rating\": 5}\n");
        Ran ran = Ran.command("label", "--in", scores(ROW));
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("expected the file that this command wrote with the same --scale"), ran.err());
    }
}
