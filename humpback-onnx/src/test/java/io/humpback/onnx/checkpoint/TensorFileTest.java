package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorFileTest {

    private static final long GIB = 1L << 30;

    /** More than the file reads in one go. */
    private static final int RUN = 3 << 20;

    @TempDir
    Path folder;

    @Test
    void everyPartIsReadWhereverItLies() throws IOException {
        Path path = folder.resolve("sparse");
        long size = 5 * GIB + 3;
        try (RandomAccessFile out = new RandomAccessFile(path.toFile(), "rw")) {
            out.setLength(size);
            for (long at : new long[] {0, GIB - 1, 2 * GIB - 1, 2 * GIB, 3 * GIB + 5, size - 1}) {
                out.seek(at);
                out.write(7);
            }
        }
        try (TensorFile file = TensorFile.open(path)) {
            assertEquals(size, file.size());
            for (long at : new long[] {0, GIB - 1, 2 * GIB - 1, 2 * GIB, 3 * GIB + 5, size - 1}) {
                assertEquals(7, file.read(at, 1).get(0));
                long start = Math.max(0, at - RUN + 1);
                ByteBuffer run = file.read(start, (int) Math.min(RUN, size - start));
                assertEquals(7, run.get((int) (at - start)));
            }
            assertThrows(IndexOutOfBoundsException.class, () -> file.read(size, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> file.read(-1, 1));
            assertThrows(IndexOutOfBoundsException.class, () -> file.read(0, (int) GIB + 1));
        }
    }

    @Test
    void theHeadIsReadOnlyAndAllIsLittleEndian() throws IOException {
        Path path = Files.write(folder.resolve("four"), new byte[] {1, 2, 0, 0});
        try (TensorFile file = TensorFile.open(path)) {
            assertEquals(0x201, file.head(4).getInt());
            assertTrue(file.head(4).isReadOnly());
            assertEquals(0x201, file.read(0, 4).getInt());
        }
    }

    @Test
    void aClosedFileIsReadNoMore() throws IOException {
        TensorFile file = TensorFile.open(Files.write(folder.resolve("one"), new byte[] {5}));
        file.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> file.read(0, 1));
    }

    @Test
    void anInterruptedThreadStillReadsAndClosesNothing() throws IOException {
        try (TensorFile file = TensorFile.open(Files.write(folder.resolve("one"), new byte[] {5}))) {
            Thread.currentThread().interrupt();
            assertEquals(5, file.read(0, 1).get());
            assertTrue(Thread.interrupted());
            assertEquals(5, file.read(0, 1).get());
        }
    }

    @Test
    void aFileThatWasCutShortIsNamed() throws IOException {
        Path path = Files.write(folder.resolve("cut"), new byte[] {5, 6, 7});
        try (TensorFile file = TensorFile.open(path)) {
            Files.write(path, new byte[] {5});
            UncheckedIOException cut = assertThrows(UncheckedIOException.class, () -> file.read(0, 3));
            assertEquals(path + ": 1 bytes long, was 3", cut.getCause().getMessage());
        }
    }

    @Test
    void foldersAndAbsentFilesAreRefused() {
        assertThrows(ModelException.class, () -> TensorFile.open(folder));
        assertThrows(ModelException.class, () -> TensorFile.open(folder.resolve("absent")));
    }

    @Test
    void anEmptyFileHasNothingToRead() throws IOException {
        try (TensorFile file = TensorFile.open(Files.createFile(folder.resolve("empty")))) {
            assertEquals(0, file.read(0, 0).remaining());
        }
    }

    @Test
    void aGitLfsPointerIsNamedWhereverAFileOfAModelIsExpected() throws IOException {
        Path pointer = Shared.file("cases/git-lfs-pointers/g40-lfs.gguf");
        assertPointer(pointer, pointer);
        for (String name :
                List.of("model.safetensors", "config.json", "tokenizer.json", "model.safetensors.index.json")) {
            Path model = Files.createDirectories(folder.resolve("of-" + name));
            TinyLlama.folder(model, TinyLlama.config(), TinyLlama.weights((weight, shape) -> true));
            if (name.contains("index")) {
                Files.delete(model.resolve("model.safetensors"));
            }
            Files.copy(pointer, model.resolve(name), StandardCopyOption.REPLACE_EXISTING);
            assertPointer(model, model.resolve(name));
        }
    }

    private static void assertPointer(Path model, Path file) {
        assertEquals(
                file + ": a Git LFS pointer and not the file itself, which \"git lfs pull\" fetches",
                assertThrows(ModelException.class, () -> Checkpoint.open(model)).getMessage());
    }
}
