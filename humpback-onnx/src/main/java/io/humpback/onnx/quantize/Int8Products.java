package io.humpback.onnx.quantize;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.If;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.weights.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Products of 8-bit integers: activations as unsigned bytes times weights as signed bytes with a scale for each output. A
 * token's result does not depend on other tokens. Made for {@link RotatedWeights}: without rotation, a few outlier channels
 * take all of a token's range.
 *
 * <p>Inputs that come from a norm have a root mean square of one and, after rotation, nearly a normal distribution. They go
 * in as two bytes or one of fixed scales, see {@link Int8Terms}. The others go in as one byte scaled by the token's own
 * largest magnitude.
 */
public final class Int8Products implements PrecisionPass {

    /** The largest magnitude of a signed byte that has a negative. */
    static final int FULL = 127;

    /**
     * Largest magnitude of both factors of a product of single bytes: {@value #FULL} where the processor sums products in 32
     * bits. Those without VNNI add pairs of them in 16 bits, which must not overflow (2 · 181 · 90 {@literal <} 2^15).
     */
    public static final int LEVELS = sumsIn32Bits() ? FULL : 90;

    /** Largest magnitude of one factor where the other one's is {@value #FULL} (2 · 255 · 63 and 2 · 127 · 127). */
    public static final int BESIDE_FULL = besideFull(LEVELS);

    private final Weights weights;
    private final RotatedWeights rotated;
    private final int levels;
    private final Int8Tokens tokens;
    private final Int8Tokens normed;
    private final Map<Value, Int8Tokens.Quantised> twice = new HashMap<>();
    private final Int8Terms terms;

    private static int besideFull(int levels) {
        return levels == FULL ? FULL : 63;
    }

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
     * @param levels as {@link #LEVELS}
     * @param steps whether each sequence has a single new token
     */
    Int8Products(Weights weights, RotatedWeights rotated, int levels, boolean steps) {
        this.weights = weights;
        this.rotated = rotated;
        this.levels = levels;
        tokens = new Int8Tokens(levels);
        int levelsOfTwo = besideFull(levels); // the second makes up for the levels that weights take from the first
        normed = new Int8Tokens(levelsOfTwo);
        terms = new Int8Terms(levelsOfTwo, steps);
    }

    /**
     * {@return a finished graph with every linear product in 8 bits} Normed inputs are two bytes where sequences have several
     * new tokens, as wherever prompts are read, since ratings suffer most from their rounding (Spearman correlation with 32
     * bits 0.985 instead of 0.976 on 200 pairs of SmolLM2); and one where each has a single one, as in all steps of writing,
     * whose largest products that halves.
     *
     * <p>Steps of a small model are a graph of their own, as their time is above all that of nodes. That of a large one is not,
     * and the runtime would lay its weights out anew for each graph while it opens them.
     *
     * @param graph with the new tokens as {@code input_ids} INT64 [B, S]
     * @param weights in rotated coordinates
     * @param rotated the same, with its rotations
     * @param large whether it is a large model, or one that takes no steps
     */
    public static Graph rewrite(Graph graph, Weights weights, RotatedWeights rotated, boolean large) {
        Graph any = new Int8Products(weights, rotated, LEVELS, false).rewrite(graph);
        if (large || rotated.inputRotation() != null) { // what is rotated at run time is two bytes anywhere
            return any;
        }
        Graph steps = new Int8Products(weights, rotated, LEVELS, true).rewrite(graph);
        return If.of(to -> to.input("input_ids").size(1).less(to.integers(2)).reshape(), steps, any);
    }

    @Override
    public Value product(Graph to, Value x, WeightName weight) {
        return switch (weight.part()) {
            case DOWN ->
                quantised(to, weight, levels)
                        .times(to, tokens.of(to, rotated.gateRotation().apply(to, x)));
            case O -> quantised(to, weight, levels).times(to, tokens.of(to, x));
            default -> ofNormed(to, x, quantised(to, weight, FULL));
        };
    }

    private Int8Weight quantised(Graph to, WeightName weight, int levels) {
        return Int8Weight.of(to, weight.toString(), weights.rows(weight), levels);
    }

    private Value ofNormed(Graph to, Value x, Int8Weight weight) {
        BlockwiseRotation rotation = rotated.inputRotation();
        if (rotation != null) {
            Int8Tokens.Quantised halves =
                    twice.computeIfAbsent(x, value -> normed.twice(to, rotation.apply(to, value)));
            return Int8Terms.sum(weight.times(to, halves), x, to.constant(Shape.of(1, 2), 1, 1), to.integers(2, -1));
        }
        return terms.product(to, x, weight);
    }
}
