package io.humpback.onnx.quantize;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Products of 8-bit integers: activations as unsigned bytes around 128 times weights as signed bytes with a scale for each
 * output. A token's result does not depend on other tokens. Made for {@link RotatedWeights}: without rotation, a few outlier
 * channels take all of a token's range.
 *
 * <p>Inputs that come from a norm have a root mean square of one and, after rotation, nearly a normal distribution. They go in as
 * the sum of two bytes of fixed scales, since ratings suffer most from their rounding (Spearman correlation with 32 bits
 * 0.985 instead of 0.976 on 200 pairs of SmolLM2). The others go in as one byte scaled by the token's own largest
 * magnitude.
 */
public final class Int8Products implements PrecisionPass {

    /**
     * Largest magnitude of a weight: 127 where the processor sums products in 32 bits. Those without VNNI add pairs of
     * them in 16 bits, which must not overflow (2 · 255 · 63 {@literal <} 2^15).
     */
    public static final int LEVELS = sumsIn32Bits() ? 127 : 63;

    /** Scale of the first byte of a normed input, which holds eight times its root mean square. */
    private static final float COARSE = 8f / 127;

    /** Scale of the second byte, which holds what rounding the first one leaves. */
    private static final float FINE = COARSE / 254;

    private final Weights weights;
    private final RotatedWeights rotated;
    private final int levels;
    private final Map<Value, Value> splits = new HashMap<>();
    private final Map<Value, Int8Tokens.Quantised> twice = new HashMap<>();
    private final Int8Tokens tokens = new Int8Tokens();

    private static boolean sumsIn32Bits() {
        Path flags = Path.of("/proc/cpuinfo");
        if (!System.getProperty("os.arch").equals("amd64")) {
            return true;
        }
        try {
            return Files.exists(flags) && Files.readString(flags).contains("vnni");
        } catch (IOException e) {
            return false;
        }
    }

    /**
     * @param weights in rotated coordinates
     * @param rotated the same, with its rotations
     * @param levels the largest magnitude of a weight: 127, or 63 where the processor adds pairs of products in 16 bits
     */
    public Int8Products(Weights weights, RotatedWeights rotated, int levels) {
        this.weights = weights;
        this.rotated = rotated;
        this.levels = levels;
    }

    @Override
    public Value product(Graph to, Value x, WeightName weight) {
        WeightRows rows = weights.rows(weight);
        Int8Weight quantised = Int8Weight.of(to, weight.toString(), rows, levels);
        if (weight.part() == Part.DOWN) {
            return quantised.times(to, tokens.of(to, rotated.gateRotation().apply(to, x)));
        } else if (weight.part() == Part.O) {
            return quantised.times(to, tokens.of(to, x));
        }
        if (rotated.inputRotation() != null) {
            Int8Tokens.Quantised both = twice.computeIfAbsent(x, value -> tokens.twice(to, rotatedInput(to, value)));
            return sum(to, quantised.times(to, both), x, rows.rows(), 1, 1);
        }
        Value both =
                splits.computeIfAbsent(x, value -> split(to, rotatedInput(to, value), Int8Weight.zero(to))); // [2n, in]
        return sum(to, quantised.times(to, both), x, rows.rows(), COARSE, FINE);
    }

    /** Of products of coarse and fine bytes, [2n, out]. */
    private static Value sum(Graph to, Value halves, Value x, long out, float coarse, float fine) {
        Value sum = to.constant(Shape.of(1, 2), coarse, fine)
                .matmul(halves.reshape(2, x.shape().get(0) + "*" + out)); // [1, n*out]
        return sum.reshape(x.shape().get(0), out);
    }

    private Value rotatedInput(Graph to, Value x) {
        BlockwiseRotation rotation = rotated.inputRotation();
        return rotation == null ? x : rotation.apply(to, x);
    }

    /** The coarse bytes of all rows, then the fine ones, so that one product reads the weight once. */
    private static Value split(Graph to, Value x, Value zero) {
        Value coarse = RuntimeOperators.quantizeLinear(x, to.constant(COARSE), zero);
        Value rest = x.minus(RuntimeOperators.dequantizeLinear(coarse, to.constant(COARSE), zero));
        return coarse.concat(RuntimeOperators.quantizeLinear(rest, to.constant(FINE), zero), 0);
    }
}
