package io.humpback.onnx.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in a graph: an element type and a shape, and the operations that can be built on it. Each operation checks
 * types and shapes and throws an {@link IllegalArgumentException} that names the place, the operator and what it found.
 */
public final class Value {

    final Graph graph;
    final String name;
    private final ElementType type;
    private final Shape shape;

    @Nullable
    Node producer;

    Value(Graph graph, String name, ElementType type, Shape shape) {
        this.graph = graph;
        this.name = name;
        this.type = type;
        this.shape = shape;
    }

    /** {@return the element type} */
    public ElementType type() {
        return type;
    }

    /** {@return the shape} */
    public Shape shape() {
        return shape;
    }

    /** {@return element-wise sum} @param other a shape that broadcasts with this one */
    public Value plus(Value other) {
        return elementwise(Op.ADD, other);
    }

    /** {@return element-wise difference} @param other a shape that broadcasts with this one */
    public Value minus(Value other) {
        return elementwise(Op.SUB, other);
    }

    /** {@return element-wise product} @param other a shape that broadcasts with this one */
    public Value times(Value other) {
        return elementwise(Op.MUL, other);
    }

    /** {@return product with a number} @param factor any number */
    public Value times(float factor) {
        return times(graph.constant(factor));
    }

    /** {@return element-wise quotient} @param other a shape that broadcasts with this one */
    public Value dividedBy(Value other) {
        return elementwise(Op.DIV, other);
    }

    /** {@return absolute values} */
    public Value abs() {
        return unary(Op.ABS);
    }

    /** {@return 1 / (1 + e^-x)} */
    public Value sigmoid() {
        return unary(Op.SIGMOID);
    }

    /** {@return x times sigmoid(x)} */
    public Value silu() {
        return graph.node(Op.SILU, Map.of("alpha", 1f), type, shape, this);
    }

    /** {@return e^x / sum of e^x over the last axis} */
    public Value softmax() {
        axis(Op.SOFTMAX, -1);
        return graph.node(Op.SOFTMAX, Map.of("axis", -1L), type, shape, this);
    }

    /** {@return the sum along an axis, which is dropped} @param axis negative from the back */
    public Value sum(int axis) {
        return reduce(Op.REDUCE_SUM, axis, false);
    }

    /** {@return the largest element along an axis, which stays with size 1} @param axis negative from the back */
    public Value max(int axis) {
        return reduce(Op.REDUCE_MAX, axis, true);
    }

    /** {@return log of the sum of e^x along an axis, which is dropped} @param axis negative from the back */
    public Value logSumExp(int axis) {
        return reduce(Op.REDUCE_LOG_SUM_EXP, axis, false);
    }

    /** {@return matrix product over the last two axes, the others broadcast} @param other [..., k, n] for [..., m, k] */
    public Value matmul(Value other) {
        Shape a = shape;
        Shape b = other.shape;
        if (a.rank() < 2 || b.rank() < 2 || type != other.type || !a.get(-1).equals(b.get(-2))) {
            throw graph.mismatch(Op.MATMUL, this, other);
        }
        Shape outer = Shape.broadcast(outer(a), outer(b)).orElseThrow(() -> graph.mismatch(Op.MATMUL, this, other));
        List<Dim> dims = new ArrayList<>(outer.dims());
        dims.add(a.get(-2));
        dims.add(b.get(-1));
        return graph.node(Op.MATMUL, Map.of(), type, new Shape(dims), this, other);
    }

    private static Shape outer(Shape shape) {
        return new Shape(shape.dims().subList(0, shape.rank() - 2));
    }

    /** {@return x Wᵀ} @param weight [out, in] for x [n, in] */
    public Value linear(Value weight) {
        boolean matrices = shape.rank() == 2 && weight.shape.rank() == 2;
        if (!matrices || type != weight.type || !shape.get(1).equals(weight.shape.get(1))) {
            throw graph.mismatch(Op.LINEAR, this, weight);
        }
        return graph.node(
                Op.LINEAR, Map.of("transB", 1L), type, Shape.of(shape.get(0), weight.shape.get(0)), this, weight);
    }

