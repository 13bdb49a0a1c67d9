package io.humpback.onnx.graph;

/** Element types of tensors, with ONNX's numbers (onnx.proto, TensorProto.DataType). */
public enum ElementType {
    /** 32-bit IEEE float. */
    FLOAT(1, 4),
    /** Unsigned byte. */
    UINT8(2, 1),
    /** Signed byte. */
    INT8(3, 1),
    /** 32-bit integer. */
    INT32(6, 4),
    /** 64-bit integer. */
    INT64(7, 8),
    /** Truth value. */
    BOOL(9, 1),
    /** The upper half of a 32-bit float. */
    BFLOAT16(16, 2);

    private final int onnx;
    private final int bytes;

    ElementType(int onnx, int bytes) {
        this.onnx = onnx;
        this.bytes = bytes;
    }

    int onnx() {
        return onnx;
    }

    /** {@return the size of an element in bytes} */
    public int bytes() {
        return bytes;
    }
}
