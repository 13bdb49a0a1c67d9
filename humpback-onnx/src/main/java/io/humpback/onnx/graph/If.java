package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** Builds ONNX's If: of two graphs of its own, the one that a condition chooses runs. */
public final class If {

    private If() {}

    /**
     * {@return a graph with the inputs and outputs of two others, which computes one of them} Weights of one name are the same,
     * and are in memory once.
     *
     * @param condition BOOL scalar in the new graph, whether the first is computed
     * @param first what is computed then
     * @param second what is computed else, with the same inputs and outputs
     * @throws IllegalArgumentException if names, types or shapes of inputs or outputs differ, or the condition is no such scalar
     */
    public static Graph of(Function<Graph, Value> condition, Graph first, Graph second) {
        checkAlike(first.inputs(), second.inputs());
        checkAlike(first.outputs(), second.outputs());
        Graph to = new Graph();
        first.inputs().forEach((name, value) -> to.input(name, value.type(), value.shape()));
        Value chosen = condition.apply(to);
        if (chosen.type() != ElementType.BOOL || chosen.shape().rank() != 0) {
            throw chosen.refused(Op.IF, chosen.signature() + ", expected BOOL[]");
        }
        List<String> names = List.copyOf(first.outputs().keySet());
        Attributes branches = Attributes.NONE
                .with("then_branch", Rewriter.branch(to, first, names))
                .with("else_branch", Rewriter.branch(to, second, names));
        List<ElementType> types = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        for (Value value : first.outputs().values()) {
            types.add(value.type());
            shapes.add(value.shape());
        }
        List<Value> computed = to.nodes(Op.IF, branches, types, shapes, chosen);
        for (int i = 0; i < names.size(); i++) {
            to.output(names.get(i), computed.get(i));
        }
        return to;
    }

    private static void checkAlike(Map<String, Value> first, Map<String, Value> second) {
        if (!first.keySet().equals(second.keySet())) {
            throw new IllegalArgumentException(
                    "If: " + first.keySet() + " and " + second.keySet() + ", expected the same");
        }
        first.forEach((name, value) -> {
            String other = requireNonNull(second.get(name)).signature();
            if (!value.signature().equals(other)) {
                throw new IllegalArgumentException(
                        "If: " + name + " " + value.signature() + " and " + other + ", expected the same");
            }
        });
    }
}
