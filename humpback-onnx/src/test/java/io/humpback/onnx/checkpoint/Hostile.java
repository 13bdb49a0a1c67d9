package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.humpback.model.ModelException;
import java.io.Closeable;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Damaged and hostile files: how they are made and how they must end. */
final class Hostile {

    /** What a small file may cost to refuse or to open. */
    private static final long MAX_ALLOCATION = 4 << 20;

    private Hostile() {}

    interface Opener<T extends Closeable> {
        T open(Path path) throws IOException;
    }

    /** {@return the message of the refusal: one line that names the file} */
    static <T extends Closeable> String refusal(Path file, Opener<T> opener) {
        long before = allocated();
        String message = assertThrows(
                        ModelException.class, () -> opener.open(file).close())
                .getMessage();
        assertTrue(allocated() - before < MAX_ALLOCATION, "took " + (allocated() - before) + " bytes");
        assertTrue(message.contains(file.getFileName().toString()), message);
        assertFalse(message.contains("\n"), message);
        return message;
    }

    /** The content is read whole or refused, and neither takes much memory. */
    static <T extends Closeable> void readOrRefused(byte[] content, Opener<T> opener, Consumer<T> reader)
            throws IOException {
        Path file = Files.createTempFile("hostile", ".bin");
        try {
            Files.write(file, content);
            long before = allocated();
            try (T opened = opener.open(file)) {
                reader.accept(opened);
            } catch (ModelException e) {
                assertFalse(e.getMessage().contains("\n"), e.getMessage());
            }
            assertTrue(allocated() - before < MAX_ALLOCATION, "took " + (allocated() - before) + " bytes");
        } finally {
            Files.delete(file);
        }
    }

    private static long allocated() {
        return ((ThreadMXBean) ManagementFactory.getThreadMXBean()).getCurrentThreadAllocatedBytes();
    }

    /** {@return the content with some bytes changed, often to extreme values, and now and then cut or made longer} */
    static Arbitrary<byte[]> mutations(byte[] valid) {
        Arbitrary<Integer> place = Arbitraries.integers().between(0, valid.length - 1);
        Arbitrary<Byte> value = Arbitraries.oneOf(
                Arbitraries.bytes(), Arbitraries.of((byte) 0, (byte) 1, (byte) 0x7f, (byte) 0x80, (byte) 0xff));
        Arbitrary<List<int[]>> changes = Combinators.combine(place, value)
                .as((p, v) -> new int[] {p, v})
                .list()
                .ofMaxSize(6);
        Arbitrary<Integer> length = Arbitraries.frequencyOf(
                Tuple.of(4, Arbitraries.just(valid.length)),
                Tuple.of(1, Arbitraries.integers().between(0, valid.length + 9)));
        return Combinators.combine(changes, length).as((list, n) -> {
            byte[] bytes = valid.clone();
            list.forEach(change -> bytes[change[0]] = (byte) change[1]);
            return Arrays.copyOf(bytes, n);
        });
    }
}
