package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufPartsTest {

    @TempDir
    Path folder;

    private Path part(int number, int count, GgufBuilder builder) throws IOException {
        Path file = folder.resolve(String.format("tiny-%05d-of-%05d.gguf", number, count));
        return Files.write(file, builder.build());
    }

    private static GgufBuilder first(int count, Predicate<String> tensors) {
        return TinyLlama.gguf()
                .key("split.no", 0)
                .key("split.count", count)
                .key("split.tensors.count", 21)
                .keepingTensors(tensors);
    }

    private static GgufBuilder other(int number, int count, Predicate<String> tensors) {
        GgufBuilder builder = new GgufBuilder().key("split.no", number).key("split.count", count);
        TinyLlama.gguf().keepingTensors(tensors).copyTensorsTo(builder);
        return builder;
    }

    private Path three() throws IOException {
        Path first = part(1, 3, first(3, name -> false));
        part(2, 3, other(1, 3, name -> name.startsWith("blk.0")));
        part(3, 3, other(2, 3, name -> !name.startsWith("blk.0")));
        return first;
    }

    @Test
    void thePartsAreReadAsTheWholeFileIs() throws IOException {
        Path whole = Files.write(folder.resolve("whole.gguf"), TinyLlama.gguf().build());
        try (Checkpoint parts = Checkpoint.open(three());
                Checkpoint expected = Checkpoint.open(whole)) {
            assertEquals(expected.config(), parts.config());
            assertEquals(21, parts.names().size());
            for (WeightName name : expected.names()) {
                assertArrayEquals(
                        Shared.floats(expected.tensor(name)), Shared.floats(parts.tensor(name)), name.toString());
            }
        }
    }

    @Test
    void theFingerprintIsThatOfAllParts() throws IOException {
        Path first = three();
        String before;
        try (Checkpoint parts = Checkpoint.open(first)) {
            before = parts.fingerprint();
        }
        Path last = folder.resolve("tiny-00003-of-00003.gguf");
        byte[] bytes = Files.readAllBytes(last);
        bytes[bytes.length - 100]++;
        Files.write(last, bytes);
        try (Checkpoint parts = Checkpoint.open(first)) {
            assertNotEquals(before, parts.fingerprint());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aMergedFileIsAWholeOne(int count) throws IOException {
        GgufBuilder builder = TinyLlama.gguf().key("split.no", 0).key("split.count", count);
        Path file = Files.write(folder.resolve("merged.gguf"), builder.build());
        try (Checkpoint checkpoint = Checkpoint.open(file)) {
            assertEquals(TinyLlama.CONFIG, checkpoint.config());
        }
    }

    private void assertRefused(String expected, Path file) {
        String message = Hostile.refusal(file, Checkpoint::open);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void anotherPartThanTheFirstNamesTheFirst() throws IOException {
        three();
        assertRefused(
                "not the first part, expected tiny-00001-of-00003.gguf", folder.resolve("tiny-00002-of-00003.gguf"));
    }

    @Test
    void aMissingPartIsNamed() throws IOException {
        Path first = part(1, 2, first(2, name -> true));
        String message = assertThrowsRefusal(first);
        assertTrue(message.endsWith("tiny-00002-of-00002.gguf: no such file"), message);
    }

    private static String assertThrowsRefusal(Path first) {
        return assertThrows(ModelException.class, () -> Checkpoint.open(first)).getMessage();
    }

    @Test
    void partsThatDoNotBelongTogetherAreRefused() throws IOException {
        Path first = part(1, 2, first(2, name -> true));
        part(2, 2, other(1, 3, name -> false));
        assertTrue(assertThrowsRefusal(first).contains("split.count is not that of the first part, 2"));
        part(2, 2, other(7, 2, name -> false));
        assertTrue(assertThrowsRefusal(first).contains("split.no = 7, expected 1"));
        part(2, 2, other(1, 2, name -> name.startsWith("blk.0.attn_q")));
        assertTrue(assertThrowsRefusal(first).contains("is in another part too"));
        part(1, 2, first(2, name -> name.startsWith("blk.1")));
        assertTrue(assertThrowsRefusal(first).contains("split.tensors.count = 21, but all parts hold 10"));
    }

    @Test
    void aPartUnderAnotherNameIsRefused() throws IOException {
        Path file =
                Files.write(folder.resolve("model.gguf"), first(2, name -> true).build());
        assertRefused("a part of 2, expected a name that ends in -00001-of-00002.gguf", file);
        Files.write(file, first(100_000, name -> true).build());
        assertRefused("split.count = 100000, expected at most 1000", file);
    }
}
