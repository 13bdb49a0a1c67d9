package io.humpback.onnx.graph;

import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A graph under construction: its inputs, weights, constants, nodes and outputs. {@link #at} names the place in the model
 * that the following nodes belong to; values of two graphs cannot be mixed. Not safe for use from several threads.
 */
public final class Graph {

    /** A small tensor whose numbers are in the graph itself. */
    record Constant(ElementType type, Shape shape, ByteString bytes) {
        long firstInteger() {
            return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getLong(0);
        }
    }

    /** What a graph shares with those within its nodes. */
    private static final class Shared {
        private final Map<String, Value> weights = new HashMap<>();
        private final Map<Constant, Value> constants = new LinkedHashMap<>();
        private final Set<String> taken = new HashSet<>();
        /** How often a name that was taken already has been asked for. */
        private final Map<String, Integer> repeated = new HashMap<>();

        private String scope = "";
    }

    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> outputs = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    private final Shared shared;
    private final Graph root;
    /** The graph around the one in a node. */
    private final @Nullable Graph outer;
    /** Where nodes go that depend on nothing further in. */
    private final Graph home;

    private boolean complete;

    /** Makes an empty graph. */
    public Graph() {
        root = this;
        outer = null;
        home = this;
        shared = new Shared();
    }

    private Graph(Graph outer, boolean isHome) {
        root = outer.root;
        this.outer = outer;
        home = isHome ? this : outer.home;
        shared = outer.shared;
    }

    /** Names the place in the model for the nodes that follow, such as {@code model.norm}. {@return this} */
    public Graph at(String place) {
        shared.scope = place;
        return this;
    }

    String scope() {
        return shared.scope;
    }

    /** {@return an input with a unique name; its shape may have named dimensions} */
    public Value input(String name, ElementType type, Shape shape) {
        take(name);
        Value value = new Value(this, name, type, shape);
        inputs.put(name, value);
        return value;
    }

    /** {@return the input of a name, which it has} */
    public Value input(String name) {
        return Objects.requireNonNull(inputs.get(name), name);
    }

    /** {@return a weight; the same name gives the same value} */
    public Value weight(Weight weight) {
        Value known = shared.weights.get(weight.name());
        if (known != null) {
            if (known.type() != weight.type() || !known.shape().equals(weight.shape())) {
                throw new IllegalArgumentException("weight \"" + weight.name() + "\": " + weight.type() + weight.shape()
                        + ", but before " + known.type() + known.shape());
            }
            return known;
        }
        take(weight.name());
        Value value = new Value(root, weight.name(), weight.type(), weight.shape());
        value.weight = weight;
        shared.weights.put(weight.name(), value);
        return value;
    }

    /** Makes a computed value an output of the graph, with a unique name. */
    public void output(String name, Value value) {
        checkOwn(value);
        if (value.producer == null || outputs.containsValue(value)) {
            throw new IllegalArgumentException("output \"" + name + "\": expected a computed value with no other name");
        }
        take(name);
        outputs.put(name, value);
    }

    /** {@return a FLOAT scalar} */
    public Value constant(float value) {
        return constant(Shape.of(), value);
    }

    /** {@return FLOAT numbers in a shape} */
    public Value constant(Shape shape, float... values) {
        ByteBuffer bytes = bytes(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        return constant(ElementType.FLOAT, shape, bytes.array());
    }

    /** {@return INT64 numbers, [n]} */
    public Value integers(long... values) {
        ByteBuffer bytes = bytes(values.length * Long.BYTES);
        bytes.asLongBuffer().put(values);
        return constant(ElementType.INT64, Shape.of(values.length), bytes.array());
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@return a tensor of little-endian bytes in the graph itself; equal ones become one} */
    public Value constant(ElementType type, Shape shape, byte[] bytes) {
        if (shape.elements().orElseThrow() * type.bytes() != bytes.length) {
            throw new IllegalArgumentException("constant " + type + shape + ": found " + bytes.length + " bytes");
        }
        return constant(new Constant(type, shape, ByteString.copyFrom(bytes)));
    }

    Value constant(Constant constant) {
        return shared.constants.computeIfAbsent(constant, key -> {
            Value value = new Value(root, unique("constant"), key.type, key.shape);
            value.constant = key;
            return value;
        });
    }

    /** {@return 0, 1, 2, ..., INT64 [size], up to below a length, INT64 [1]} */
    public Value range(Value length, Dim size) {
        Value zero = integers(0).reshape();
        Value end = length.reshape();
        return node(
                Op.RANGE,
                Attributes.NONE,
                ElementType.INT64,
                Shape.of(size),
                zero,
                end,
                integers(1).reshape());
    }

    /**
     * {@return a tensor that holds one number everywhere}
     *
     * @param dims INT64 [rank], known when the graph runs
     * @param shape their names
     * @param type FLOAT or BFLOAT16, in which the number is exact
     */
    public Value filled(Value dims, Shape shape, ElementType type, float number) {
        int bits = Float.floatToRawIntBits(number);
        ByteBuffer bytes = bytes(type.bytes());
        if (type == ElementType.BFLOAT16) {
            bytes.putShort((short) (bits >> Short.SIZE));
        } else {
            bytes.putInt(bits);
        }
        TensorProto value = TensorProto.newBuilder()
                .setDataType(type.onnx())
                .addDims(1)
                .setRawData(ByteString.copyFrom(bytes.array()))
                .build();
        return node(Op.CONSTANT_OF_SHAPE, Attributes.NONE.with("value", value), type, shape, dims);
    }

    Value node(Op op, Attributes attributes, ElementType type, Shape shape, @Nullable Value... inputs) {
        return nodes(op, attributes, type, List.of(shape), inputs).get(0);
    }

    List<Value> nodes(Op op, Attributes attributes, ElementType type, List<Shape> shapes, @Nullable Value... inputs) {
        return nodes(op, attributes, Collections.nCopies(shapes.size(), type), shapes, inputs);
    }

    /** Adds a node to the innermost graph that its inputs are from: what does not depend on an iteration is computed once. */
    List<Value> nodes(
            Op op, Attributes attributes, List<ElementType> types, List<Shape> shapes, @Nullable Value... inputs) {
        Graph innermost = home;
        for (Value input : inputs) {
            if (input != null) {
                checkOwn(input);
                innermost = input.graph.isWithin(innermost) ? input.graph : innermost;
                if (input.graph.complete || !innermost.isWithin(input.graph)) {
                    throw new IllegalArgumentException(input + " belongs to the body of another node");
                }
            }
        }
        return innermost.add(op, attributes, types, shapes, inputs);
    }

    private List<Value> add(
            Op op, Attributes attributes, List<ElementType> types, List<Shape> shapes, @Nullable Value... inputs) {
        List<Value> computed = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            computed.add(new Value(this, unique(scope() + "/" + op.type()), types.get(i), shapes.get(i)));
        }
        Node node = new Node(op, scope(), Arrays.asList(inputs), attributes, computed);
        computed.forEach(value -> value.producer = node);
        nodes.add(node);
        return computed;
    }

    /** {@return the empty body of a loop in this graph: it holds what depends on an iteration} */
    Graph body() {
        return new Graph(this, false);
    }

    /** {@return an empty graph in this one that holds all its nodes, as they run only if it is chosen} */
    Graph branch() {
        return new Graph(this, true);
    }

    /** {@return whether nodes are in this graph that depend on nothing in it} */
    boolean isHome() {
        return home == this;
    }

    /** {@return an input of this body, with a name of its own} */
    Value bodyInput(String name, ElementType type, Shape shape) {
        Value value = new Value(this, unique(scope() + "/" + name), type, shape);
        inputs.put(value.name, value);
        return value;
    }

    /** Makes a value an output of this body; one that is not computed in it, or is an output already, is copied. */
    void bodyOutput(Value value) {
        checkOwn(value);
        boolean direct = value.graph == this && value.producer != null && !outputs.containsValue(value);
        Value output = direct
                ? value
                : add(Op.IDENTITY, Attributes.NONE, List.of(value.type()), List.of(value.shape()), value)
                        .get(0);
        outputs.put(unique(scope() + "/given"), output);
    }

    /** {@return this body, to which nothing can be added any more} */
    Graph completed() {
        complete = true;
        return this;
    }

    boolean isWithin(Graph other) {
        return this == other || outer != null && outer.isWithin(other);
    }

    private void checkOwn(Value value) {
        if (value.graph.root != root) {
            throw new IllegalArgumentException(value + " belongs to another graph");
        }
    }

    private void take(String name) {
        if (!shared.taken.add(name)) {
            throw new IllegalArgumentException("name \"" + name + "\" is taken");
        }
    }

    private String unique(String name) {
        String free = name;
        while (!shared.taken.add(free)) {
            free = name + "_" + shared.repeated.merge(name, 1, Integer::sum);
        }
        return free;
    }

    /** {@return a copy of this graph in which a rule, asked for every node in order, has replaced nodes} */
    public Graph rewritten(Rewriter.Rule rule) {
        return Rewriter.rewrite(this, rule);
    }

    /** {@return the nodes that an output depends on, in the order they were built} */
    public List<Node> live() {
        return Liveness.nodes(this);
    }

    /** {@return those nodes and those of the graphs within them, each after the node it is in} */
    public List<Node> liveWithBodies() {
        return Liveness.withBodies(this);
    }

    /** {@return the weights that an output depends on, in the order of their use} */
    public List<Weight> liveWeights() {
        return Liveness.reads(this)
                .map(value -> value.weight)
                .filter(Objects::nonNull)
                .distinct()
                .toList();
    }

    /** {@return the weight behind a value of this graph, or null} */
    public @Nullable Weight weightOf(Value value) {
        checkOwn(value);
        return value.weight;
    }

    /** {@return the node that computes a value of this graph, or null for inputs, weights and constants} */
    public @Nullable Node producerOf(Value value) {
        checkOwn(value);
        return value.producer;
    }

    /** {@return all nodes, in the order they were built} */
    List<Node> nodes() {
        return nodes;
    }

    Map<String, Value> inputs() {
        return inputs;
    }

    Map<String, Value> outputs() {
        return outputs;
    }

    /** {@return the constants of the whole graph, in the order they were made} */
    List<Value> constants() {
        return List.copyOf(shared.constants.values());
    }
}
