package io.humpback.onnx.graph;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One operation: its operator, where it stands in the model, what it reads and what it makes. */
public final class Node {

    private final Op op;
    private final String scope;
    private final List<@Nullable Value> inputs;
    private final List<Value> outputs;
    /** {@link Long}, {@link Float}, {@link String} or {@code long[]} by ONNX's attribute name. */
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
}
