package io.humpback.onnx.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A tensor in a graph: an element type and a shape, and ONNX's operators on it. Each operator checks types and shapes and
 * throws an {@link IllegalArgumentException} that names the place, the operator and what it found. Element-wise operators
 * broadcast as NumPy does; a negative axis counts from the back.
 */
public final class Value {

    final Graph graph;
    final String name;
    private final ElementType type;
    private final Shape shape;

    /** Where it comes from; all null for an input. */
    @Nullable
    Node producer;

    @Nullable
    Weight weight;

    Graph.@Nullable Constant constant;

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

    /** {@return the element-wise sum} */
    public Value plus(Value other) {
        return elementwise(Op.ADD, other, type);
    }

    /** {@return the element-wise difference} */
    public Value minus(Value other) {
        return elementwise(Op.SUB, other, type);
    }

    /** {@return the element-wise product} */
    public Value times(Value other) {
        return elementwise(Op.MUL, other, type);
    }

    /** {@return the product with a number} */
    public Value times(float factor) {
        Value scalar = graph.constant(factor);
        return times(type == ElementType.BFLOAT16 ? scalar.cast(type) : scalar);
    }

    /** {@return the element-wise quotient} */
    public Value dividedBy(Value other) {
        return elementwise(Op.DIV, other, type);
    }

    /** {@return BOOL, whether each element is less than the other} */
    public Value less(Value other) {
        return elementwise(Op.LESS, other, ElementType.BOOL);
    }

    /** {@return BOOL, whether each element is at most the other} */
    public Value lessOrEqual(Value other) {
        return elementwise(Op.LESS_OR_EQUAL, other, ElementType.BOOL);
    }

    /** {@return BOOL, whether each element equals the other} */
    public Value equal(Value other) {
        return elementwise(Op.EQUAL, other, ElementType.BOOL);
    }

    /** {@return elements of one value where this BOOL holds, else of another} */
    public Value where(Value yes, Value no) {
        Shape to = Shape.broadcast(yes.shape, no.shape)
                .flatMap(both -> Shape.broadcast(both, shape))
                .orElseThrow(() -> yes.mismatch(Op.WHERE, no));
        if (type != ElementType.BOOL || yes.type != no.type) {
            throw yes.mismatch(Op.WHERE, no);
        }
        return graph.node(Op.WHERE, Attributes.NONE, yes.type, to, this, yes, no);
    }

    /** {@return the negative} */
    public Value negated() {
        return node(Op.NEG, Attributes.NONE, shape, this);
    }

    /** {@return absolute values} */
    public Value abs() {
        return node(Op.ABS, Attributes.NONE, shape, this);
    }

    /** {@return -1, 0 or 1, as the elements are negative, zero or positive} */
    public Value sign() {
        return node(Op.SIGN, Attributes.NONE, shape, this);
    }

    /** {@return the largest whole numbers that are not above the elements} */
    public Value floor() {
        return node(Op.FLOOR, Attributes.NONE, shape, this);
    }

    /** {@return e^x} */
    public Value exp() {
        return node(Op.EXP, Attributes.NONE, shape, this);
    }

    /** {@return natural logarithms} */
    public Value log() {
        return node(Op.LOG, Attributes.NONE, shape, this);
    }

    /** {@return square roots} */
    public Value sqrt() {
        return node(Op.SQRT, Attributes.NONE, shape, this);
    }

    /** {@return 1 / (1 + e^-x)} */
    public Value sigmoid() {
        return node(Op.SIGMOID, Attributes.NONE, shape, this);
    }

    /** {@return x times sigmoid(x)} */
    public Value silu() {
        return node(Op.SILU, Attributes.NONE.with("alpha", 1f), shape, this);
    }

    /** {@return e^x / sum of e^x over the last axis} */
    public Value softmax() {
        axis(Op.SOFTMAX, -1);
        return node(Op.SOFTMAX, Attributes.axis(-1), shape, this);
    }

