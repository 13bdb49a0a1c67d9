package io.humpback.onnx.quantize;

import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.HashMap;
import java.util.Map;

/** Products of normed inputs as bytes of fixed scales: one byte, or the sum of two. One for a graph. */
final class Int8Terms {

    /** The first of two bytes holds so many times the root mean square, the second one what its rounding leaves. */
    private static final float COARSE = 8;

    /** What a byte alone holds: of a normal distribution, one number in two million is beyond it. */
    private static final float ALONE = 5;

    private final int levels;
    private final boolean two;
    private final Map<Value, Value> bytes = new HashMap<>();

    /**
     * @param levels the largest magnitude of a byte
     * @param two whether a number is two bytes
     */
    Int8Terms(int levels, boolean two) {
        this.levels = levels;
        this.two = two;
    }

    /** {@return the products of inputs x [n, in] with a weight, [n, out]} */
    Value product(Graph to, Value x, Int8Weight weight) {
        Value zero = Int8Tokens.zero(to, levels);
        if (!two) {
            float scale = ALONE / levels;
            Value single = bytes.computeIfAbsent(
                    x, rows -> RuntimeOperators.quantizeLinear(rows, to.constant(scale), zero)); // [n, in]
            return weight.times(to, single, zero, scale);
        }
        float coarse = COARSE / levels;
        float fine = coarse / (2 * levels);
        Value split = bytes.computeIfAbsent(x, rows -> split(rows, to.constant(coarse), to.constant(fine), zero));
        return sum(to, weight.times(to, split, zero, 1), x, coarse, fine);
    }

    /** The first bytes of all rows, then all second ones, [2n, in], so that one product reads the weight once. */
    private static Value split(Value x, Value first, Value second, Value zero) {
        Value coarse = RuntimeOperators.quantizeLinear(x, first, zero);
        Value rest = x.minus(RuntimeOperators.dequantizeLinear(coarse, first, zero));
        return coarse.concat(RuntimeOperators.quantizeLinear(rest, second, zero), 0);
    }

    /**
     * {@return sums of products of first and of second bytes, [n, out]}
     *
     * @param halves [2n, out]
     * @param x the inputs, [n, in]
     * @param first the factor of the first halves
     * @param second that of the second ones
     */
    static Value sum(Graph to, Value halves, Value x, float first, float second) {
        Dim n = x.shape().get(0);
        Dim out = halves.shape().get(1);
        return to.constant(Shape.of(1, 2), first, second)
                .matmul(halves.reshape(2, n + "*" + out)) // [1, n*out]
                .reshape(n, out);
    }
}
