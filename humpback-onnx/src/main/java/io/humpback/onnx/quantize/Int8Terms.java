package io.humpback.onnx.quantize;

import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Products of normed inputs as bytes of fixed scales: the sum of two where sequences have several new tokens, one where each
 * has a single one. One for a graph.
 */
final class Int8Terms {

    /** The first of two bytes holds so many times the root mean square, the second one what its rounding leaves. */
    private static final float COARSE = 8;

    /** What a byte alone holds: of a normal distribution, one number in two million is beyond it. */
    private static final float ALONE = 5;

    private final int levels;
    private final boolean steps;
    private final Map<Value, Value> bytes = new HashMap<>();
    /** Of a number of rows, those that have a second byte: all or none, INT64 [1]. */
    private final Map<Dim, Value> seconds = new HashMap<>();

    private @Nullable Scales scales;

    /**
     * @param levels the largest magnitude of a byte
     * @param steps whether sequences are known to have a single new token each, which takes fewer nodes
     */
    Int8Terms(int levels, boolean steps) {
        this.levels = levels;
        this.steps = steps;
    }

    /**
     * {@return the products of inputs x [n, in] with a weight, [n, out]}
     *
     * @param to with the new tokens as {@code input_ids} INT64 [B, S], unless there is one each
     */
    Value product(Graph to, Value x, Int8Weight weight) {
        Value zero = Int8Tokens.zero(to, levels);
        if (steps) {
            float scale = ALONE / levels;
            Value single = bytes.computeIfAbsent(
                    x, rows -> RuntimeOperators.quantizeLinear(rows, to.constant(scale), zero)); // [n, in]
            return weight.times(to, single, zero, scale);
        }
        Scales by = scales == null ? Scales.of(to, levels) : scales;
        scales = by;
        Value split = bytes.computeIfAbsent(x, rows -> split(rows, by, zero));
        return sum(weight.times(to, split, zero, 1), x, by.all, by.apart);
    }

    /** The first bytes of all rows, then all second ones, [bytes*n, in], so that one product reads the weight once. */
    private Value split(Value x, Scales by, Value zero) {
        Value coarse = RuntimeOperators.quantizeLinear(x, by.first, zero);
        Value rest = x.minus(RuntimeOperators.dequantizeLinear(coarse, by.first, zero));
        Value fine = RuntimeOperators.quantizeLinear(rest, by.second, zero);
        Dim n = x.shape().get(0);
        Value two = seconds.computeIfAbsent(n, dim -> x.size(0).times(by.seconds));
        return coarse.concat(fine.first(0, two, Dim.named(n + "*(bytes-1)")), 0);
    }

    /**
     * {@return sums of products of first and of second bytes, [n, out]}
     *
     * @param products of all first bytes, then of all second ones, [bytes*n, out]
     * @param x the inputs, [n, in]
     * @param scales the factors of each, [1, bytes]
     * @param apart dimensions that tell these products apart, INT64 [2]
     */
    static Value sum(Value products, Value x, Value scales, Value apart) {
        Dim n = x.shape().get(0);
        Dim out = products.shape().get(1);
        return scales.matmul(products.reshape(apart, Shape.of(scales.shape().get(1), n + "*" + out))) // [1, n*out]
                .reshape(n, out);
    }

    /**
     * What the new tokens of a run decide.
     *
     * @param first scale of the first byte, a scalar
     * @param second scale of the second byte, a scalar
     * @param all scales of all bytes, [1, bytes]
     * @param seconds how many second bytes a number has, INT64 [1]
     * @param apart dimensions that tell products of different bytes apart, INT64 [2]
     */
    private record Scales(Value first, Value second, Value all, Value seconds, Value apart) {

        static Scales of(Graph to, int levels) {
            float coarse = COARSE / levels;
            float fine = coarse / (2 * levels);
            float single = ALONE / levels;
            Value alone = to.input("input_ids").size(1).less(to.integers(2)); // [1]
            Value count = alone.where(to.integers(1), to.integers(2));
            Value first = alone.where(to.constant(Shape.of(1), single), to.constant(Shape.of(1), coarse));
            Value all = alone.where(to.constant(Shape.of(1, 2), single, 0), to.constant(Shape.of(1, 2), coarse, fine));
            return new Scales(
                    first.reshape(),
                    to.constant(fine),
                    all.first(1, count, Dim.named("bytes")),
                    count.minus(to.integers(1)),
                    count.concat(to.integers(-1), 0));
        }
    }
}
