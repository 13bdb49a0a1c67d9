package io.humpback.onnx.past;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.humpback.onnx.run.TensorScope;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keys and values of one sequence, and its tokens. They lie in two sets of buffers: the runtime reads the past from one and
 * writes what is present, the past and the new tokens, to the other, and the two change places.
 */
final class PastCache {

    /**
     * Keys or values of a layer.
     *
     * @param type of its numbers
     * @param heads of keys and values
     * @param width of a head
     */
    record Part(OnnxJavaType type, int heads, int width) {
        int bytesPerToken() {
            return Math.multiplyExact(heads * width, type.size);
        }
    }

    /** Capacities are multiples of this. */
    private static final int CAPACITY_STEP = 256;

    private final List<Part> parts;
    private ByteBuffer[] past;
    private ByteBuffer[] present;
    private int[] tokens = {};
    private int length;

    PastCache(List<Part> parts) {
        this.parts = parts;
        past = buffers(0);
        present = buffers(0);
    }

    private ByteBuffer[] buffers(int capacity) {
        return parts.stream()
                .map(part -> ByteBuffer.allocateDirect(Math.multiplyExact(capacity, part.bytesPerToken()))
                        .order(ByteOrder.nativeOrder()))
                .toArray(ByteBuffer[]::new);
    }

    int length() {
        return length;
    }

    /** {@return how many first tokens the sequence and a prompt have in common} */
    int shared(int[] ids) {
        int end = Arrays.mismatch(tokens, 0, length, ids, 0, ids.length);
        return end < 0 ? ids.length : end;
    }

    /** Forgets what follows the first tokens. */
    void truncate(int to) {
        if (to >= length) {
            return;
        }
        for (int i = 0; i < past.length; i++) {
            Part part = parts.get(i);
            int row = part.width * part.type.size;
            for (int head = 0; head < part.heads; head++) {
                present[i].put(head * to * row, past[i], head * length * row, to * row);
            }
        }
        swap();
        length = to;
    }

    /** Makes room for a number of tokens, what is held included. */
    void reserve(int count) {
        if (count <= tokens.length) {
            return;
        }
        int capacity = (Math.max(count, tokens.length + tokens.length / 2) + CAPACITY_STEP - 1)
                / CAPACITY_STEP
                * CAPACITY_STEP;
        ByteBuffer[] larger = buffers(capacity);
        for (int i = 0; i < larger.length; i++) {
            larger[i].put(0, past[i], 0, length * parts.get(i).bytesPerToken());
        }
        past = larger;
        present = buffers(capacity);
        tokens = Arrays.copyOf(tokens, capacity);
    }

    private void swap() {
        ByteBuffer[] other = past;
        past = present;
        present = other;
    }

    /** {@return tensors of the past} */
    List<OnnxTensor> past(TensorScope scope) throws OrtException {
        return tensors(scope, past, length);
    }

    /** {@return tensors that take the past and a number of new tokens; see {@link #append}} */
    List<OnnxTensor> present(TensorScope scope, int more) throws OrtException {
        return tensors(scope, present, length + more);
    }

    private List<OnnxTensor> tensors(TensorScope scope, ByteBuffer[] buffers, int count) throws OrtException {
        List<OnnxTensor> made = new ArrayList<>();
        for (int i = 0; i < buffers.length; i++) {
            Part part = parts.get(i);
            ByteBuffer exact = buffers[i].slice(0, count * part.bytesPerToken()).order(ByteOrder.nativeOrder());
            made.add(scope.bytes(exact, part.type, 1, part.heads, count, part.width));
        }
        return made;
    }

    /** Takes what is present, which was computed, as the past of what follows. */
    void append(long[] ids) {
        swap();
        for (long id : ids) {
            tokens[length++] = (int) id;
        }
    }
}
