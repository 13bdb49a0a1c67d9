package io.humpback.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {

    @TempDir
    Path folder;

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void aFileIsWrittenAndReplaced() throws IOException {
        Path file = folder.resolve("a.txt");
        AtomicFiles.write(file, "first, and longer");
        AtomicFiles.write(file, "zweite ü");
        assertEquals("zweite ü", Files.readString(file));
        assertEquals(List.of("a.txt"), names());
    }

    @Test
    void linksThatSomebodyHasPlantedAreNotFollowed() throws IOException {
        Path other = Files.writeString(folder.resolve("other"), "of somebody else");
        Path file = folder.resolve("a.txt");
        for (String planted : List.of("a.txt", "a.txt.part", ".a.txt.part")) {
            Files.createSymbolicLink(folder.resolve(planted), other);
        }
        AtomicFiles.write(file, "new");
        assertEquals("of somebody else", Files.readString(other));
        assertFalse(Files.isSymbolicLink(file));
    }

    @Test
    void whatAKilledProcessLeftIsSwept() throws IOException {
        Files.createFile(AtomicFiles.temporary(folder.resolve("a.txt")));
        Path other = Files.createFile(AtomicFiles.temporary(folder.resolve("b.txt")));
        Path kept = Files.createFile(folder.resolve(".a.txt.part"));
        AtomicFiles.sweep(folder, "a.txt.");
        assertEquals(List.of(kept.getFileName().toString(), other.getFileName().toString()), names());
        AtomicFiles.sweep(folder, "");
        assertEquals(List.of(kept.getFileName().toString()), names());
        AtomicFiles.sweep(folder.resolve("none"), "");
    }

    @Test
    void aFailedWriteLeavesTheOldFileAndNothingElse() throws IOException {
        Path file = Files.writeString(folder.resolve("a.txt"), "old");
        IOException e = assertThrows(
                IOException.class,
                () -> AtomicFiles.write(file, channel -> {
                    channel.write(ByteBuffer.wrap(new byte[8]));
                    throw new IOException("disk full");
                }));
        assertEquals("disk full", e.getMessage());
        assertEquals("old", Files.readString(file));
        assertEquals(List.of("a.txt"), names());
    }

    @Test
    void aTemporaryFileIsHiddenAndInTheSameFolder() throws IOException {
        Path file = folder.resolve("a.txt");
        Path temporary = AtomicFiles.temporary(file);
        assertEquals(folder, temporary.getParent());
        assertEquals('.', temporary.getFileName().toString().charAt(0));
        Files.writeString(temporary, "new");
        AtomicFiles.replace(temporary, file);
        assertEquals("new", Files.readString(file));
        assertEquals(List.of("a.txt"), names());
    }
}
