package io.humpback.onnx.quantize;

import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.HashMap;
import java.util.Map;

/** Tokens as unsigned bytes, each scaled by its own largest magnitude. One for a graph. */
final class Int8Tokens {

    private final int levels;
    private final Map<Dim, Value> zeros = new HashMap<>();

    /** @param levels the largest magnitude of a byte */
    Int8Tokens(int levels) {
        this.levels = levels;
    }

    /** Tokens in 8 bits: UINT8 [n, d] around a scalar, and the scale of each, [n, 1]. */
    record Quantised(Value bytes, Value zero, Value scale) {}

    /** {@return what stands for zero in bytes up to a magnitude} */
    static Value zero(Graph to, int levels) {
        return to.constant(ElementType.UINT8, Shape.of(), new byte[] {(byte) (levels + 1)});
    }

    /** {@return tokens x [n, d] in 8 bits} */
    Quantised of(Graph to, Value x) {
        Value scale = x.abs().maxKeepDims(-1).times(1f / levels); // [n, 1]
        Dim n = x.shape().get(0);
        Value zero = zeros.computeIfAbsent(n, dim -> {
            Value size = x.dims().slice(0, 0, 1);
            return zero(to, levels).reshape(1).expand(size, Shape.of(dim));
        });
        return new Quantised(RuntimeOperators.quantizeLinear(x, scale.reshape(n), zero), zero(to, levels), scale);
    }

    /** {@return tokens x [n, d] in 8 bits, and then what their rounding leaves, [2n, d]; the sum of both is nearly exact} */
    Quantised twice(Graph to, Value x) {
        Quantised coarse = of(to, x);
        Value rounded = coarse.bytes
                .cast(ElementType.FLOAT)
                .minus(to.constant(levels + 1))
                .times(coarse.scale);
        Quantised fine = of(to, x.minus(rounded));
        return new Quantised(coarse.bytes.concat(fine.bytes, 0), coarse.zero, coarse.scale.concat(fine.scale, 0));
    }
}
