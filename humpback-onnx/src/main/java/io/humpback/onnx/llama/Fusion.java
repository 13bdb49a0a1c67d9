package io.humpback.onnx.llama;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Node;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.Weights;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The graph of inference in fewer and larger nodes, of which each costs microseconds that count in a step of one token:
 * products with the same input become one, and each sum of the residual stream is made together with its norm.
 */
final class Fusion {

    private final Weights weights;
    private final double epsilon;
    /** For each sum that is normed, its norm. */
    private final Map<Node, Node> norms = new HashMap<>();

    /** For each sum in the new graph, its norm. */
    private final Map<Value, Value> normed = new HashMap<>();

    private Fusion(Graph graph, Weights weights, double epsilon) {
        this.weights = weights;
        this.epsilon = epsilon;
        for (Node node : graph.live()) {
            Node before = node.op() == Op.RMS_NORM
                    ? graph.producerOf(requireNonNull(node.inputs().get(0)))
                    : null;
            if (before != null && before.op() == Op.ADD) {
                norms.put(before, node);
            }
        }
    }

    /** {@return the same computation as a plain graph's} */
    static Graph of(Graph graph, Weights weights, double epsilon) {
        Fusion fusion = new Fusion(graph, weights, epsilon);
        return graph.rewritten((node, inputs, to) -> switch (node.op()) {
            case GROUP_QUERY_ATTENTION -> fusion.attention(node, inputs, to);
            case MUL -> fusion.gate(inputs, to);
            case ADD -> fusion.sum(graph, node, inputs, to);
            case RMS_NORM -> fusion.norm(inputs);
            default -> null;
        });
    }

    /** q, k and v of a token lie side by side. */
    private List<Value> attention(Node node, List<@Nullable Value> in, Graph to) {
        Node shaped = requireNonNull(to.producerOf(requireNonNull(in.get(0))));
        Value q = requireNonNull(shaped.inputs().get(0));
        Value qkv = merged(requireNonNull(to.producerOf(q)), Part.QKV, to);
        Value inSequences = qkv.reshape(
                requireNonNull(shaped.inputs().get(1)),
                Shape.of("B", "S", qkv.shape().get(1)));
        int width = (int) node.outputs().get(0).shape().get(2).size();
        Shape cache = requireNonNull(in.get(3)).shape();
        int d = (int) cache.get(3).size();
        return RuntimeOperators.groupQueryAttention(
                width / d,
                (int) cache.get(1).size(),
                inSequences,
                null,
                null,
                in.get(3),
                in.get(4),
                in.get(5),
                in.get(6),
                in.get(7),
                in.get(8));
    }

    /** Gate and up of a token lie side by side. */
    private @Nullable List<Value> gate(List<@Nullable Value> in, Graph to) {
        Node silu = to.producerOf(requireNonNull(in.get(0)));
        if (silu == null || silu.op() != Op.SILU) {
            return null;
        }
        Node product = requireNonNull(to.producerOf(requireNonNull(silu.inputs().get(0))));
        List<Value> both = merged(product, Part.GATE_UP, to).chunk(2);
        return List.of(both.get(0).silu().times(both.get(1)));
    }

    private Value merged(Node product, Part whole, Graph to) {
        Weight part = requireNonNull(to.weightOf(requireNonNull(product.inputs().get(1))));
        WeightName name = WeightName.of(part.name()).with(whole);
        return requireNonNull(product.inputs().get(0)).linear(to.weight(weights.floats(name)));
    }

    private @Nullable List<Value> sum(Graph graph, Node node, List<@Nullable Value> in, Graph to) {
        Node norm = norms.get(node);
        if (norm == null) {
            return null;
        }
        Value weight = to.weight(
                requireNonNull(graph.weightOf(requireNonNull(norm.inputs().get(1)))));
        List<Value> made =
                RuntimeOperators.skipRmsNorm(requireNonNull(in.get(0)), requireNonNull(in.get(1)), weight, epsilon);
        normed.put(made.get(1), made.get(0));
        return List.of(made.get(1));
    }

    private @Nullable List<Value> norm(List<@Nullable Value> in) {
        Value made = normed.get(in.get(0));
        return made == null ? null : List.of(made);
    }
}
