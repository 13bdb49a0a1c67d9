package io.humpback.onnx.graph;

import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One operation: its operator, its place in the model, what it reads and what it computes. */
public final class Node {

    private final Op op;
    private final String scope;
    private final List<@Nullable Value> inputs;
    private final List<Value> outputs;
    private final Attributes attributes;

    Node(Op op, String scope, List<@Nullable Value> inputs, Attributes attributes, List<Value> outputs) {
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

    /** {@return what is computed} */
    public List<Value> outputs() {
        return outputs;
    }

    Attributes attributes() {
        return attributes;
    }
}