    /** {@return x - log of the sum of e^x over the last axis} */
    public Value logSoftmax() {
        axis(Op.LOG_SOFTMAX, -1);
        return node(Op.LOG_SOFTMAX, Attributes.axis(-1), shape, this);
    }

    /** {@return the sum along an axis, which is dropped} */
    public Value sum(int axis) {
        return reduce(Op.REDUCE_SUM, axis, false);
    }

    /** {@return the sum along an axis, which stays with size 1} */
    public Value sumKeepDims(int axis) {
        return reduce(Op.REDUCE_SUM, axis, true);
    }

    /** {@return the largest element along an axis, which stays with size 1} */
    public Value maxKeepDims(int axis) {
        return reduce(Op.REDUCE_MAX, axis, true);
    }

    /** {@return log of the sum of e^x along an axis, which is dropped} */
    public Value logSumExp(int axis) {
        return reduce(Op.REDUCE_LOG_SUM_EXP, axis, false);
    }

    /** {@return sums of the elements up to each one along the last axis, without itself if exclusive} */
    public Value cumsum(boolean exclusive) {
        Value axis = graph.integers(axis(Op.CUMSUM, -1));
        return node(Op.CUMSUM, Attributes.NONE.with("exclusive", exclusive), shape, this, axis);
    }

    /**
     * {@return the largest elements along the last axis in falling order, equal ones in theirs, and their INT64 indices}
     *
     * @param count INT64 [1]
     * @param size its name
     */
    public List<Value> topK(Value count, Dim size) {
        axis(Op.TOP_K, -1);
        Shape to = shape.with(-1, size);
        List<ElementType> types = List.of(type, ElementType.INT64);
        return graph.nodes(Op.TOP_K, Attributes.axis(-1), types, List.of(to, to), this, count);
    }

    /** {@return x / sqrt(mean(x²) + epsilon) times a weight [last axis], over the last axis} */
    public Value rmsNorm(Value weight, double epsilon) {
        boolean ranks = shape.rank() > 0 && weight.shape.rank() == 1;
        if (!ranks || type != weight.type || !weight.shape.get(0).equals(shape.get(-1))) {
            throw mismatch(Op.RMS_NORM, weight);
        }
        Attributes attributes =
                Attributes.axis(-1).with("epsilon", (float) epsilon).with("stash_type", 1);
        return node(Op.RMS_NORM, attributes, shape, this, weight);
    }

    /** {@return the matrix product [..., m, k] [..., k, n] over the last two axes; the others broadcast} */
    public Value matmul(Value other) {
        Shape a = shape;
        Shape b = other.shape;
        if (a.rank() < 2 || b.rank() < 2 || type != other.type || !a.get(-1).equals(b.get(-2))) {
            throw mismatch(Op.MATMUL, other);
        }
        Shape outer = Shape.broadcast(outer(a), outer(b)).orElseThrow(() -> mismatch(Op.MATMUL, other));
        List<Dim> dims = new ArrayList<>(outer.dims());
        dims.add(a.get(-2));
        dims.add(b.get(-1));
        return node(Op.MATMUL, Attributes.NONE, new Shape(dims), this, other);
    }

    private static Shape outer(Shape shape) {
        return new Shape(shape.dims().subList(0, shape.rank() - 2));
    }

    /** {@return x Wᵀ for x [n, in] and a weight [out, in]} */
    public Value linear(Value weight) {
        boolean matrices = shape.rank() == 2 && weight.shape.rank() == 2;
        if (!matrices || type != weight.type || !shape.get(1).equals(weight.shape.get(1))) {
            throw mismatch(Op.LINEAR, weight);
        }
        Shape to = Shape.of(shape.get(0), weight.shape.get(0));
        return node(Op.LINEAR, Attributes.NONE.with("transB", true), to, this, weight);
    }

