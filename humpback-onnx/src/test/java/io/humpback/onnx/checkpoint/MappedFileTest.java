package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {

    private static final long GIB = 1L << 30;

    @TempDir
    Path folder;

    @Test
    void everyRunOfAGibibyteIsOneViewWhereverItStarts() throws IOException {
        Path path = folder.resolve("sparse");
        long size = 5 * GIB + 3;
        try (RandomAccessFile out = new RandomAccessFile(path.toFile(), "rw")) {
            out.setLength(size);
            for (long at : new long[] {0, GIB - 1, 2 * GIB - 1, 2 * GIB, 3 * GIB + 5, size - 1}) {
                out.seek(at);
                out.write(7);
            }
        }
        try (MappedFile file = MappedFile.open(path)) {
            assertEquals(size, file.size());
            for (long at : new long[] {0, GIB - 1, 2 * GIB - 1, 2 * GIB, 3 * GIB + 5, size - 1}) {
                assertEquals(7, file.view(at, 1).get(0));
                long start = Math.max(0, at - GIB + 1);
                ByteBuffer run = file.view(start, (int) Math.min(GIB, size - start));
                assertEquals(7, run.get((int) (at - start)));
            }
            assertThrows(IndexOutOfBoundsException.class, () -> file.view(size, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> file.view(-1, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> file.view(0, (int) GIB + 1));
        }
    }

    @Test
    void viewsAreReadOnlyAndLittleEndian() throws IOException {
        Path path = Files.write(folder.resolve("four"), new byte[] {1, 2, 0, 0});
        try (MappedFile file = MappedFile.open(path)) {
            assertEquals(0x201, file.view(0, 4).getInt());
            assertTrue(file.view(0, 4).isReadOnly());
        }
    }

    @Test
    void aClosedFileGivesNoMoreViewsAndKeepsTheOldOnes() throws IOException {
        Path path = Files.write(folder.resolve("one"), new byte[] {5});
        MappedFile file = MappedFile.open(path);
        ByteBuffer view = file.view(0, 1);
        file.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> file.view(0, 1));
        assertEquals(5, view.get(0));
    }

    @Test
    void foldersAndAbsentFilesAreRefused() {
        assertThrows(ModelException.class, () -> MappedFile.open(folder));
        assertThrows(ModelException.class, () -> MappedFile.open(folder.resolve("absent")));
    }

    @Test
    void anEmptyFileHasNothingToView() throws IOException {
        try (MappedFile file = MappedFile.open(Files.createFile(folder.resolve("empty")))) {
            assertEquals(0, file.view(0, 0).remaining());
        }
    }
}