    /** {@return x / sqrt(mean(x²) + epsilon) times a weight, over the last axis} @param weight [last axis] */
    public Value rmsNorm(Value weight, double epsilon) {
        boolean ranks = shape.rank() > 0 && weight.shape.rank() == 1;
        if (!ranks || type != weight.type || !weight.shape.get(0).equals(shape.get(-1))) {
            throw graph.mismatch(Op.RMS_NORM, this, weight);
        }
        return graph.node(
                Op.RMS_NORM,
                Map.of("axis", -1L, "epsilon", (float) epsilon, "stash_type", 1L),
                type,
                shape,
                this,
                weight);
    }

    /** {@return rows of this table} @param indices any shape of INT64 or INT32, each in [0, rows) */
    public Value gather(Value indices) {
        boolean whole = indices.type == ElementType.INT64 || indices.type == ElementType.INT32;
        if (!whole || shape.rank() == 0) {
            throw graph.mismatch(Op.GATHER, this, indices);
        }
        List<Dim> dims = new ArrayList<>(indices.shape.dims());
        dims.addAll(shape.dims().subList(1, shape.rank()));
        return graph.node(Op.GATHER, Map.of("axis", 0L), type, new Shape(dims), this, indices);
    }

    /** {@return elements picked along the last axis} @param indices INT64, this shape but for the last axis */
    public Value pick(Value indices) {
        boolean ranks = shape.rank() > 0 && indices.shape.rank() == shape.rank();
        if (!ranks
                || indices.type != ElementType.INT64
                || !indices.shape.without(-1).equals(shape.without(-1))) {
            throw graph.mismatch(Op.GATHER_ELEMENTS, this, indices);
        }
        return graph.node(Op.GATHER_ELEMENTS, Map.of("axis", -1L), type, indices.shape, this, indices);
    }

    /** {@return the same elements in another shape} @param dims as in {@link Shape#of}; at most one may differ by name */
    public Value reshape(Object... dims) {
        Shape to = Shape.of(dims);
        long[] spec = new long[to.rank()];
        int unknown = 0;
        for (int i = 0; i < spec.length; i++) {
            Dim dim = to.dims().get(i);
            boolean kept = i < shape.rank() && shape.dims().get(i).equals(dim);
            spec[i] = dim.isKnown() ? dim.size() : kept && unknown == 0 ? 0 : -1;
            unknown += spec[i] == -1 ? 1 : 0;
        }
        var before = shape.elements();
        var after = to.elements();
        if (unknown > 1 || before.isPresent() && after.isPresent() && !before.equals(after)) {
            throw new IllegalArgumentException(graph.place(Op.RESHAPE) + ": " + shape + " to " + to);
        }
        return graph.node(Op.RESHAPE, Map.of(), type, to, this, graph.integers(spec));
    }

    /** {@return the same elements in a shape known when the graph runs} @param to INT64 [rank] @param shape its name */
    public Value reshape(Value to, Shape shape) {
        if (to.type != ElementType.INT64 || !to.shape.equals(Shape.of(shape.rank()))) {
            throw graph.mismatch(Op.RESHAPE, this, to);
        }
        return graph.node(Op.RESHAPE, Map.of(), type, shape, this, to);
    }

    /** {@return the axes in another order} @param order for each new axis the old one */
    public Value transpose(int... order) {
        if (order.length != shape.rank()
                || Arrays.stream(order).distinct().count() != order.length
                || Arrays.stream(order).anyMatch(axis -> axis < 0 || axis >= order.length)) {
            throw new IllegalArgumentException(
                    graph.place(Op.TRANSPOSE) + ": order " + Arrays.toString(order) + " of " + shape);
        }
        Shape to = new Shape(Arrays.stream(order).mapToObj(shape::get).toList());
        long[] perm = Arrays.stream(order).asLongStream().toArray();
        return graph.node(Op.TRANSPOSE, Map.of("perm", perm), type, to, this);
    }

