package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FoldersTest {

    @TempDir
    Path folder;

    @Test
    void aFolderIsDeletedWithAllThatIsInItAndLinksAreNotFollowed() throws IOException {
        Path kept = Files.writeString(folder.resolve("kept.txt"), "kept");
        Path gone = folder.resolve("gone");
        Files.createDirectories(gone.resolve("a/b"));
        Files.writeString(gone.resolve("a/b/c.txt"), "c");
        Files.createSymbolicLink(gone.resolve("a/link"), folder);
        Folders.delete(gone);
        assertFalse(Files.exists(gone));
        assertEquals("kept", Files.readString(kept));
    }

    @Test
    void noFolderIsNothingToDelete() throws IOException {
        Folders.delete(folder.resolve("absent"));
    }
}
