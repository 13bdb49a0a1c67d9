package io.humpback.onnx.quantize;

import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.weights.WeightRows;

/** Turns vectors block by block, cheaply enough to do it at run time: see {@link Rotation}. */
public final class BlockwiseRotation {

    private static final int MOST = 64;

    private final int size;
    private final int block;
    private final Rotation rotation;

    /** For vectors of a size; a block is the largest power of two that divides it, up to {@value #MOST}. */
    public BlockwiseRotation(int size) {
        this.size = size;
        block = Math.min(MOST, Integer.lowestOneBit(size));
        rotation = new Rotation(block);
    }

    /** Rotates vectors of this size in place, which lie one after the other and have a length together. */
    public void apply(float[] vectors, int at, int length) {
        rotation.apply(vectors, at, length / block);
    }

    /** {@return rotated vectors; x is [n, size]} */
    public Value apply(Graph to, Value x) {
        Value matrix = to.constant(Shape.of(block, block), rotation.matrix());
        return x.reshape(x.shape().get(0) + "*" + size / block, block)
                .matmul(matrix)
                .reshape(x.shape().dims().toArray());
    }

    /** {@return rotated rows; they have this size} */
    public WeightRows apply(WeightRows rows) {
        return rows.changed((row, count, values, at) -> apply(values, at, count * rows.length()));
    }
}
