package io.humpback.onnx.graph;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** One operation: its operator, where it stands in the model, what it reads and what it makes. */
public final class Node {

    private final Op op;
    private final String scope;
    private final List<@Nullable Value> inputs;
    private final List<Value> outputs;
    /** {@link Long}, {@link Float}, {@link String}, {@code long[]} or {@link Graph} by ONNX's attribute name. */
    final Map<String, Object> attributes;

    Node(Op op, String scope, List<@Nullable Value> inputs, Map<String, Object> attributes, List<Value> outputs) {
        this.op = op;
        this.scope = scope;
        this.inputs = Collections.unmodifiableList(inputs);
        this.attributes = attributes;
        this.outputs = List.copyOf(outputs);
    }

    /** {@return the operator} */
    public Op op() {
        return op;
    }

    /** {@return the place in the model, such as {@code model.layers.0.self_attn.q_proj}} */
    public String scope() {
        return scope;
    }

    /** {@return what is read; an absent optional input is null} */
    public List<@Nullable Value> inputs() {
        return inputs;
    }

    /** {@return what is made} */
    public List<Value> outputs() {
        return outputs;
    }

    /** {@return what an iteration of a loop does, or null for other operators} */
    @Nullable
    Graph body() {
        return (Graph) attributes.get("body");
    }

    /** What is read here and, by a loop, from around its body. */
    List<Value> reads() {
        Stream<Value> given = inputs.stream().filter(Objects::nonNull);
        Graph body = body();
        return body == null
                ? given.toList()
                : Stream.concat(
                                given,
                                body.live().stream()
                                        .flatMap(node -> node.reads().stream())
                                        .filter(value -> !value.graph.isWithin(body)))
                        .distinct()
                        .toList();
    }
}
