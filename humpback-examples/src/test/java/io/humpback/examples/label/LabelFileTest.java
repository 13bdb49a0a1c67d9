package io.humpback.examples.label;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.data.file.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelFileTest {

    @TempDir
    private Path folder;

    @Test
    void aRowIsInTheFileAtOnceAndUndoneRowsAreNot() throws IOException {
        Path path = folder.resolve("labels.jsonl");
        LabelFile file = LabelFile.open(path);
        file.add(JsonLines.row().put("id", "a").put("label", 1));
        assertEquals("{\"id\":\"a\",\"label\":1}\n", Files.readString(path));
        file.add(JsonLines.row().put("id", "b").put("label", 0));
        assertEquals("b", file.undo().get("id").textValue());
        assertEquals("{\"id\":\"a\",\"label\":1}\n", Files.readString(path));
        assertEquals(1, LabelFile.open(path).rows().size());
    }

    @Test
    void aHalfRowOfAKilledProcessIsTakenAway() throws IOException {
        Path path = folder.resolve("labels.jsonl");
        LabelFile.open(path).add(JsonLines.row().put("id", "a").put("label", 1));
        Files.writeString(path, "{\"id\":\"b\",\"la", StandardOpenOption.APPEND);
        LabelFile file = LabelFile.open(path);
        file.add(JsonLines.row().put("id", "c").put("label", 0));
        assertEquals("{\"id\":\"a\",\"label\":1}\n{\"id\":\"c\",\"label\":0}\n", Files.readString(path));
    }

    @Test
    void aFileOfHalfARowAloneIsEmptied() throws IOException {
        Path path = folder.resolve("labels.jsonl");
        Files.writeString(path, "{\"id\"");
        assertEquals(0, LabelFile.open(path).rows().size());
        assertEquals(0, Files.size(path));
    }
}
