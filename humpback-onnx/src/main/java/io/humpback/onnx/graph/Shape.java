package io.humpback.onnx.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The dimensions of a value, outermost first. A scalar has none. */
public record Shape(List<Dim> dims) {

    /** Copies the list. */
    public Shape {
        dims = List.copyOf(dims);
    }

    /** {@return a shape of numbers ({@link Integer}, {@link Long}), names ({@link String}) or {@link Dim}s} */
    public static Shape of(Object... dims) {
        return new Shape(Arrays.stream(dims).map(Shape::dim).toList());
    }

    /** {@return a shape of known sizes} */
    public static Shape of(long[] dims) {
        return new Shape(Arrays.stream(dims).mapToObj(Dim::of).toList());
    }

    private static Dim dim(Object dim) {
        if (dim instanceof Dim d) {
            return d;
        }
        return dim instanceof Number n ? Dim.of(n.longValue()) : Dim.named((String) dim);
    }

    /** {@return the number of dimensions} */
    public int rank() {
        return dims.size();
    }

    /** {@return a dimension, counted from the front, or from the back if negative} */
    public Dim get(int axis) {
        return dims.get(axis(axis));
    }

    int axis(int axis) {
        int found = axis < 0 ? axis + rank() : axis;
        if (found < 0 || found >= rank()) {
            throw new IllegalArgumentException("axis " + axis + " of " + this);
        }
        return found;
    }

    Shape with(int axis, Dim dim) {
        List<Dim> changed = new ArrayList<>(dims);
        changed.set(axis(axis), dim);
        return new Shape(changed);
    }

    Shape without(int axis) {
        List<Dim> changed = new ArrayList<>(dims);
        changed.remove(axis(axis));
        return new Shape(changed);
    }

    /** {@return the number of elements, if every dimension is known} */
    Optional<Long> elements() {
        return dims.stream().allMatch(Dim::isKnown)
                ? Optional.of(dims.stream().mapToLong(Dim::size).reduce(1, Math::multiplyExact))
                : Optional.empty();
    }

    /** {@return the shape of an element-wise result by NumPy's rule, or nothing if the two do not fit} */
    static Optional<Shape> broadcast(Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        Dim one = Dim.of(1);
        List<Dim> dims = new ArrayList<>();
        for (int i = 0; i < rank; i++) {
            Dim x = i < rank - a.rank() ? one : a.dims.get(i - rank + a.rank());
            Dim y = i < rank - b.rank() ? one : b.dims.get(i - rank + b.rank());
            if (!x.equals(y) && !x.equals(one) && !y.equals(one)) {
                return Optional.empty();
            }
            dims.add(x.equals(one) ? y : x);
        }
        return Optional.of(new Shape(dims));
    }

    @Override
    public String toString() {
        return dims.stream().map(Dim::toString).collect(Collectors.joining(", ", "[", "]"));
    }
}
