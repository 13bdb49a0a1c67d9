package io.humpback.onnx.quantize;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Node;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.Weights;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Products with frozen weights in bfloat16, in a graph of training for a GPU, forward and backward: weights stay as the
 * checkpoint has them, in half the memory of floats, and a token's input and its gradient are rounded. The residual stream,
 * norms, attention, the low-rank change and its gradients stay in 32 bits, and so do the products with the head, since the loss
 * is made of small differences of logits.
 */
public final class FrozenBfloat16 {

    private static final Set<Op> PRODUCTS = Set.of(Op.LINEAR, Op.MATMUL, Op.GEMM);

    private FrozenBfloat16() {}

    /** {@return a graph of training with the products replaced whose weights are cast from bfloat16} */
    public static Graph rewrite(Graph graph) {
        return graph.rewritten((node, read, to) -> {
            if (node.op() == Op.GATHER) {
                Value table = stored(to, requireNonNull(read.get(0)));
                Value ids = requireNonNull(read.get(1));
                return table == null ? null : List.of(table.gather(ids).cast(ElementType.FLOAT));
            }
            Value weight = PRODUCTS.contains(node.op()) ? stored(to, requireNonNull(read.get(1))) : null;
            return weight == null || !isOfBlock(to, weight) ? null : product(node.op(), read, weight);
        });
    }

    /** {@return the weight in bfloat16 that a value is cast from, or null} */
    private static @Nullable Value stored(Graph to, Value value) {
        Node cast = to.producerOf(value);
        Value from = cast == null || cast.op() != Op.CAST ? null : cast.inputs().get(0);
        Weight weight = from == null ? null : to.weightOf(from);
        return weight != null && weight.type() == ElementType.BFLOAT16 ? from : null;
    }

    private static boolean isOfBlock(Graph to, Value weight) {
        String name = requireNonNull(to.weightOf(weight)).name();
        Part part = WeightName.of(name.replace(Weights.BFLOAT16, "")).part();
        return part != Part.HEAD && part != Part.EMBEDDING;
    }

    /** A layer's product is x Wᵀ; its gradient g W is a product or, where one is known already, is added to it. */
    private static List<Value> product(Op op, List<@Nullable Value> read, Value weight) {
        Value x = requireNonNull(read.get(0)).cast(ElementType.BFLOAT16);
        Value made = (op == Op.LINEAR ? x.linear(weight) : x.matmul(weight)).cast(ElementType.FLOAT);
        return List.of(op == Op.GEMM ? requireNonNull(read.get(2)).plus(made) : made);
    }
}
