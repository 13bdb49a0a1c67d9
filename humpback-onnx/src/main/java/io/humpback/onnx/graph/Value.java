package io.humpback.onnx.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.LongStream;
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

    /**
     * {@return element-wise sum}
     *
     * @param other a shape that broadcasts with this one
     */
    public Value plus(Value other) {
        return elementwise(Op.ADD, other);
    }

    /**
     * {@return element-wise difference}
     *
     * @param other a shape that broadcasts with this one
     */
    public Value minus(Value other) {
        return elementwise(Op.SUB, other);
    }

    /**
     * {@return element-wise product}
     *
     * @param other a shape that broadcasts with this one
     */
    public Value times(Value other) {
        return elementwise(Op.MUL, other);
    }

    /**
     * {@return product with a number}
     *
     * @param factor any number
     */
    public Value times(float factor) {
        Value scalar = graph.constant(factor);
        return times(type == ElementType.BFLOAT16 ? scalar.cast(type) : scalar);
    }

    /**
     * {@return element-wise quotient}
     *
     * @param other a shape that broadcasts with this one
     */
    public Value dividedBy(Value other) {
        return elementwise(Op.DIV, other);
    }

    /** {@return the negative} */
    public Value negated() {
        return unary(Op.NEG);
    }

    /** {@return absolute values} */
    public Value abs() {
        return unary(Op.ABS);
    }

    /** {@return -1, 0 or 1, as the elements are negative, zero or positive} */
    public Value sign() {
        return unary(Op.SIGN);
    }

    /** {@return the largest whole numbers that are not above the elements} */
    public Value floor() {
        return unary(Op.FLOOR);
    }

    /** {@return e^x} */
    public Value exp() {
        return unary(Op.EXP);
    }

    /** {@return natural logarithms} */
    public Value log() {
        return unary(Op.LOG);
    }

    /** {@return square roots} */
    public Value sqrt() {
        return unary(Op.SQRT);
    }

    /** {@return 1 / (1 + e^-x)} */
    public Value sigmoid() {
        return unary(Op.SIGMOID);
    }

    /** {@return x times sigmoid(x)} */
    public Value silu() {
        if (type == ElementType.BFLOAT16) {
            return times(sigmoid()); // the fused operator is there for floats alone
        }
        return graph.node(Op.SILU, Map.of("alpha", 1f), type, shape, this);
    }

    /** {@return e^x / sum of e^x over the last axis} */
    public Value softmax() {
        axis(Op.SOFTMAX, -1);
        return graph.node(Op.SOFTMAX, Map.of("axis", -1L), type, shape, this);
    }

    /** {@return x - log of the sum of e^x over the last axis} */
    public Value logSoftmax() {
        axis(Op.LOG_SOFTMAX, -1);
        return graph.node(Op.LOG_SOFTMAX, Map.of("axis", -1L), type, shape, this);
    }

    /**
     * {@return the sum along an axis, which stays with size 1}
     *
     * @param axis negative from the back
     */
    public Value sumKeepDims(int axis) {
        return reduce(Op.REDUCE_SUM, axis, true);
    }

    /**
     * {@return the sum along an axis, which is dropped}
     *
     * @param axis negative from the back
     */
    public Value sum(int axis) {
        return reduce(Op.REDUCE_SUM, axis, false);
    }

    /**
     * {@return the largest element along an axis, which stays with size 1}
     *
     * @param axis negative from the back
     */
    public Value maxKeepDims(int axis) {
        return reduce(Op.REDUCE_MAX, axis, true);
    }

    /**
     * {@return log of the sum of e^x along an axis, which is dropped}
     *
     * @param axis negative from the back
     */
    public Value logSumExp(int axis) {
        return reduce(Op.REDUCE_LOG_SUM_EXP, axis, false);
    }

    /**
     * {@return matrix product over the last two axes, the others broadcast}
     *
     * @param other [..., k, n] for [..., m, k]
     */
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

    /** {@return the last two axes exchanged} */
    public Value matrixTranspose() {
        int[] order = new int[shape.rank()];
        Arrays.setAll(order, axis -> axis);
        order[axis(Op.TRANSPOSE, -1)] = axis(Op.TRANSPOSE, -2);
        order[axis(Op.TRANSPOSE, -2)] = axis(Op.TRANSPOSE, -1);
        return transpose(order);
    }

    private static Shape outer(Shape shape) {
        return new Shape(shape.dims().subList(0, shape.rank() - 2));
    }

    /**
     * {@return x Wᵀ}
     *
     * @param weight [out, in] for x [n, in]
     */
    public Value linear(Value weight) {
        boolean matrices = shape.rank() == 2 && weight.shape.rank() == 2;
        if (!matrices || type != weight.type || !shape.get(1).equals(weight.shape.get(1))) {
            throw graph.mismatch(Op.LINEAR, this, weight);
        }
        return graph.node(
                Op.LINEAR, Map.of("transB", 1L), type, Shape.of(shape.get(0), weight.shape.get(0)), this, weight);
    }

    /**
     * {@return this + a b}
     *
     * @param a [m, k] or its transpose
     * @param b [k, n] or its transpose; this is [m, n]
     */
    public Value addMatmul(Value a, boolean transposedA, Value b, boolean transposedB) {
        boolean matrices = a.shape.rank() == 2 && b.shape.rank() == 2 && a.type == b.type && type == a.type;
        if (!matrices
                || !a.shape.get(transposedA ? 0 : 1).equals(b.shape.get(transposedB ? 1 : 0))
                || !shape.equals(Shape.of(a.shape.get(transposedA ? 1 : 0), b.shape.get(transposedB ? 0 : 1)))) {
            throw graph.mismatch(Op.GEMM, a, b);
        }
        Map<String, Object> attributes = Map.of("transA", transposedA ? 1L : 0L, "transB", transposedB ? 1L : 0L);
        return graph.node(Op.GEMM, attributes, type, shape, a, b, this);
    }

    /**
     * {@return x / sqrt(mean(x²) + epsilon) times a weight, over the last axis}
     *
     * @param weight [last axis]
     */
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

    /**
     * {@return the sum of two values as {@link #rmsNorm} makes it, and the sum itself}
     *
     * @param other of this shape
     * @param weight [last axis]
     */
    public List<Value> skipRmsNorm(Value other, Value weight, double epsilon) {
        if (!shape.equals(other.shape) || type != other.type || !weight.shape.equals(Shape.of(shape.get(-1)))) {
            throw graph.mismatch(Op.SKIP_RMS_NORM, this, other);
        }
        Shape one = shape.with(-1, Dim.of(1));
        List<Value> made = graph.nodes(
                Op.SKIP_RMS_NORM,
                Map.of("epsilon", (float) epsilon),
                type,
                List.of(shape, one, one, shape),
                this,
                other,
                weight);
        return List.of(made.get(0), made.get(3));
    }

    /**
     * {@return rows of this table}
     *
     * @param indices any shape of INT64 or INT32, each in [0, rows)
     */
    public Value gather(Value indices) {
        boolean whole = indices.type == ElementType.INT64 || indices.type == ElementType.INT32;
        if (!whole || shape.rank() == 0) {
            throw graph.mismatch(Op.GATHER, this, indices);
        }
        List<Dim> dims = new ArrayList<>(indices.shape.dims());
        dims.addAll(shape.dims().subList(1, shape.rank()));
        return graph.node(Op.GATHER, Map.of("axis", 0L), type, new Shape(dims), this, indices);
    }

    /**
     * {@return elements picked along the last axis}
     *
     * @param indices INT64, this shape but for the last axis
     */
    public Value gatherElements(Value indices) {
        boolean ranks = shape.rank() > 0 && indices.shape.rank() == shape.rank();
        if (!ranks
                || indices.type != ElementType.INT64
                || !indices.shape.without(-1).equals(shape.without(-1))) {
            throw graph.mismatch(Op.GATHER_ELEMENTS, this, indices);
        }
        return graph.node(Op.GATHER_ELEMENTS, Map.of("axis", -1L), type, indices.shape, this, indices);
    }

    /**
     * {@return this table with rows added to some of its own}
     *
     * @param indices INT64, in [0, rows)
     * @param rows as gathered
     */
    public Value scatterNdAdd(Value indices, Value rows) {
        List<Dim> dims = new ArrayList<>(indices.shape.dims());
        dims.addAll(shape.dims().subList(Math.min(1, shape.rank()), shape.rank()));
        boolean types = indices.type == ElementType.INT64 && rows.type == type;
        if (!types || shape.rank() == 0 || !rows.shape.equals(new Shape(dims))) {
            throw graph.mismatch(Op.SCATTER_ND, this, rows);
        }
        Value last = indices.unsqueeze(indices.shape.rank());
        return graph.node(Op.SCATTER_ND, Map.of("reduction", "add"), type, shape, this, last, rows);
    }

    /**
     * {@return a copy with numbers added where {@link #gatherElements} picks}
     *
     * @param indices as there
     * @param added as picked
     */
    public Value scatterElementsAdd(Value indices, Value added) {
        boolean ranks = shape.rank() > 0 && indices.shape.rank() == shape.rank();
        if (!ranks
                || indices.type != ElementType.INT64
                || !indices.shape.without(-1).equals(shape.without(-1))
                || !added.shape.equals(indices.shape)) {
            throw graph.mismatch(Op.SCATTER_ELEMENTS, this, added);
        }
        return graph.node(
                Op.SCATTER_ELEMENTS, Map.of("axis", -1L, "reduction", "add"), type, shape, this, indices, added);
    }

    /**
     * {@return the same elements with one more axis, of size 1}
     *
     * @param axis where it comes, from the front
     */
    public Value unsqueeze(int axis) {
        List<Dim> dims = new ArrayList<>(shape.dims());
        dims.add(axis, Dim.of(1));
        return graph.node(Op.UNSQUEEZE, Map.of(), type, new Shape(dims), this, graph.integers(axis));
    }

    /**
     * {@return repeated along axes that are missing or of size 1}
     *
     * @param to a shape that this one broadcasts to
     */
    public Value expand(Value to) {
        if (!Shape.broadcast(shape, to.shape).equals(Optional.of(to.shape))) {
            throw graph.mismatch(Op.EXPAND, this, to);
        }
        return shape.equals(to.shape) ? this : graph.node(Op.EXPAND, Map.of(), type, to.shape, this, to.dims());
    }

    /**
     * {@return summed over the axes that a shape lacks or has with size 1}
     *
     * @param to a shape that broadcasts to this one
     */
    public Value sumTo(Shape to) {
        if (!Shape.broadcast(to, shape).equals(Optional.of(shape))) {
            throw new IllegalArgumentException(graph.place(Op.REDUCE_SUM) + ": " + shape + " to " + to);
        }
        int more = shape.rank() - to.rank();
        Value summed = this;
        for (int axis = 0; axis < more; axis++) {
            summed = summed.sum(0);
        }
        for (int axis = 0; axis < to.rank(); axis++) {
            summed = summed.shape.get(axis).equals(to.get(axis)) ? summed : summed.sumKeepDims(axis);
        }
        return summed;
    }

    /**
     * {@return the same elements in another shape}
     *
     * @param dims as in {@link Shape#of}; at most one may differ by name
     */
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

    /**
     * {@return the same elements in a shape known when the graph runs}
     *
     * @param to INT64 [rank]
     * @param shape its name
     */
    public Value reshape(Value to, Shape shape) {
        if (to.type != ElementType.INT64 || !to.shape.equals(Shape.of(shape.rank()))) {
            throw graph.mismatch(Op.RESHAPE, this, to);
        }
        return graph.node(Op.RESHAPE, Map.of(), type, shape, this, to);
    }

    /**
     * {@return the same elements in the shape of another value}
     *
     * @param other as many elements
     */
    Value reshapeLike(Value other) {
        long unknown = other.shape.dims().stream().filter(dim -> !dim.isKnown()).count();
        boolean kept =
                shape.rank() > 0 && other.shape.rank() > 0 && shape.get(0).equals(other.shape.get(0));
        return unknown - (kept && !shape.get(0).isKnown() ? 1 : 0) > 1
                ? reshape(other.dims(), other.shape)
                : reshape(other.shape.dims().toArray());
    }

    /**
     * {@return the axes in another order}
     *
     * @param order for each new axis the old one
     */
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

    /**
     * {@return this and another put together along an axis}
     *
     * @param other equal but for that axis
     * @param axis which
     */
    public Value concat(Value other, int axis) {
        int at = axis(Op.CONCAT, axis);
        boolean ranks = shape.rank() == other.shape.rank();
        if (!ranks || type != other.type || !shape.without(at).equals(other.shape.without(at))) {
            throw graph.mismatch(Op.CONCAT, this, other);
        }
        Shape to = shape.with(at, shape.get(at).plus(other.shape.get(at)));
        return graph.node(Op.CONCAT, Map.of("axis", (long) at), type, to, this, other);
    }

    /**
     * {@return a part along an axis}
     *
     * @param axis which
     * @param from first element
     * @param to after the last one
     */
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

    /**
     * {@return a part of the rows, cut short where they end}
     *
     * @param from the first
     * @param to after the last
     * @param size its name
     */
    public Value sliceRows(long from, long to, String size) {
        return graph.node(
                Op.SLICE,
                Map.of(),
                type,
                shape.with(0, Dim.named(size)),
                this,
                graph.integers(from),
                graph.integers(to),
                graph.integers(0));
    }

    /** {@return equal parts along the last axis} */
    public List<Value> chunk(int parts) {
        Dim size = shape.get(-1);
        if (!size.isKnown() || size.size() % parts != 0) {
            throw new IllegalArgumentException(graph.place(Op.SPLIT) + ": " + parts + " equal parts of " + shape);
        }
        long[] sizes = new long[parts];
        Arrays.fill(sizes, size.size() / parts);
        List<Shape> shapes = Collections.nCopies(parts, shape.with(-1, Dim.of(sizes[0])));
        return graph.nodes(Op.SPLIT, Map.of("axis", -1L), type, shapes, this, graph.integers(sizes));
    }

    /**
     * {@return the parts that {@link #concat} puts together}
     *
     * @param axis which
     * @param first and second: such parts
     */
    List<Value> split(int axis, Value first, Value second) {
        return split(axis, first.size(axis).concat(second.size(axis), 0), List.of(first, second));
    }

    /**
     * {@return the parts that {@link #concat} puts together}
     *
     * @param axis which
     * @param sizes INT64 [parts]
     * @param like parts
     */
    public List<Value> split(int axis, Value sizes, List<Value> like) {
        return graph.nodes(
                Op.SPLIT,
                Map.of("axis", (long) axis(Op.SPLIT, axis)),
                type,
                like.stream().map(Value::shape).toList(),
                this,
                sizes);
    }

    /** {@return zeros in a shape, with this put where {@link #slice} takes it from} */
    Value padLike(Value whole, int axis, long from) {
        Value after = whole.size(axis).minus(graph.integers(from)).minus(size(axis));
        Value pads = graph.integers(from).concat(after, 0);
        return graph.node(Op.PAD, Map.of(), type, whole.shape, this, pads, graph.constant(0), graph.integers(axis));
    }

    /**
     * {@return a dimension, INT64 [1]}
     *
     * @param axis from the front
     */
    public Value size(int axis) {
        Dim dim = shape.get(axis);
        return dim.isKnown() ? graph.integers(dim.size()) : dims().slice(0, axis, axis + 1);
    }

    /**
     * {@return the same values, which are not there before others are} ONNX has no order but that of dependence: what is
     * added is zero times an element of each.
     *
     * @param others of this type, none of them empty when the graph runs
     */
    public Value dependingOn(List<Value> others) {
        return others.isEmpty() ? this : plus(zero(others));
    }

    /** {@return zero, made of an element of each} */
    static Value zero(List<Value> others) {
        Value sum = others.stream().map(Value::firstElement).reduce(Value::plus).orElseThrow();
        return sum.times(0);
    }

    /** {@return the first element, [1]} */
    private Value firstElement() {
        if (shape.rank() == 0) {
            return reshape(1);
        }
        long[] axes = LongStream.range(0, shape.rank()).toArray();
        long[] ones = new long[axes.length];
        Arrays.fill(ones, 1);
        Object[] to = new Object[axes.length];
        Arrays.fill(to, 1);
        Value zeros = graph.integers(new long[axes.length]);
        Value first = graph.node(
                Op.SLICE, Map.of(), type, Shape.of(to), this, zeros, graph.integers(ones), graph.integers(axes));
        return first.reshape(1);
    }

    /** {@return the dimensions as INT64 [rank]} */
    public Value dims() {
        return graph.node(Op.SHAPE, Map.of(), ElementType.INT64, Shape.of(shape.rank()), this);
    }

    /**
     * {@return the same elements in another type}
     *
     * @param to which
     */
    public Value cast(ElementType to) {
        return to == type ? this : graph.node(Op.CAST, Map.of("to", (long) to.onnx()), to, shape, this);
    }

    /**
     * {@return where this holds, elements of one value, else of another}
     *
     * @param yes one
     * @param no the other
     */
    public Value where(Value yes, Value no) {
        Shape to = Shape.broadcast(yes.shape, no.shape)
                .flatMap(s -> Shape.broadcast(s, shape))
                .orElseThrow(() -> graph.mismatch(Op.WHERE, yes, no));
        if (type != ElementType.BOOL || yes.type != no.type) {
            throw graph.mismatch(Op.WHERE, yes, no);
        }
        return graph.node(Op.WHERE, Map.of(), yes.type, to, this, yes, no);
    }

    /**
     * {@return whether each element is at most the other}
     *
     * @param other a shape that broadcasts with this one
     */
    public Value lessOrEqual(Value other) {
        return elementwise(Op.LESS_OR_EQUAL, other, ElementType.BOOL);
    }

    /**
     * {@return whether each element is below the other}
     *
     * @param other a shape that broadcasts with this one
     */
    public Value less(Value other) {
        return elementwise(Op.LESS, other, ElementType.BOOL);
    }

    /**
     * {@return whether each element is the other}
     *
     * @param other a shape that broadcasts with this one
     */
    public Value equal(Value other) {
        return elementwise(Op.EQUAL, other, ElementType.BOOL);
    }

    /**
     * {@return sums of the elements up to each one along the last axis}
     *
     * @param exclusive whether it is left out itself
     */
    public Value cumsum(boolean exclusive) {
        axis(Op.CUMSUM, -1);
        return graph.node(
                Op.CUMSUM,
                Map.of("exclusive", exclusive ? 1L : 0L),
                type,
                shape,
                this,
                graph.integers(shape.rank() - 1));
    }

    /** {@return the largest elements along the last axis in falling order, equal ones in theirs, and their INT64 places} */
    public List<Value> topK(Value count, Dim size) {
        axis(Op.TOP_K, -1);
        Shape to = shape.with(-1, size);
        return graph.nodes(
                Op.TOP_K, Map.of("axis", -1L), List.of(type, ElementType.INT64), List.of(to, to), this, count);
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
