package io.humpback.onnx.graph;

/**
 * One dimension of a shape: a number, or a name for a number known when the graph runs.
 *
 * @param size at least 0, or -1 where the dimension has a name
 * @param name empty where the dimension is a number
 */
public record Dim(long size, String name) {

    /** {@return a known dimension, at least 0} */
    public static Dim of(long size) {
        if (size < 0) {
            throw new IllegalArgumentException("dimension " + size + ": expected at least 0");
        }
        return new Dim(size, "");
    }

    /** {@return a dimension known when the graph runs; equal names mean equal sizes} */
    public static Dim named(String name) {
        return new Dim(-1, name);
    }

    /** {@return whether the size is a number} */
    public boolean isKnown() {
        return size >= 0;
    }

    Dim plus(Dim other) {
        return isKnown() && other.isKnown() ? of(size + other.size) : named(this + "+" + other);
    }

    @Override
    public String toString() {
        return isKnown() ? Long.toString(size) : name;
    }
}
