package io.humpback.onnx.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.ref.Cleaner;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys and values of some sequences, one a row, which the runtime writes in place. A row remembers its tokens, so that a
 * later prompt which begins alike need not compute them again. The memory lies outside the heap, and of it the system gives
 * what is written to; it is free again when the cache is closed, {@linkplain #moved has moved}, or is not reachable any more.
 */
final class KeyValueCache implements AutoCloseable {

    /** Sizes of a model that a cache depends on. */
    record Sizes(int layers, int heads, int width) {
        /** {@return bytes of one position of one row} */
        long bytesPerToken() {
            return 2L * layers * heads * width * Float.BYTES;
        }
    }

    private static final Cleaner CLEANER = Cleaner.create();

    private final Sizes sizes;
    private final int rows;
    private final int capacity;
    /** Keys and values of each layer in turn, each [rows, heads, capacity, width]. */
    private final FloatBuffer[] buffers;

    private final Memory memory;
    private final Cleaner.Cleanable cleanable;

    private final int[][] tokens;
    private final int[] lengths;
    /** How many first tokens of each row were read in a prompt. */
    private final int[] read;

    /** Capacities are multiples of this. */
    private static final int CAPACITY_STEP = 256;

    /** {@return an empty cache whose rows take a number of tokens, or some more} */
    static KeyValueCache of(Sizes sizes, int rows, int tokens) {
        KeyValueCache cache = new KeyValueCache(sizes, rows, capacityFor(tokens));
        for (int i = 0; i < cache.buffers.length; i++) {
            cache.allocate(i);
        }
        return cache;
    }

    /**
     * {@return a cache with what the first rows of this one hold} This one is of no use afterwards: its memory is freed part
     * by part as it is copied, so that there are never two of them, as there would be until the garbage collector comes.
     *
     * @param newRows how many rows it has
     * @param newTokens at least as many as a row holds
     */
    KeyValueCache moved(int newRows, int newTokens) {
        KeyValueCache to = new KeyValueCache(sizes, newRows, capacityFor(newTokens));
        int kept = Math.min(rows, newRows);
        for (int i = 0; i < buffers.length; i++) {
            to.allocate(i);
            for (int row = 0; row < kept; row++) {
                copy(i, row, to, row, lengths[row]);
            }
            memory.free(i);
        }
        for (int row = 0; row < kept; row++) {
            to.remember(row, this, row, lengths[row]);
        }
        return to;
    }

    /** {@return the capacity of a row that takes a number of tokens} */
    static int capacityFor(int tokens) {
        return (tokens + CAPACITY_STEP - 1) / CAPACITY_STEP * CAPACITY_STEP;
    }

    private KeyValueCache(Sizes sizes, int rows, int capacity) {
        this.sizes = sizes;
        this.rows = rows;
        this.capacity = capacity;
        buffers = new FloatBuffer[2 * sizes.layers];
        memory = new Memory(buffers.length);
        cleanable = CLEANER.register(this, memory);
        tokens = new int[rows][capacity];
        lengths = new int[rows];
        read = new int[rows];
    }

    /** Memory from the system, which is freed when that is asked for, as direct buffers of Java's own are not. */
    private static final class Memory implements Runnable {
        private final long[] addresses;

        Memory(int parts) {
            addresses = new long[parts];
        }

        FloatBuffer allocate(int part, int bytes) {
            addresses[part] = Native.malloc(bytes);
            if (addresses[part] == 0) {
                throw new OutOfMemoryError("a cache of keys and values: the system has no " + bytes + " bytes");
            }
            return new Pointer(addresses[part]).getByteBuffer(0, bytes).asFloatBuffer();
        }

        void free(int part) {
            Native.free(addresses[part]);
            addresses[part] = 0;
        }

        @Override
        public void run() {
            for (int part = 0; part < addresses.length; part++) {
                free(part);
            }
        }
    }

    private void allocate(int i) {
        buffers[i] = memory.allocate(i, Math.toIntExact(rows * rowSize() * Float.BYTES));
    }

    private long rowSize() {
        return (long) sizes.heads * capacity * sizes.width;
    }

    int rows() {
        return rows;
    }

    int capacity() {
        return capacity;
    }

    int length(int row) {
        return lengths[row];
    }

    /** {@return the tokens of a row} */
    int[] tokens(int row) {
        return Arrays.copyOf(tokens[row], lengths[row]);
    }

    /** Forgets what follows a row's first tokens. */
    void truncate(int row, int length) {
        lengths[row] = Math.min(lengths[row], length);
        read[row] = Math.min(read[row], length);
    }

    /** Records tokens, of a prompt or else of a completion, whose keys and values were written behind the end of a row. */
    void append(int row, long[] ids, boolean prompt) {
        for (long id : ids) {
            tokens[row][lengths[row]++] = (int) id;
        }
        if (prompt) {
            read[row] = lengths[row];
        }
    }

    /**
     * {@return how many first tokens a row and a prompt have in common, of those that were read in a prompt} A token that is
     * written may be computed less exactly, so that what shared it would depend on what came before.
     */
    int shared(int row, int[] ids) {
        int end = Arrays.mismatch(tokens[row], 0, read[row], ids, 0, ids.length);
        return end < 0 ? ids.length : end;
    }

    /** Copies the first tokens of a row of a cache to a row of this one. */
    void copy(KeyValueCache from, int source, int row, int length) {
        for (int i = 0; i < buffers.length; i++) {
            from.copy(i, source, this, row, length);
        }
        remember(row, from, source, length);
    }

    private void remember(int row, KeyValueCache from, int source, int length) {
        System.arraycopy(from.tokens[source], 0, tokens[row], 0, length);
        lengths[row] = length;
        read[row] = Math.min(from.read[source], length);
    }

    private void copy(int buffer, int row, KeyValueCache to, int toRow, int length) {
        for (int head = 0; head < sizes.heads; head++) {
            int at = Math.toIntExact(row * rowSize() + (long) head * capacity * sizes.width);
            int toAt = Math.toIntExact(toRow * to.rowSize() + (long) head * to.capacity * sizes.width);
            to.buffers[buffer].put(toAt, buffers[buffer], at, length * sizes.width);
        }
    }

    /** {@return the tensors of some neighbouring rows, as {@link #buffers}} */
    List<OnnxTensor> tensors(TensorScope scope, int row, int count) throws OrtException {
        List<OnnxTensor> made = new ArrayList<>();
        for (FloatBuffer buffer : buffers) {
            FloatBuffer part = buffer.slice(Math.toIntExact(row * rowSize()), Math.toIntExact(count * rowSize()));
            made.add(scope.floats(part, count, sizes.heads, capacity, sizes.width));
        }
        return made;
    }

    /** Frees the memory; the cache is of no use afterwards. Idempotent. */
    @Override
    public void close() {
        cleanable.clean();
    }
}
