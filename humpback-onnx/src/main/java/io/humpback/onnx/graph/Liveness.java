package io.humpback.onnx.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/** Which values depend on which. What no output depends on is neither rewritten nor written to a file. */
final class Liveness {

    private Liveness() {}

    /** {@return the nodes that an output depends on, in the order they were built} */
    static List<Node> nodes(Graph graph) {
        Set<Node> needed = new HashSet<>();
        graph.outputs().values().stream().map(value -> value.producer).forEach(needed::add);
        List<Node> found = new ArrayList<>();
        for (int i = graph.nodes().size() - 1; i >= 0; i--) {
            Node node = graph.nodes().get(i);
            if (needed.contains(node)) {
                found.add(node);
                reads(node)
                        .map(value -> value.producer)
                        .filter(Objects::nonNull)
                        .forEach(needed::add);
            }
        }
        Collections.reverse(found);
        return found;
    }

    /** {@return those nodes and those of the graphs within them, each after the node it is in} */
    static List<Node> withBodies(Graph graph) {
        List<Node> found = new ArrayList<>();
        for (Node node : nodes(graph)) {
            found.add(node);
            node.attributes().bodies().values().forEach(body -> found.addAll(withBodies(body)));
        }
        return found;
    }

    /** {@return what those nodes read, in order} */
    static Stream<Value> reads(Graph graph) {
        return nodes(graph).stream().flatMap(Liveness::reads);
    }

    /** {@return the inputs of a node and what the graphs within it read from those around it} */
    static Stream<Value> reads(Node node) {
        Stream<Value> inputs = node.inputs().stream().filter(Objects::nonNull);
        return Stream.concat(
                        inputs, node.attributes().bodies().values().stream().flatMap(Liveness::readsAround))
                .distinct();
    }

    private static Stream<Value> readsAround(Graph body) {
        return reads(body).filter(value -> !value.graph.isWithin(body));
    }

    /** {@return values and what is computed from them, as far as it is floats} */
    static Set<Value> dependents(Graph graph, Set<Value> values) {
        Set<Value> reached = new HashSet<>(values);
        for (Node node : graph.nodes()) {
            if (node.inputs().stream().anyMatch(reached::contains)) {
                node.outputs().stream()
                        .filter(value -> value.type() == ElementType.FLOAT || value.type() == ElementType.BFLOAT16)
                        .forEach(reached::add);
            }
        }
        return reached;
    }
}
