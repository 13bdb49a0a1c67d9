package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Copies a graph while a rule replaces nodes: how passes for precision, fusion and adapters work. */
public final class Rewriter {

    /** Replaces a node while a graph is copied. */
    @FunctionalInterface
    public interface Rule {
        /**
         * {@return the new values of the node's outputs, or null to keep the node}
         *
         * @param node as it was
         * @param inputs its inputs in the new graph
         * @param to the new graph, at the node's place
         */
        @Nullable
        List<Value> apply(Node node, List<@Nullable Value> inputs, Graph to);
    }

    private final Rule rule;
    /** Values of the copy by those of the original. */
    private final Map<Value, Value> copies = new HashMap<>();

    private Rewriter(Rule rule) {
        this.rule = rule;
    }

    /** {@return a copy of what the outputs depend on, in which the rule, asked for every node in order, has replaced nodes} */
    static Graph rewrite(Graph graph, Rule rule) {
        Graph to = new Graph();
        Rewriter rewriter = new Rewriter(rule);
        rewriter.copyInputs(graph, to);
        rewriter.copyNodes(graph, to);
        graph.outputs().forEach((name, value) -> to.output(name, rewriter.copyOf(value)));
        return to;
    }

    /** {@return a copy of a graph as a branch of another, whose inputs it has; its outputs in the order of some names} */
    static Graph branch(Graph of, Graph from, List<String> outputs) {
        Graph to = of.branch();
        Rewriter rewriter = new Rewriter((node, inputs, graph) -> null);
        from.inputs().forEach((name, value) -> rewriter.copies.put(value, of.input(name)));
        rewriter.copyNodes(from, to);
        outputs.forEach(name ->
                to.bodyOutput(rewriter.copyOf(requireNonNull(from.outputs().get(name)))));
        return to.completed();
    }

    private Value copyOf(Value value) {
        return requireNonNull(copies.get(value));
    }

    private void copyInputs(Graph from, Graph to) {
        from.inputs().forEach((name, value) -> copies.put(value, to.input(name, value.type(), value.shape())));
    }

    private void copyNodes(Graph from, Graph to) {
        for (Node node : Liveness.nodes(from)) {
            List<@Nullable Value> inputs = new ArrayList<>();
            for (Value input : node.inputs()) {
                inputs.add(input == null ? null : copies.computeIfAbsent(input, leaf -> copyLeaf(leaf, to)));
            }
            Attributes attributes = node.attributes();
            for (Map.Entry<String, Graph> body : attributes.bodies().entrySet()) {
                attributes = attributes.with(body.getKey(), copyBody(body.getValue(), to));
            }
            List<Value> outputs = rule.apply(node, inputs, to.at(node.scope()));
            if (outputs == null) {
                outputs = to.nodes(
                        node.op(),
                        attributes,
                        node.outputs().stream().map(Value::type).toList(),
                        node.outputs().stream().map(Value::shape).toList(),
                        inputs.toArray(new Value[0]));
            }
            for (int i = 0; i < outputs.size(); i++) {
                copies.put(node.outputs().get(i), outputs.get(i));
            }
        }
    }

    private Graph copyBody(Graph from, Graph to) {
        Graph body = from.isHome() ? to.branch() : to.body();
        copyInputs(from, body);
        copyNodes(from, body);
        from.outputs().values().forEach(value -> body.bodyOutput(copyOf(value)));
        return body.completed();
    }

    private static Value copyLeaf(Value leaf, Graph to) {
        return leaf.weight != null ? to.weight(leaf.weight) : to.constant(requireNonNull(leaf.constant));
    }
}
