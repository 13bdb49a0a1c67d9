package io.humpback.onnx.run;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys and values of some sequences, one a row, which the runtime writes in place. A row remembers its tokens, so that a
 * later prompt which begins alike need not compute them again.
 */
final class KeyValueCache {

    /** Sizes of a model that a cache depends on. */
    record Sizes(int layers, int heads, int width) {
        /** {@return bytes of one position of one row} */
        long bytesPerToken() {
            return 2L * layers * heads * width * Float.BYTES;
        }
    }

    private final Sizes sizes;
    private final int rows;
    private final int capacity;
    /** Keys and values of each layer in turn, each [rows, heads, capacity, width]. */
    private final FloatBuffer[] buffers;

    private final int[][] tokens;
    private final int[] lengths;

    /** Capacities are multiples of this. */
    private static final int CAPACITY_STEP = 256;

    /** {@return an empty cache whose rows take a number of tokens, or some more} */
    static KeyValueCache of(Sizes sizes, int rows, int tokens) {
        return new KeyValueCache(sizes, rows, capacityFor(tokens));
    }

    /** {@return the capacity of a row that takes a number of tokens} */
    static int capacityFor(int tokens) {
        return (tokens + CAPACITY_STEP - 1) / CAPACITY_STEP * CAPACITY_STEP;
    }

    KeyValueCache(Sizes sizes, int rows, int capacity) {
        this.sizes = sizes;
        this.rows = rows;
        this.capacity = capacity;
        buffers = new FloatBuffer[2 * sizes.layers];
        for (int i = 0; i < buffers.length; i++) {
            long bytes = rows * rowSize() * Float.BYTES;
            buffers[i] = ByteBuffer.allocateDirect(Math.toIntExact(bytes))
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer();
        }
        tokens = new int[rows][capacity];
        lengths = new int[rows];
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
    }

    /** Records a token whose keys and values were written behind the end of a row. */
    void append(int row, int token) {
        tokens[row][lengths[row]++] = token;
    }

    /** {@return how many first tokens a row and a prompt have in common} */
    int shared(int row, int[] ids) {
        int end = Arrays.mismatch(tokens[row], 0, lengths[row], ids, 0, ids.length);
        return end < 0 ? ids.length : end;
    }

    /** Copies the first tokens of a row of a cache to a row of this one. */
    void copy(KeyValueCache from, int source, int row, int length) {
        for (int i = 0; i < buffers.length; i++) {
            for (int head = 0; head < sizes.heads; head++) {
                int at = Math.toIntExact(source * from.rowSize() + (long) head * from.capacity * sizes.width);
                int to = Math.toIntExact(row * rowSize() + (long) head * capacity * sizes.width);
                buffers[i].put(to, from.buffers[i], at, length * sizes.width);
            }
        }
        System.arraycopy(from.tokens[source], 0, tokens[row], 0, length);
        lengths[row] = length;
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
}