    /** {@return this [m, n] plus the product of a [m, k] and b [k, n], each of which may be given transposed} */
    public Value addMatmul(Value a, boolean transposedA, Value b, boolean transposedB) {
        boolean matrices = a.shape.rank() == 2 && b.shape.rank() == 2 && a.type == b.type && type == a.type;
        if (!matrices
                || !a.shape.get(transposedA ? 0 : 1).equals(b.shape.get(transposedB ? 1 : 0))
                || !shape.equals(Shape.of(a.shape.get(transposedA ? 1 : 0), b.shape.get(transposedB ? 0 : 1)))) {
            throw a.mismatch(Op.GEMM, b);
        }
        Attributes attributes = Attributes.NONE.with("transA", transposedA).with("transB", transposedB);
        return node(Op.GEMM, attributes, shape, a, b, this);
    }

    /** {@return rows of this table at INT64 or INT32 indices in [0, rows), in any shape} */
    public Value gather(Value indices) {
        boolean whole = indices.type == ElementType.INT64 || indices.type == ElementType.INT32;
        if (!whole || shape.rank() == 0) {
            throw mismatch(Op.GATHER, indices);
        }
        return node(Op.GATHER, Attributes.axis(0), rowsAt(indices), this, indices);
    }

    /** {@return this table with rows, as gathered, added to its own at INT64 indices in [0, rows)} */
    public Value scatterNdAdd(Value indices, Value rows) {
        boolean types = indices.type == ElementType.INT64 && rows.type == type;
        if (!types || shape.rank() == 0 || !rows.shape.equals(rowsAt(indices))) {
            throw mismatch(Op.SCATTER_ND, rows);
        }
        Value last = indices.unsqueeze(indices.shape.rank());
        return node(Op.SCATTER_ND, Attributes.NONE.with("reduction", "add"), shape, this, last, rows);
    }

    private Shape rowsAt(Value indices) {
        List<Dim> dims = new ArrayList<>(indices.shape.dims());
        dims.addAll(shape.dims().subList(1, shape.rank()));
        return new Shape(dims);
    }

    /** {@return elements at INT64 indices along the last axis, in this shape but for that axis} */
    public Value gatherElements(Value indices) {
        if (!pointsInto(indices)) {
            throw mismatch(Op.GATHER_ELEMENTS, indices);
        }
        return node(Op.GATHER_ELEMENTS, Attributes.axis(-1), indices.shape, this, indices);
    }

    /** {@return a copy with numbers added where {@link #gatherElements} takes elements} */
    public Value scatterElementsAdd(Value indices, Value added) {
        if (!pointsInto(indices) || !added.shape.equals(indices.shape)) {
            throw mismatch(Op.SCATTER_ELEMENTS, added);
        }
        Attributes attributes = Attributes.axis(-1).with("reduction", "add");
        return node(Op.SCATTER_ELEMENTS, attributes, shape, this, indices, added);
    }

    private boolean pointsInto(Value indices) {
        return shape.rank() > 0
                && indices.shape.rank() == shape.rank()
                && indices.type == ElementType.INT64
                && indices.shape.without(-1).equals(shape.without(-1));
    }

    /** {@return the same elements with one more axis of size 1, at a place counted from the front} */
    public Value unsqueeze(int axis) {
        List<Dim> dims = new ArrayList<>(shape.dims());
        dims.add(axis, Dim.of(1));
        return node(Op.UNSQUEEZE, Attributes.NONE, new Shape(dims), this, graph.integers(axis));
    }

    /** {@return this repeated along axes that are missing or of size 1, up to the shape of another value} */
    public Value expand(Value to) {
        if (!Shape.broadcast(shape, to.shape).equals(Optional.of(to.shape))) {
            throw mismatch(Op.EXPAND, to);
        }
        return shape.equals(to.shape) ? this : node(Op.EXPAND, Attributes.NONE, to.shape, this, to.dims());
    }

    /** {@return this repeated up to dimensions, INT64 [rank], that are known when the graph runs, and named here} */
    public Value expand(Value to, Shape named) {
        if (to.type != ElementType.INT64 || !to.shape.equals(Shape.of(named.rank()))) {
            throw mismatch(Op.EXPAND, to);
        }
        return node(Op.EXPAND, Attributes.NONE, named, this, to);
    }

