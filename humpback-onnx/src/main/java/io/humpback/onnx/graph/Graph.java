package io.humpback.onnx.graph;

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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A graph under construction. {@link #at} names the place in the model that the following nodes belong to; values of
 * two graphs cannot be mixed. Not safe for use from several threads.
 */
public final class Graph {

    /** Small tensors that lie in the graph itself. */
    record Constant(ElementType type, Shape shape, byte[] bytes) {}

    private final Map<String, Value> inputs = new LinkedHashMap<>();
    private final Map<String, Value> outputs = new LinkedHashMap<>();
    private final List<Node> nodes = new ArrayList<>();
    /** What follows is one for a graph and the bodies of its loops. */
    private final Map<String, Weight> weights;

    private final Map<String, Value> leaves;
    private final Map<String, Constant> constants;
    private final Set<String> taken;
    /** How often a name that was taken already has been asked for. */
    private final Map<String, Integer> names;

    private final Graph root;
    /** The graph around a loop's body. */
    private final @Nullable Graph outer;

    private String scope = "";
    private boolean complete;

    /** Makes an empty graph. */
    public Graph() {
        root = this;
        outer = null;
        weights = new LinkedHashMap<>();
        leaves = new HashMap<>();
        constants = new LinkedHashMap<>();
        taken = new HashSet<>();
        names = new HashMap<>();
    }

    private Graph(Graph outer) {
        root = outer.root;
        this.outer = outer;
        weights = root.weights;
        leaves = root.leaves;
        constants = root.constants;
        taken = root.taken;
        names = root.names;
    }

    /**
     * Names the place in the model for the nodes that follow.
     *
     * @param place such as {@code model.norm}
     * @return this
     */
    public Graph at(String place) {
        root.scope = place;
        return this;
    }

    /**
     * {@return an input}
     *
     * @param name unique
     * @param type element type
     * @param shape may have named dimensions
     */
    public Value input(String name, ElementType type, Shape shape) {
        Value value = leaf(this, name, type, shape);
        inputs.put(name, value);
        return value;
    }

    /**
     * {@return a weight; the same name gives the same value}
     *
     * @param weight what it is and where its bytes are from
     */
    public Value weight(Weight weight) {
        Weight known = weights.get(weight.name());
        if (known != null) {
            if (known.type() != weight.type() || !known.shape().equals(weight.shape())) {
                throw new IllegalArgumentException("weight \"" + weight.name() + "\": " + weight.type() + weight.shape()
                        + ", but before " + known.type() + known.shape());
            }
            return leaves.get(weight.name());
        }
        Value value = leaf(root, weight.name(), weight.type(), weight.shape());
        weights.put(weight.name(), weight);
        return value;
    }

    private Value leaf(Graph home, String name, ElementType type, Shape shape) {
        if (!unique(name).equals(name)) {
            throw new IllegalArgumentException("name \"" + name + "\" is taken");
        }
        Value value = new Value(home, name, type, shape);
        leaves.put(name, value);
        return value;
    }

    /**
     * Makes a value an output of the graph.
     *
     * @param name unique
     * @param value any value of this graph
     */
    public void output(String name, Value value) {
        own(value);
        if (value.producer == null || outputs.containsValue(value)) {
            throw new IllegalArgumentException("output \"" + name + "\": expected a made value with no other name");
        }
        if (!unique(name).equals(name)) {
            throw new IllegalArgumentException("name \"" + name + "\" is taken");
        }
        outputs.put(name, value);
    }

    /**
     * {@return a scalar}
     *
     * @param value the number
     */
    public Value constant(float value) {
        return constant(
                ElementType.FLOAT,
                Shape.of(),
                bytes(Float.BYTES).putFloat(value).array());
    }

    /**
     * {@return numbers}
     *
     * @param shape their shape
     * @param values as many as the shape has
     */
    public Value constant(Shape shape, float... values) {
        ByteBuffer bytes = bytes(values.length * Float.BYTES);
        bytes.asFloatBuffer().put(values);
        return constant(ElementType.FLOAT, shape, bytes.array());
    }

    /**
     * {@return whole numbers, INT64 [n]}
     *
     * @param values the numbers
     */
    public Value integers(long... values) {
        ByteBuffer bytes = bytes(values.length * Long.BYTES);
        bytes.asLongBuffer().put(values);
        return constant(ElementType.INT64, Shape.of(values.length), bytes.array());
    }

    /**
     * {@return a tensor that lies in the graph}
     *
     * @param type its type
     * @param shape its shape
     * @param bytes its bytes
     */
    public Value constant(ElementType type, Shape shape, byte[] bytes) {
        if (shape.elements().orElseThrow() * type.bytes() != bytes.length) {
            throw new IllegalArgumentException("constant " + type + shape + ": found " + bytes.length + " bytes");
        }
        for (Map.Entry<String, Constant> known : constants.entrySet()) {
            Constant constant = known.getValue();
            if (constant.type == type && constant.shape.equals(shape) && Arrays.equals(constant.bytes, bytes)) {
                return leaves.get(known.getKey());
            }
        }
        String name = unique("constant");
        constants.put(name, new Constant(type, shape, bytes));
        Value value = new Value(root, name, type, shape);
        leaves.put(name, value);
        return value;
    }

    private static ByteBuffer bytes(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * Attention with rotary position embedding over a cache, for a batch of sequences that go on from where each one's
     * cache ends (operator GroupQueryAttention of com.microsoft).
     *
     * @param heads query heads
     * @param cacheHeads key and value heads; divides heads
     * @param q queries [B, S, heads·d], or queries, keys and values of a token side by side, with k and v null
     * @param k keys [B, S, cacheHeads·d]
     * @param v values [B, S, cacheHeads·d]
     * @param pastKeys [B, cacheHeads, C, d]
     * @param pastValues [B, cacheHeads, C, d]
     * @param lastPosition INT32 [B], the position of each sequence's last new token
     * @param total INT32 scalar, the largest number of positions in use, new ones included
     * @param cosine [positions, d/2]
     * @param sine [positions, d/2]
     * @return mixed values [B, S, heads·d], the cache's keys and its values after the new tokens
     */
    public List<Value> groupQueryAttention(
            int heads,
            int cacheHeads,
            Value q,
            @Nullable Value k,
            @Nullable Value v,
            Value pastKeys,
            Value pastValues,
            Value lastPosition,
            Value total,
            Value cosine,
            Value sine) {
        long width = heads * pastKeys.shape().get(3).size();
        long packed = (heads + 2L * cacheHeads) * pastKeys.shape().get(3).size();
        if (q.shape().rank() != 3 || q.shape().get(2).size() != (k == null ? packed : width)) {
            throw mismatch(Op.GROUP_QUERY_ATTENTION, q, pastKeys);
        }
        List<Shape> shapes = List.of(q.shape().with(2, Dim.of(width)), pastKeys.shape(), pastValues.shape());
        return nodes(
                Op.GROUP_QUERY_ATTENTION,
                Map.of("num_heads", (long) heads, "kv_num_heads", (long) cacheHeads, "do_rotary", 1L),
                q.type(),
                shapes,
                q,
                k,
                v,
                pastKeys,
                pastValues,
                lastPosition,
                total,
                cosine,
                sine);
    }

    /**
     * {@return heads turned by their positions 0, 1, ..., [B, T, heads·d]}
     *
     * @param x FLOAT [B, T, heads·d]
     * @param cosine [positions, d/2], at least T positions
     * @param sine [positions, d/2]
     */
    public Value rotary(Value x, Value cosine, Value sine) {
        return rotary(x, integers(0), cosine, sine);
    }

    /**
     * {@return heads turned by their positions, [B, T, heads·d]}
     *
     * @param x [B, T, heads·d]
     * @param positions INT64 [B, T], or [1], the position that each sequence begins at
     * @param cosine [positions, d/2], in the type of x
     * @param sine [positions, d/2]
     */
    public Value rotary(Value x, Value positions, Value cosine, Value sine) {
        if (x.shape().rank() != 3
                || cosine.shape().rank() != 2
                || !cosine.shape().equals(sine.shape())
                || x.type() != cosine.type()
                || x.shape().get(2).size() % (2 * cosine.shape().get(1).size()) != 0) {
            throw mismatch(Op.ROTARY_EMBEDDING, x, cosine);
        }
        return node(Op.ROTARY_EMBEDDING, Map.of(), x.type(), x.shape(), x, positions, cosine, sine);
    }

    /**
     * {@return zeros, but minus infinity where a column is beyond its row and so many more}
     *
     * @param size INT64, the numbers of a shape
     * @param before INT64 [1]: columns that every row has besides those up to its own number
     * @param shape the names of the same
     */
    public Value causalMask(Value size, Value before, Shape shape) {
        Value infinite = constant(Float.NEGATIVE_INFINITY);
        Value full = node(Op.EXPAND, Map.of(), ElementType.FLOAT, shape, infinite, size);
        Value diagonal = before.plus(integers(1)).sum(0);
        return node(Op.TRILU, Map.of("upper", 1L), ElementType.FLOAT, shape, full, diagonal);
    }

    /**
     * {@return round(x / scale) + zero, saturated}
     *
     * @param x [n, d]
     * @param scale scalar or [n]
     * @param zero UINT8 alike
     */
    public Value quantize(Value x, Value scale, Value zero) {
        boolean alike = scale.shape().rank() == 0
                || scale.shape().equals(Shape.of(x.shape().get(0)));
        if (!alike || scale.type() != x.type() || zero.type() != ElementType.UINT8) {
            throw mismatch(Op.QUANTIZE_LINEAR, x, scale);
        }
        if (!zero.shape().equals(scale.shape())) {
            throw mismatch(Op.QUANTIZE_LINEAR, scale, zero);
        }
        return node(Op.QUANTIZE_LINEAR, Map.of("axis", 0L), zero.type(), x.shape(), x, scale, zero);
    }

    /**
     * {@return (x - zero) scale}
     *
     * @param x UINT8
     * @param scale scalar
     * @param zero UINT8 scalar
     */
    public Value dequantize(Value x, Value scale, Value zero) {
        if (scale.shape().rank() != 0 || x.type() != ElementType.UINT8) {
            throw mismatch(Op.DEQUANTIZE_LINEAR, x, scale);
        }
        if (zero.type() != ElementType.UINT8 || !zero.shape().equals(scale.shape())) {
            throw mismatch(Op.DEQUANTIZE_LINEAR, scale, zero);
        }
        return node(Op.DEQUANTIZE_LINEAR, Map.of(), scale.type(), x.shape(), x, scale, zero);
    }

    /**
     * {@return (x - xZero) W · xScale · scale as floats}
     *
     * @param x UINT8 [n, k]
     * @param weight INT8 [k, m]
     * @param xScale scalar
     * @param scale a column's scale, [m]
     * @param xZero UINT8 scalar
     */
    public Value matmulIntegerToFloat(Value x, Value weight, Value xScale, Value scale, Value xZero) {
        boolean matrices = x.shape().rank() == 2 && weight.shape().rank() == 2;
        boolean bytes = x.type() == ElementType.UINT8 && weight.type() == ElementType.INT8;
        if (!matrices || !bytes || !x.shape().get(1).equals(weight.shape().get(0))) {
            throw mismatch(Op.MATMUL_INTEGER_TO_FLOAT, x, weight);
        }
        if (!scale.shape().equals(Shape.of(weight.shape().get(1)))) {
            throw mismatch(Op.MATMUL_INTEGER_TO_FLOAT, weight, scale);
        }
        Shape to = Shape.of(x.shape().get(0), weight.shape().get(1));
        return node(Op.MATMUL_INTEGER_TO_FLOAT, Map.of(), ElementType.FLOAT, to, x, weight, xScale, scale, xZero);
    }

    /**
     * {@return x Wᵀ of a weight in blocks along its rows}
     *
     * @param x [n, k]
     * @param weight UINT8 [m, k / block, block · bits / 8], the low bits first
     * @param scales [m · k / block]
     * @param zeros UINT8, packed like the weight, or null for 2^(bits-1)
     * @param bits 4 or 8
     * @param block elements that share a scale
     */
    public Value matmulNBits(Value x, Value weight, Value scales, @Nullable Value zeros, int bits, int block) {
        long k = x.shape().rank() == 2 ? x.shape().get(1).size() : -1;
        long m = weight.shape().rank() == 3 ? weight.shape().get(0).size() : -1;
        Shape packed = Shape.of(Math.max(m, 0), Math.max(k, 0) / block, block * bits / 8);
        boolean types = x.type() != ElementType.UINT8 && weight.type() == ElementType.UINT8;
        if (!types || k < 0 || k % block != 0 || !weight.shape().equals(packed)) {
            throw mismatch(Op.MATMUL_NBITS, x, weight);
        }
        if (scales.type() != x.type() || !scales.shape().equals(Shape.of(m * (k / block)))) {
            throw mismatch(Op.MATMUL_NBITS, weight, scales);
        }
        return node(
                Op.MATMUL_NBITS,
                Map.of("K", k, "N", m, "bits", (long) bits, "block_size", (long) block, "accuracy_level", 4L),
                x.type(),
                Shape.of(x.shape().get(0), m),
                x,
                weight,
                scales,
                zeros);
    }

    /**
     * {@return 0, 1, 2, ..., INT64}
     *
     * @param length INT64 [1]
     * @param size its name
     */
    public Value range(Value length, Dim size) {
        Value zero = integers(0).reshape();
        return node(
                Op.RANGE,
                Map.of(),
                ElementType.INT64,
                Shape.of(size),
                zero,
                length.reshape(),
                integers(1).reshape());
    }

    /**
     * {@return a UINT8 vector of one value}
     *
     * @param length INT64 [1]
     * @param size its name
     * @param value the value
     */
    public Value full(Value length, Dim size, byte value) {
        Value one = constant(ElementType.UINT8, Shape.of(1), new byte[] {value});
        return node(Op.EXPAND, Map.of(), ElementType.UINT8, Shape.of(size), one, length);
    }

    Value node(Op op, Map<String, Object> attributes, ElementType type, Shape shape, @Nullable Value... inputs) {
        return nodes(op, attributes, type, List.of(shape), inputs).get(0);
    }

    List<Value> nodes(
            Op op, Map<String, Object> attributes, ElementType type, List<Shape> shapes, @Nullable Value... inputs) {
        return nodes(op, attributes, Collections.nCopies(shapes.size(), type), shapes, inputs);
    }

    List<Value> nodes(
            Op op,
            Map<String, Object> attributes,
            List<ElementType> types,
            List<Shape> shapes,
            @Nullable Value... inputs) {
        return home(inputs).add(op, attributes, types, shapes, inputs);
    }

    private List<Value> add(
            Op op,
            Map<String, Object> attributes,
            List<ElementType> types,
            List<Shape> shapes,
            @Nullable Value... inputs) {
        List<Value> made = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            made.add(new Value(this, unique(root.scope + "/" + op.type()), types.get(i), shapes.get(i)));
        }
        Node node = new Node(op, root.scope, Arrays.asList(inputs), attributes, made);
        made.forEach(value -> value.producer = node);
        nodes.add(node);
        return made;
    }

    /** The innermost graph that a node's inputs are from: what a loop's body makes of outer values alone is made once. */
    private Graph home(@Nullable Value... inputs) {
        Graph home = root;
        for (Value input : inputs) {
            if (input != null) {
                own(input);
                home = input.graph.isWithin(home) ? input.graph : home;
                if (input.graph.complete || !home.isWithin(input.graph)) {
                    throw new IllegalArgumentException(input + " belongs to the body of another loop");
                }
            }
        }
        return home;
    }

    boolean isWithin(Graph other) {
        return this == other || outer != null && outer.isWithin(other);
    }

    private void own(Value value) {
        if (value.graph.root != root) {
            throw new IllegalArgumentException(value + " belongs to another graph");
        }
    }

    /**
     * A value that a loop hands from one iteration to the next.
     *
     * @param initial what the first iteration gets
     * @param shape inside the loop: the initial one, but for axes that grow, which have a name there
     */
    public record Carried(Value initial, Shape shape) {}

    /**
     * What an iteration gives.
     *
     * @param goOn BOOL scalar, whether there is to be another one
     * @param carried what the next one gets
     * @param collected what is kept of every iteration, in equal shapes
     */
    public record Iteration(Value goOn, List<Value> carried, List<Value> collected) {}

    /** Builds one iteration, whose nodes may read any value of the graphs around it. */
    @FunctionalInterface
    public interface Body {
        /**
         * {@return what the iteration gives}
         *
         * @param number INT64 scalar, from 0
         * @param carried in the order of the loop
         */
        Iteration of(Value number, List<Value> carried);
    }

    /**
     * {@return the carried values after the last iteration, then the collected ones with an axis more at the front}
     *
     * @param trips INT64 scalar, iterations at most
     * @param goOn BOOL scalar, whether there is to be a first one
     * @param carried what iterations hand on
     * @param iterations name of the number of iterations
     * @param body builds the iteration
     */
    public List<Value> loop(Value trips, Value goOn, List<Carried> carried, Dim iterations, Body body) {
        scalar(trips, ElementType.INT64);
        scalar(goOn, ElementType.BOOL);
        Graph inside = new Graph(this);
        Value number = inside.held("iteration", ElementType.INT64, Shape.of());
        inside.held("go_on", ElementType.BOOL, Shape.of());
        List<Value> held = new ArrayList<>();
        for (Carried value : carried) {
            fits(value.initial, value);
            held.add(inside.held("carried", value.initial.type(), value.shape));
        }
        Iteration made = body.of(number, List.copyOf(held));
        scalar(made.goOn, ElementType.BOOL);
        if (made.carried.size() != carried.size()) {
            throw new IllegalArgumentException(
                    place(Op.LOOP) + ": " + made.carried.size() + " values handed on, expected " + carried.size());
        }
        List<Value> results = new ArrayList<>(List.of(made.goOn));
        List<ElementType> types = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        for (int i = 0; i < carried.size(); i++) {
            fits(made.carried.get(i), carried.get(i));
            results.add(made.carried.get(i));
            types.add(held.get(i).type());
            shapes.add(afterwards(carried.get(i)));
        }
        for (Value value : made.collected) {
            results.add(value);
            types.add(value.type());
            List<Dim> dims = new ArrayList<>(List.of(iterations));
            dims.addAll(value.shape().dims());
            shapes.add(new Shape(dims));
        }
        results.forEach(inside::give);
        inside.complete = true;
        List<Value> inputs = new ArrayList<>(List.of(trips, goOn));
        carried.forEach(value -> inputs.add(value.initial));
        return nodes(Op.LOOP, Map.of("body", inside), types, shapes, inputs.toArray(new Value[0]));
    }

    private Value held(String name, ElementType type, Shape shape) {
        Value value = new Value(this, unique(root.scope + "/" + name), type, shape);
        inputs.put(value.name, value);
        return value;
    }

    private void scalar(Value value, ElementType type) {
        own(value);
        if (value.type() != type || value.shape().rank() != 0) {
            throw new IllegalArgumentException(
                    place(Op.LOOP) + ": " + value.type() + value.shape() + ", expected " + type + "[]");
        }
    }

    /** Axes that the loop has no name of its own for keep their sizes. */
    private void fits(Value value, Carried carried) {
        Shape inside = carried.shape;
        Shape initial = carried.initial.shape();
        boolean fits = value.type() == carried.initial.type() && value.shape().rank() == inside.rank();
        for (int axis = 0; fits && axis < inside.rank(); axis++) {
            boolean kept = inside.get(axis).isKnown() || inside.get(axis).equals(initial.get(axis));
            fits = !kept || value.shape().get(axis).equals(inside.get(axis));
        }
        if (!fits) {
            throw new IllegalArgumentException(place(Op.LOOP) + ": " + value.type() + value.shape()
                    + " does not fit what is carried, " + carried.initial.type() + inside);
        }
    }

    private static Shape afterwards(Carried carried) {
        Shape shape = carried.shape;
        for (int axis = 0; axis < shape.rank(); axis++) {
            boolean kept = shape.get(axis).equals(carried.initial.shape().get(axis));
            shape = kept ? shape : shape.with(axis, Dim.named("last " + shape.get(axis)));
        }
        return shape;
    }

    /** Makes a value an output of a loop's body; one that is not made there, or is one already, is handed through. */
    private void give(Value value) {
        own(value);
        boolean own = value.graph == this && value.producer != null && !outputs.containsValue(value);
        Value made = own
                ? value
                : add(Op.IDENTITY, Map.of(), List.of(value.type()), List.of(value.shape()), value)
                        .get(0);
        outputs.put(unique(root.scope + "/given"), made);
    }

    private String unique(String name) {
        String free = name;
        while (!taken.add(free)) {
            free = name + "_" + names.merge(name, 1, Integer::sum);
        }
        return free;
    }

    String place(Op op) {
        return (root.scope.isEmpty() ? "" : root.scope + ": ") + op.type();
    }

    IllegalArgumentException mismatch(Op op, Value a, Value b) {
        return new IllegalArgumentException(
                place(op) + ": " + a.type() + a.shape() + " does not fit " + b.type() + b.shape());
    }

    /** Replaces a node while a graph is rewritten. */
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

    /**
     * {@return a copy of this graph in which a rule has replaced nodes}
     *
     * @param rule asked for every node in order
     */
    public Graph rewritten(Rule rule) {
        Graph to = new Graph();
        rewriteInto(to, new HashMap<>(), rule);
        return to;
    }

    private void rewriteInto(Graph to, Map<Value, Value> moved, Rule rule) {
        inputs.forEach((name, value) -> moved.put(value, to.input(name, value.type(), value.shape())));
        for (Node node : live()) {
            List<@Nullable Value> reads = new ArrayList<>();
            for (Value input : node.inputs()) {
                reads.add(input == null ? null : moved.computeIfAbsent(input, leaf -> copyLeaf(leaf, to)));
            }
            Map<String, Object> attributes = node.attributes;
            Graph body = node.body();
            if (body != null) {
                Graph inside = new Graph(to);
                body.rewriteInto(inside, moved, rule);
                inside.complete = true;
                attributes = Map.of("body", inside);
            }
            List<Value> made = rule.apply(node, reads, to.at(node.scope()));
            if (made == null) {
                List<Value> outputs = node.outputs();
                made = to.nodes(
                        node.op(),
                        attributes,
                        outputs.stream().map(Value::type).toList(),
                        outputs.stream().map(Value::shape).toList(),
                        reads.toArray(new Value[0]));
            }
            for (int i = 0; i < made.size(); i++) {
                moved.put(node.outputs().get(i), made.get(i));
            }
        }
        if (outer == null) {
            outputs.forEach((name, value) -> to.output(name, moved.get(value)));
        } else {
            outputs.values().forEach(value -> to.give(moved.get(value)));
        }
    }

    private Value copyLeaf(Value leaf, Graph to) {
        Weight weight = weights.get(leaf.name);
        Constant constant = constants.get(leaf.name);
        return weight != null ? to.weight(weight) : to.constant(constant.type, constant.shape, constant.bytes);
    }

    /** {@return the nodes that an output depends on, in the order they were built} */
    public List<Node> live() {
        Set<Node> needed = new HashSet<>();
        outputs.values().stream().map(value -> value.producer).forEach(needed::add);
        List<Node> found = new ArrayList<>();
        for (int i = nodes.size() - 1; i >= 0; i--) {
            Node node = nodes.get(i);
            if (needed.contains(node)) {
                found.add(node);
                node.reads().stream()
                        .filter(input -> input.producer != null)
                        .forEach(input -> needed.add(input.producer));
            }
        }
        Collections.reverse(found);
        return found;
    }

    /** {@return the weights that an output depends on, in the order of their use} */
    public List<Weight> liveWeights() {
        return live().stream()
                .flatMap(node -> node.reads().stream())
                .filter(input -> weights.containsKey(input.name))
                .distinct()
                .map(input -> weights.get(input.name))
                .toList();
    }

    /** All nodes, in the order they were built. */
    List<Node> nodes() {
        return nodes;
    }

    /** The numbers of a constant of whole numbers. */
    long[] integersOf(Value value) {
        long[] numbers = new long[constants.get(value.name).bytes().length / Long.BYTES];
        ByteBuffer.wrap(constants.get(value.name).bytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asLongBuffer()
                .get(numbers);
        return numbers;
    }

    String scope() {
        return root.scope;
    }

    Map<String, Value> inputs() {
        return inputs;
    }

    Map<String, Value> outputs() {
        return outputs;
    }

    Map<String, Constant> constants() {
        return constants;
    }

    /**
     * {@return the weight behind a value, or null}
     *
     * @param value any value of this graph
     */
    public @Nullable Weight weightOf(Value value) {
        own(value);
        return weights.get(value.name);
    }

    /**
     * {@return the node that makes a value, or null for inputs, weights and constants}
     *
     * @param value of this graph
     */
    public @Nullable Node producerOf(Value value) {
        own(value);
        return value.producer;
    }
}
