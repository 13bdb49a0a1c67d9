package io.humpback.onnx.quantize;

import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.HashMap;
import java.util.Map;

/**
 * Normed inputs as a sum of bytes of fixed scales: two bytes where sequences have several new tokens, as wherever prompts
 * are read, since ratings suffer most from their rounding (Spearman correlation with 32 bits 0.985 instead of 0.976 on 200
 * pairs of SmolLM2). One byte where each has a single one, as in all steps of writing, whose largest products that halves.
 * One for a graph.
 */
final class Int8Terms {

    /** The first of two bytes holds so many times the root mean square, the second one what its rounding leaves. */
    private static final float COARSE = 8;

    /** What a byte alone holds: of a normal distribution, one number in two million is beyond it. */
    private static final float ALONE = 5;

    private static final Dim BYTES = Dim.named("bytes");

    private final Value zero;
    /** Bytes of a number, INT64 [1]. */
    private final Value count;
    /** Scale of the first byte, a scalar. */
    private final Value first;
    /** Scale of the second byte, a scalar. */
    private final Value second;
    /** Scales of all bytes, [1, bytes]. */
    private final Value scales;

    /** Dimensions that tell products of different bytes apart, INT64 [2]. */
    private final Value apart;
    /** Of a number of rows, those that have a second byte: all or none, INT64 [1]. */
    private final Map<Dim, Value> seconds = new HashMap<>();

    private final Map<Value, Value> splits = new HashMap<>();

    /**
     * For a graph.
     *
     * @param ids the new tokens, INT64 [B, S]
     * @param levels the largest magnitude of a byte
     */
    Int8Terms(Graph to, Value ids, int levels) {
        zero = Int8Tokens.zero(to, levels);
        float coarse = COARSE / levels;
        float fine = coarse / (2 * levels);
        float single = ALONE / levels;
        Value alone = ids.size(1).less(to.integers(2)); // [1]
        count = alone.where(to.integers(1), to.integers(2));
        first = alone.where(to.constant(Shape.of(1), single), to.constant(Shape.of(1), coarse))
                .reshape();
        second = to.constant(fine);
        scales = alone.where(to.constant(Shape.of(1, 2), single, 0), to.constant(Shape.of(1, 2), coarse, fine))
                .first(1, count, BYTES);
        apart = count.concat(to.integers(-1), 0);
    }

    /** {@return the products of inputs x [n, in] with a weight, [n, out]} */
    Value product(Graph to, Value x, Int8Weight weight) {
        Value products = weight.times(to, splits.computeIfAbsent(x, rows -> split(to, rows)), zero); // [bytes*n, out]
        return Int8Weight.sum(scales, products, apart, x);
    }

    /** The first bytes of all rows, then all second ones, so that one product reads the weight once. */
    private Value split(Graph to, Value x) {
        Value coarse = RuntimeOperators.quantizeLinear(x, first, zero);
        Value rest = x.minus(RuntimeOperators.dequantizeLinear(coarse, first, zero));
        Value fine = RuntimeOperators.quantizeLinear(rest, second, zero);
        Dim n = x.shape().get(0);
        Value two = seconds.computeIfAbsent(n, dim -> x.size(0).times(count.minus(to.integers(1))));
        return coarse.concat(fine.first(0, two, Dim.named(n + "*(bytes-1)")), 0);
    }
}