    /** {@return the same elements with dimensions as in {@link Shape#of}; at most one may differ by name} */
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
        Optional<Long> before = shape.elements();
        Optional<Long> after = to.elements();
        if (unknown > 1 || before.isPresent() && after.isPresent() && !before.equals(after)) {
            throw refused(Op.RESHAPE, shape + " to " + to);
        }
        return node(Op.RESHAPE, Attributes.NONE, to, this, graph.integers(spec));
    }

    /** {@return the same elements with dimensions, INT64 [rank], that are known when the graph runs, and named here} */
    public Value reshape(Value to, Shape named) {
        if (to.type != ElementType.INT64 || !to.shape.equals(Shape.of(named.rank()))) {
            throw mismatch(Op.RESHAPE, to);
        }
        return node(Op.RESHAPE, Attributes.NONE, named, this, to);
    }

    /** {@return the same elements in the shape of another value} */
    Value reshapeLike(Value other) {
        long unknown = other.shape.dims().stream().filter(dim -> !dim.isKnown()).count();
        boolean kept =
                shape.rank() > 0 && other.shape.rank() > 0 && shape.get(0).equals(other.shape.get(0));
        return unknown - (kept && !shape.get(0).isKnown() ? 1 : 0) > 1
                ? reshape(other.dims(), other.shape)
                : reshape(other.shape.dims().toArray());
    }

    /** {@return the axes in another order: for each new axis the old one} */
    public Value transpose(int... order) {
        if (order.length != shape.rank()
                || Arrays.stream(order).distinct().count() != order.length
                || Arrays.stream(order).anyMatch(axis -> axis < 0 || axis >= order.length)) {
            throw refused(Op.TRANSPOSE, "order " + Arrays.toString(order) + " of " + shape);
        }
        Shape to = new Shape(Arrays.stream(order).mapToObj(shape::get).toList());
        return node(Op.TRANSPOSE, Attributes.NONE.with("perm", order), to, this);
    }

    /** {@return the last two axes exchanged} */
    public Value matrixTranspose() {
        int[] order = new int[shape.rank()];
        Arrays.setAll(order, axis -> axis);
        order[axis(Op.TRANSPOSE, -1)] = axis(Op.TRANSPOSE, -2);
        order[axis(Op.TRANSPOSE, -2)] = axis(Op.TRANSPOSE, -1);
        return transpose(order);
    }

    /** {@return the upper or lower triangle of the last two axes up to a diagonal, INT64 scalar counted to the right, else 0} */
    public Value triangle(boolean upper, Value diagonal) {
        return node(Op.TRILU, Attributes.NONE.with("upper", upper), shape, this, diagonal);
    }

    /** {@return this and another, equal but for an axis, joined along it} */
    public Value concat(Value other, int axis) {
        int at = axis(Op.CONCAT, axis);
        boolean ranks = shape.rank() == other.shape.rank();
        if (!ranks || type != other.type || !shape.without(at).equals(other.shape.without(at))) {
            throw mismatch(Op.CONCAT, other);
        }
        Shape to = shape.with(at, shape.get(at).plus(other.shape.get(at)));
        return node(Op.CONCAT, Attributes.axis(at), to, this, other);
    }

    /** {@return the elements from one index to before another along an axis} */
    public Value slice(int axis, long from, long to) {
        int at = axis(Op.SLICE, axis);
        Dim size = shape.get(at);
        if (from < 0 || to < from || size.isKnown() && to > size.size()) {
            throw refused(Op.SLICE, from + " to " + to + " on axis " + axis + " of " + shape);
        }
        return slice(at, from, to, Dim.of(to - from));
    }

    /** {@return the rows from one index to before another, or to their end if that comes first; size names their number} */
    public Value sliceRows(long from, long to, String size) {
        return slice(0, from, to, Dim.named(size));
    }

    /** {@return the first elements along an axis, as many as INT64 [1] says; size is their number} */
    public Value first(int axis, Value count, Dim size) {
        if (count.type != ElementType.INT64 || !count.shape.equals(Shape.of(1))) {
            throw mismatch(Op.SLICE, count);
        }
        int at = axis(Op.SLICE, axis);
        return node(
                Op.SLICE, Attributes.NONE, shape.with(at, size), this, graph.integers(0), count, graph.integers(at));
    }

    private Value slice(int axis, long from, long to, Dim size) {
        Shape part = shape.with(axis, size);
        return node(
                Op.SLICE, Attributes.NONE, part, this, graph.integers(from), graph.integers(to), graph.integers(axis));
    }

    /** {@return zeros in the shape of another value, with this where {@link #slice} takes it from} */
    Value padLike(Value whole, int axis, long from) {
        Value after = whole.size(axis).minus(graph.integers(from)).minus(size(axis));
        Value pads = graph.integers(from).concat(after, 0);
        return node(Op.PAD, Attributes.NONE, whole.shape, this, pads, graph.constant(0), graph.integers(axis));
    }

    /** {@return a number of equal parts along the last axis} */
    public List<Value> chunk(int parts) {
        Dim size = shape.get(-1);
        if (!size.isKnown() || size.size() % parts != 0) {
            throw refused(Op.SPLIT, parts + " equal parts of " + shape);
        }
        long[] sizes = new long[parts];
        Arrays.fill(sizes, size.size() / parts);
        List<Shape> shapes = Collections.nCopies(parts, shape.with(-1, Dim.of(sizes[0])));
        return graph.nodes(Op.SPLIT, Attributes.axis(-1), type, shapes, this, graph.integers(sizes));
    }

    /** {@return the parts that {@link #concat} joins, of INT64 [parts] sizes along an axis, in the shapes of others} */
    public List<Value> split(int axis, Value sizes, List<Value> like) {
        List<Shape> shapes = like.stream().map(Value::shape).toList();
        return graph.nodes(Op.SPLIT, Attributes.axis(axis(Op.SPLIT, axis)), type, shapes, this, sizes);
    }

    /** {@return the dimensions, INT64 [rank]} */
    public Value dims() {
        return graph.node(Op.SHAPE, Attributes.NONE, ElementType.INT64, Shape.of(shape.rank()), this);
    }

    /** {@return a dimension, INT64 [1]} */
    public Value size(int axis) {
        Dim dim = shape.get(axis);
        return dim.isKnown() ? graph.integers(dim.size()) : dims().slice(0, axis, axis + 1);
    }

    /** {@return the same elements in another type} */
    public Value cast(ElementType to) {
        return to == type ? this : graph.node(Op.CAST, Attributes.NONE.with("to", to.onnx()), to, shape, this);
    }

    private Value node(Op op, Attributes attributes, Shape to, Value... inputs) {
        return graph.node(op, attributes, type, to, inputs);
    }

    private Value elementwise(Op op, Value other, ElementType result) {
        if (type != other.type) {
            throw mismatch(op, other);
        }
        Shape to = Shape.broadcast(shape, other.shape).orElseThrow(() -> mismatch(op, other));
        return graph.node(op, Attributes.NONE, result, to, this, other);
    }

    private Value reduce(Op op, int axis, boolean keep) {
        int at = axis(op, axis);
        Shape to = keep ? shape.with(at, Dim.of(1)) : shape.without(at);
        return node(op, Attributes.NONE.with("keepdims", keep), to, this, graph.integers(at));
    }

    private int axis(Op op, int axis) {
        if (axis < -shape.rank() || axis >= shape.rank()) {
            throw refused(op, "axis " + axis + " of " + shape);
        }
        return shape.axis(axis);
    }

    IllegalArgumentException mismatch(Op op, Value other) {
        return refused(op, signature() + " does not fit " + other.signature());
    }

    IllegalArgumentException refused(Op op, String found) {
        String scope = graph.scope();
        return new IllegalArgumentException((scope.isEmpty() ? "" : scope + ": ") + op.type() + ": " + found);
    }

    /** {@return type and shape, for messages} */
    String signature() {
        return type.toString() + shape;
    }

    @Override
    public String toString() {
        return name + " " + signature();
    }
}
