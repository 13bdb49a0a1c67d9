package io.humpback.onnx.llama;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Node;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.Weights;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The graph of inference in fewer and larger nodes, of which each costs microseconds that count in a step of one token:
 * products with the same input become one, and each sum of the residual stream is made together with its norm.
 */
final class Fusion {

    private static final Set<Op> ATTENTIONS = EnumSet.of(Op.GROUP_QUERY_ATTENTION, Op.PAGED_ATTENTION);

    private final Weights weights;
    private final ElementType type;
    private final double epsilon;
    /** For each sum that is normed, its norm. */
    private final Map<Node, Node> norms = new HashMap<>();

    /** For each sum in the new graph, its norm. */
    private final Map<Value, Value> normed = new HashMap<>();

    /** Places of attentions that something comes before which takes queries or keys by themselves. */
    private final Set<String> apart = new HashSet<>();

    /** By what is multiplied, joined products in the new graph of which the parts are taken by themselves. */
    private final Map<Value, Value> joined = new HashMap<>();

    private Fusion(Graph graph, Weights weights, ElementType type, double epsilon) {
        this.weights = weights;
        this.type = type;
        this.epsilon = epsilon;
        for (Node node : graph.liveWithBodies()) {
            Node before = node.op() == Op.RMS_NORM
                    ? graph.producerOf(requireNonNull(node.inputs().get(0)))
                    : null;
            if (before != null && before.op() == Op.ADD && sameShapes(before.inputs())) {
                norms.put(before, node);
            }
            if (ATTENTIONS.contains(node.op()) && !readsProducts(graph, node)) {
                apart.add(node.scope());
            }
        }
    }

    /** Whether nothing but their arrangement in sequences lies between an attention's queries and their product. */
    private static boolean readsProducts(Graph graph, Node attention) {
        Value queries = requireNonNull(attention.inputs().get(0));
        Node made = graph.producerOf(unshaped(graph, queries));
        return made != null && product(graph, made) != null;
    }

    /** {@return what a value was before it was arranged in sequences, if it is} */
    private static Value unshaped(Graph graph, Value value) {
        Node node = graph.producerOf(value);
        return node != null && node.op() == Op.RESHAPE
                ? requireNonNull(node.inputs().get(0))
                : value;
    }

    /** {@return the product that a node computes, or adds a bias to, or null} */
    private static @Nullable Node product(Graph graph, Node node) {
        Node product = node.op() == Op.ADD
                ? graph.producerOf(requireNonNull(node.inputs().get(0)))
                : node;
        return product != null && product.op() == Op.LINEAR ? product : null;
    }

    private static boolean sameShapes(List<@Nullable Value> two) {
        return requireNonNull(two.get(0))
                .shape()
                .equals(requireNonNull(two.get(1)).shape());
    }

    /** {@return the same computation as a plain graph's, with weights of a type} */
    static Graph of(Graph graph, Weights weights, ElementType type, double epsilon) {
        Fusion fusion = new Fusion(graph, weights, type, epsilon);
        return graph.rewritten((node, inputs, to) -> switch (node.op()) {
            case LINEAR -> fusion.part(inputs, to);
            case GROUP_QUERY_ATTENTION, PAGED_ATTENTION -> fusion.attention(node, inputs, to);
            case MUL -> fusion.gate(inputs, to);
            case ADD -> fusion.sum(graph, node, inputs, to);
            case RMS_NORM -> fusion.norm(inputs);
            default -> null;
        });
    }

    /** Queries, keys or values that are taken by themselves are columns of their joined product. */
    private @Nullable List<Value> part(List<@Nullable Value> in, Graph to) {
        Weight weight = to.weightOf(requireNonNull(in.get(1)));
        WeightName name = weight == null ? null : WeightName.find(weight.name()).orElse(null);
        if (name == null
                || name.part().whole() != Part.QKV
                || !apart.contains(WeightName.block(name.layer()) + ".self_attn")) {
            return null;
        }
        WeightName whole = name.with(Part.QKV);
        Value x = requireNonNull(in.get(0));
        Value all = joined.computeIfAbsent(x, key -> key.linear(to.weight(weights.of(whole, type))));
        long first = whole.parts().stream()
                .takeWhile(part -> !part.equals(name))
                .mapToLong(part -> weights.rows(part).rows())
                .sum();
        return List.of(all.slice(1, first, first + weights.rows(name).rows()));
    }

    /** q, k and v of a token lie side by side, unless something takes them by themselves. */
    private @Nullable List<Value> attention(Node node, List<@Nullable Value> in, Graph to) {
        if (apart.contains(node.scope())) {
            return null;
        }
        Value queries = requireNonNull(in.get(0));
        Value tokens = unshaped(to, queries);
        Value qkv = merged(requireNonNull(to.producerOf(tokens)), Part.QKV, to);
        if (tokens != queries) {
            Value sequences = requireNonNull(
                    requireNonNull(to.producerOf(queries)).inputs().get(1));
            qkv = qkv.reshape(sequences, Shape.of("B", "S", qkv.shape().get(1)));
        }
        return RuntimeOperators.packed(node, in, qkv);
    }

    /** Gate and up of a token lie side by side. */
    private @Nullable List<Value> gate(List<@Nullable Value> in, Graph to) {
        Node activation = to.producerOf(requireNonNull(in.get(0)));
        if (activation == null || activation.op() != Op.SILU && activation.op() != Op.GELU) {
            return null;
        }
        Value product = requireNonNull(activation.inputs().get(0));
        List<Value> both =
                merged(requireNonNull(to.producerOf(product)), Part.GATE_UP, to).chunk(2);
        Value gate = both.get(0);
        return List.of((activation.op() == Op.SILU ? gate.silu() : RuntimeOperators.gelu(gate)).times(both.get(1)));
    }

    /** {@return joined products with their biases, if any, of which a node computes one} */
    private Value merged(Node node, Part whole, Graph to) {
        Node product = requireNonNull(product(to, node));
        Weight part = requireNonNull(to.weightOf(requireNonNull(product.inputs().get(1))));
        WeightName name = WeightName.of(part.name()).with(whole);
        Value made = requireNonNull(product.inputs().get(0)).linear(to.weight(weights.of(name, type)));
        if (product == node) {
            return made;
        }
        return made.plus(name.parts().stream()
                .map(of -> to.weight(weights.of(of.with(of.part().bias()), type)))
                .reduce((a, b) -> a.concat(b, 0))
                .orElseThrow());
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
