package io.humpback.onnx.quantize;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Products with frozen weights in 8 bits, in a graph of training, forward and backward. A token's input and its
 * gradient go in as bytes scaled by their own largest magnitude, so that they do not depend on other tokens; inputs are
 * rotated before, since a few outlier channels would take all of the range. The low-rank change and its gradients stay in
 * 32 bits, as those of weights do in SwitchBack (Wortsman et al. 2023, arXiv 2304.13013), and so does the backward pass
 * through the head, where softmax minus one-hot is too uneven for bytes.
 *
 * <p>On two batches of SmolLM2 with a random low-rank change, the gradient had a cosine of 0.994 with that of 32 bits;
 * nearly all of the error came from the forward pass (backward alone 0.998).
 */
public final class FrozenInt8 {

    private static final Set<Op> PRODUCTS = Set.of(Op.LINEAR, Op.MATMUL, Op.GEMM);
    /** The head's names: the second where it is tied. */
    private static final Set<Part> HEAD = Set.of(Part.HEAD, Part.EMBEDDING);

    private final Weights weights;
    private final Int8Tokens tokens = new Int8Tokens(Int8Products.FULL);
    /** Inputs that several products share. */
    private final Map<Value, Int8Tokens.Quantised> inputs = new HashMap<>();

    private FrozenInt8(Weights weights) {
        this.weights = weights;
    }

    /** {@return a graph of training, whose weights are floats, with the products replaced} */
    public static Graph rewrite(Graph graph, Weights weights) {
        FrozenInt8 pass = new FrozenInt8(weights);
        return graph.rewritten((node, read, to) -> {
            Value second = PRODUCTS.contains(node.op()) ? read.get(1) : null;
            Weight weight = second == null ? null : to.weightOf(second);
            return weight == null ? null : pass.product(node.op(), read, WeightName.of(weight.name()), to);
        });
    }

    private @Nullable List<Value> product(Op op, List<@Nullable Value> read, WeightName weight, Graph to) {
        Value x = read.get(0);
        if (op == Op.LINEAR) {
            return List.of(forward(to, x, weight));
        } else if (HEAD.contains(weight.part())) {
            return null;
        }
        Value made = back(to, x, weight);
        return List.of(op == Op.GEMM ? read.get(2).plus(made) : made);
    }

    /** x Wᵀ. */
    private Value forward(Graph to, Value x, WeightName weight) {
        WeightRows rows = weights.rows(weight);
        BlockwiseRotation rotation = new BlockwiseRotation(rows.length());
        Int8Tokens.Quantised input = inputs.computeIfAbsent(x, value -> tokens.of(to, rotation.apply(to, value)));
        return Int8Weight.of(to, weight.toString(), rotation.apply(rows), Int8Products.BESIDE_FULL)
                .times(to, input);
    }

    /** g W. */
    private Value back(Graph to, Value g, WeightName weight) {
        WeightRows rows = weights.rows(weight);
        int out = Math.toIntExact(rows.rows());
        WeightRows transposed = WeightRows.made(rows.length(), out, () -> transposed(rows.all(), rows.length()));
        return Int8Weight.of(to, weight + ".transposed", transposed, Int8Products.BESIDE_FULL)
                .times(to, tokens.of(to, g));
    }

    private static float[] transposed(float[] matrix, int columns) {
        int rows = matrix.length / columns;
        float[] transposed = new float[matrix.length];
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                transposed[j * rows + i] = matrix[i * columns + j];
            }
        }
        return transposed;
    }
}
