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

    /** Scale of the first of two bytes, which holds eight times the root mean square. */
    private static final float COARSE = 8f / 127;

    /** Scale of the second byte, which holds what rounding the first one leaves. */
    private static final float FINE = COARSE / 254;

    /** Scale of a byte alone: of a normal distribution, one number in two million is beyond it. */
    private static final float ALONE = 5f / 127;

    private static final Dim BYTES = Dim.named("bytes");

    private final Value zero;
    /** Bytes of a number, INT64 [1]. */
    private final Value count;
    /** Scale of the first byte, a scalar. */
    private final Value first;
    /** Scales of all bytes, [1, bytes]. */
    private final Value scales;

    /** Dimensions that tell products of different bytes apart, INT64 [2]. */
    private final Value apart;
    /** Of a number of rows, those that have a second byte: all or none, INT64 [1]. */
    private final Map<Dim, Value> seconds = new HashMap<>();

    private final Map<Value, Value> splits = new HashMap<>();

    /** For new tokens, INT64 [B, S]. */
    Int8Terms(Graph to, Value ids) {
        zero = Int8Weight.zero(to);
        Value alone = ids.size(1).less(to.integers(2)); // [1]
        count = alone.where(to.integers(1), to.integers(2));
        first = alone.where(to.constant(Shape.of(1), ALONE), to.constant(Shape.of(1), COARSE))
                .reshape();
        scales = alone.where(to.constant(Shape.of(1, 2), ALONE, 0), to.constant(Shape.of(1, 2), COARSE, FINE))
                .first(1, count, BYTES);
        apart = count.concat(to.integers(-1), 0);
    }

    /** {@return the first bytes of all rows x [n, in], then all second ones, so that one product reads a weight once} */
    Value split(Graph to, Value x) {
        return splits.computeIfAbsent(x, rows -> {
            Value coarse = RuntimeOperators.quantizeLinear(x, first, zero);
            Value rest = x.minus(RuntimeOperators.dequantizeLinear(coarse, first, zero));
            Value fine = RuntimeOperators.quantizeLinear(rest, to.constant(FINE), zero);
            Dim n = x.shape().get(0);
            Value second = seconds.computeIfAbsent(n, dim -> x.size(0).times(count.minus(to.integers(1))));
            return coarse.concat(fine.first(0, second, Dim.named(n + "*(bytes-1)")), 0);
        });
    }

    /** {@return the products [n, out] of which those of bytes are given, in the order of {@link #split}} */
    Value sum(Value products, Dim n) {
        Dim out = products.shape().get(1);
        Value each = products.reshape(apart, Shape.of(BYTES, n + "*" + out));
        return scales.matmul(each).reshape(n, out);
    }
}
