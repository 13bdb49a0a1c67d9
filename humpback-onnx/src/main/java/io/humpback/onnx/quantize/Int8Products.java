package io.humpback.onnx.quantize;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Products of 8-bit integers: activations as unsigned bytes around 128 times weights as signed bytes with a scale for each
 * output. A token's result does not depend on other tokens. Made for {@link RotatedWeights}: without rotation, a few outlier
 * channels take all of a token's range.
 *
 * <p>Inputs that come from a norm have a root mean square of one and, after rotation, nearly a normal distribution. They go
 * in as bytes of fixed scales, see {@link Int8Terms}. The others go in as one byte scaled by the token's own largest
 * magnitude.
 */
public final class Int8Products implements PrecisionPass {

    /**
     * Largest magnitude of a weight: 127 where the processor sums products in 32 bits. Those without VNNI add pairs of
     * them in 16 bits, which must not overflow (2 · 255 · 63 {@literal <} 2^15).
     */
    public static final int LEVELS = sumsIn32Bits() ? 127 : 63;

    private final Weights weights;
    private final RotatedWeights rotated;
    private final int levels;
    private final Map<Value, Int8Tokens.Quantised> twice = new HashMap<>();
    private final Int8Tokens tokens = new Int8Tokens();
    private @Nullable Int8Terms terms;

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
        BlockwiseRotation rotation = rotated.inputRotation();
        if (rotation != null) {
            Int8Tokens.Quantised both = twice.computeIfAbsent(x, value -> tokens.twice(to, rotation.apply(to, value)));
            return sum(to, quantised.times(to, both), x, rows.rows());
        }
        if (terms == null) {
            terms = new Int8Terms(to, to.input("input_ids"));
        }
        return terms.sum(quantised.times(to, terms.split(to, x)), x.shape().get(0));
    }

    /** Of products of coarse and fine bytes, [2n, out]. */
    private static Value sum(Graph to, Value halves, Value x, long out) {
        Value sum = to.constant(Shape.of(1, 2), 1, 1)
                .matmul(halves.reshape(2, x.shape().get(0) + "*" + out)); // [1, n*out]
        return sum.reshape(x.shape().get(0), out);
    }
}
