package io.humpback.onnx.graph;

/**
 * A tensor whose numbers are outside the graph.
 *
 * @param name as in the checkpoint, where it comes from there
 * @param type element type
 * @param shape known sizes
 * @param data its bytes
 */
public record Weight(String name, ElementType type, Shape shape, Data data) {

    /** {@return the size in bytes} */
    public long bytes() {
        return Math.multiplyExact(shape.elements().orElseThrow(), type.bytes());
    }
}