    /** {@return this and another put together along an axis} @param other equal but for that axis @param axis which */
    public Value concat(Value other, int axis) {
        int at = axis(Op.CONCAT, axis);
        boolean ranks = shape.rank() == other.shape.rank();
        if (!ranks || type != other.type || !shape.without(at).equals(other.shape.without(at))) {
            throw graph.mismatch(Op.CONCAT, this, other);
        }
        Shape to = shape.with(at, shape.get(at).plus(other.shape.get(at)));
        return graph.node(Op.CONCAT, Map.of("axis", (long) at), type, to, this, other);
    }

    /** {@return a part along an axis} @param axis which @param from first element @param to after the last one */
    public Value slice(int axis, long from, long to) {
        int at = axis(Op.SLICE, axis);
        Dim size = shape.get(at);
        if (from < 0 || to < from || size.isKnown() && to > size.size()) {
            throw new IllegalArgumentException(
                    graph.place(Op.SLICE) + ": " + from + " to " + to + " on axis " + axis + " of " + shape);
        }
        return graph.node(
                Op.SLICE,
                Map.of(),
                type,
                shape.with(at, Dim.of(to - from)),
                this,
                graph.integers(from),
                graph.integers(to),
                graph.integers(at));
    }

    /** {@return the dimensions as INT64 [rank]} */
    public Value dims() {
        return graph.node(Op.SHAPE, Map.of(), ElementType.INT64, Shape.of(shape.rank()), this);
    }

    /** {@return the same elements in another type} @param to which */
    public Value cast(ElementType to) {
        return to == type ? this : graph.node(Op.CAST, Map.of("to", (long) to.onnx()), to, shape, this);
    }

    /** {@return where this holds, elements of one value, else of another} @param yes one @param no the other */
    public Value where(Value yes, Value no) {
        Shape to = Shape.broadcast(yes.shape, no.shape)
                .flatMap(s -> Shape.broadcast(s, shape))
                .orElseThrow(() -> graph.mismatch(Op.WHERE, yes, no));
        if (type != ElementType.BOOL || yes.type != no.type) {
            throw graph.mismatch(Op.WHERE, yes, no);
        }
        return graph.node(Op.WHERE, Map.of(), yes.type, to, this, yes, no);
    }

    /** {@return whether each element is at most the other} @param other a shape that broadcasts with this one */
    public Value atMost(Value other) {
        return elementwise(Op.LESS_OR_EQUAL, other, ElementType.BOOL);
    }

    private Value unary(Op op) {
        return graph.node(op, Map.of(), type, shape, this);
    }

    private Value elementwise(Op op, Value other) {
        return elementwise(op, other, type);
    }

    private Value elementwise(Op op, Value other, ElementType result) {
        if (type != other.type) {
            throw graph.mismatch(op, this, other);
        }
        Shape to = Shape.broadcast(shape, other.shape).orElseThrow(() -> graph.mismatch(op, this, other));
        return graph.node(op, Map.of(), result, to, this, other);
    }

    private int axis(Op op, int axis) {
        if (axis < -shape.rank() || axis >= shape.rank()) {
            throw new IllegalArgumentException(graph.place(op) + ": axis " + axis + " of " + shape);
        }
        return shape.axis(axis);
    }

    private Value reduce(Op op, int axis, boolean keep) {
        int at = axis(op, axis);
        Shape to = keep ? shape.with(at, Dim.of(1)) : shape.without(at);
        return graph.node(op, Map.of("keepdims", keep ? 1L : 0L), type, to, this, graph.integers(at));
    }

    @Override
    public String toString() {
        return name + " " + type + shape;
    }
}
