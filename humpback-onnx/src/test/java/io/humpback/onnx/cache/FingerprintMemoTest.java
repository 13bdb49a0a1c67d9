package io.humpback.onnx.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintMemoTest {

    private static final String SHA = "ab".repeat(32);

    @TempDir
    Path temp;

    private static List<FileStamp> old(FileStamp stamp) {
        return List.of(new FileStamp(stamp.text(), stamp.latest() - 60_000));
    }

    @Test
    void aFileThatWasNotTouchedHasTheFingerprintThatItHad() throws IOException {
        Path file = Files.writeString(temp.resolve("weights"), "abc");
        List<FileStamp> stamps = old(FileStamp.of(file));
        new FingerprintMemo(temp).keep("config", stamps, SHA);
        assertEquals(Optional.of(SHA), new FingerprintMemo(temp).find("config", stamps));
        assertEquals(Optional.empty(), new FingerprintMemo(temp).find("other", stamps));
    }

    @Test
    void aFileIsNotTheSameAfterAChangeThatRestoresItsTime() throws IOException {
        Path file = Files.writeString(temp.resolve("weights"), "abc");
        FileStamp before = FileStamp.of(file);
        FileTime time = Files.getLastModifiedTime(file);
        Files.writeString(file, "abd");
        Files.setLastModifiedTime(file, time);
        assertNotEquals(before.text(), FileStamp.of(file).text());
    }

    @Test
    void aFileThatMayStillBeWrittenIsNotKept() throws IOException {
        Path file = Files.writeString(temp.resolve("weights"), "abc");
        List<FileStamp> stamps = List.of(FileStamp.of(file));
        new FingerprintMemo(temp).keep("config", stamps, SHA);
        assertEquals(Optional.empty(), new FingerprintMemo(temp).find("config", stamps));
    }

    @Test
    void whatIsDamagedIsComputedAgain() throws IOException {
        Path file = Files.writeString(temp.resolve("weights"), "abc");
        List<FileStamp> stamps = old(FileStamp.of(file));
        new FingerprintMemo(temp).keep("config", stamps, "abc");
        assertEquals(Optional.empty(), new FingerprintMemo(temp).find("config", stamps));
    }
}
