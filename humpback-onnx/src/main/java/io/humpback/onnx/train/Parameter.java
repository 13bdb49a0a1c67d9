package io.humpback.onnx.train;

import java.nio.FloatBuffer;

/**
 * A tensor that is trained.
 *
 * @param name unique; of a weight the checkpoint's own, such as {@code model.norm.weight}; of a low-rank change the
 *     product's with {@code .lora_A.weight} or {@code .lora_B.weight}
 * @param shape dimensions, in row-major order
 * @param values direct, all numbers from position 0 to the limit
 * @param gradient direct, of the same size; what {@link Objective#add} adds to
 * @param decays whether weight decay applies: to matrices, not to norms
 */
public record Parameter(String name, long[] shape, FloatBuffer values, FloatBuffer gradient, boolean decays) {

    /** Checks the sizes. */
    public Parameter {
        long elements = 1;
        for (long dimension : shape) {
            elements = Math.multiplyExact(elements, dimension);
        }
        if (values.limit() != elements || gradient.limit() != elements) {
            throw new IllegalArgumentException(name + ": " + values.limit() + " values and " + gradient.limit()
                    + " gradients, expected " + elements);
        }
    }

    /** {@return how many numbers it has} */
    public int size() {
        return values.limit();
    }
}
