package io.humpback.onnx.checkpoint;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * How the numbers of a tensor are stored: three plain formats, and ggml's block formats, which store a fixed number of
 * elements of one row together with their scale. The layouts are those of ggml's {@code ggml-common.h}.
 */
public enum DType {
    /** IEEE 754 single precision. */
    F32(1, 4),
    /** IEEE 754 half precision. */
    F16(1, 2),
    /** The upper half of a single-precision number. */
    BF16(1, 2),
    /** {@code d * q}: half d, 32 signed bytes. */
    Q8_0(32, 34),
    /** {@code d * (q - 8)}: half d, 32 nibbles, the low ones first. */
    Q4_0(32, 18),
    /** {@code d * q + m}: half d, half m, 32 nibbles, the low ones first. */
    Q4_1(32, 20),
    /** {@code d * (q - 16)}: half d, 32 fifth bits, 32 nibbles. */
    Q5_0(32, 22),
    /** {@code d * q + m}: half d, half m, 32 fifth bits, 32 nibbles. */
    Q5_1(32, 24),
    /** {@code d * s * q - dmin * m}: eight groups of 32 nibbles with 6-bit scales and minima. */
    Q4_K(256, 144),
    /** {@code d * s * (q - 32)}: sixteen groups of 16 six-bit numbers with 8-bit scales. */
    Q6_K(256, 210),
    /** {@code d * s * q - dmin * m}: eight groups of 32 five-bit numbers with 6-bit scales and minima. */
    Q5_K(256, 176),
    /** {@code d * s * (q - 4)}: sixteen groups of 16 three-bit numbers with 6-bit scales. */
    Q3_K(256, 110),
    /** {@code d * s * q - dmin * m}: sixteen groups of 16 two-bit numbers with 4-bit scales and minima. */
    Q2_K(256, 84),
    /** {@code d * t[q]}: half d, 32 nibbles that are places in a table of uneven numbers. */
    IQ4_NL(32, 18),
    /** {@code d * s * t[q]}: eight groups of 32 nibbles as in IQ4_NL with 6-bit scales. */
    IQ4_XS(256, 136),
    /** {@code 2^e * t[q]}: an exponent, 32 four-bit floating point numbers (OCP Microscaling). */
    MXFP4(32, 17);

    /** Elements decoded at a time; a multiple of every block size. */
    private static final int CHUNK = 8192;

    private final int blockSize;
    private final int blockBytes;

    DType(int blockSize, int blockBytes) {
        this.blockSize = blockSize;
        this.blockBytes = blockBytes;
    }

    /** {@return the number of elements in a block; 1 for the plain formats} */
    public int blockSize() {
        return blockSize;
    }

    /** {@return the number of bytes a block takes} */
    public int blockBytes() {
        return blockBytes;
    }

    /** {@return the upper half of a number rounded to the nearest bfloat16, halves to even} */
    public static short bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) ((Float.isNaN(value) ? bits | 0x400000 : bits + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    }

    /** {@return the number that the lower sixteen bits are in half precision, subnormal and not finite ones included} */
    public static float half(int bits) {
        int magnitude = bits & 0x7fff;
        // moved to single precision's place the exponent is 112 too small; the product also normalises subnormals
        int single = magnitude >= 0x7c00
                ? 0x7f800000 | (magnitude & 0x3ff) << 13
                : Float.floatToRawIntBits(Float.intBitsToFloat(magnitude << 13) * 0x1p112f);
        return Float.intBitsToFloat(single | (bits & 0x8000) << 16);
    }

    /** {@return the number of bytes that elements take, a multiple of {@link #blockSize()} of them} */
    public long bytes(long elements) {
        return Math.multiplyExact(elements / blockSize, (long) blockBytes);
    }

    /**
     * Decodes elements to single precision, exactly as ggml does: a number of them that is a multiple of {@link
     * #blockSize()}, from the source's position, which moves on behind them, to the destination from an index on.
     */
    public void decode(ByteBuffer source, float[] destination, int offset, int count) {
        if (count % blockSize != 0) {
            throw new IllegalArgumentException(
                    count + " elements of " + this + ": expected a multiple of " + blockSize);
        }
        if (this == F32) {
            source.duplicate().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(destination, offset, count);
            source.position(source.position() + 4 * count);
            return;
        }
        byte[] chunk = new byte[(int) bytes(Math.min(count, CHUNK))];
        for (int done = 0; done < count; ) {
            int n = Math.min(CHUNK, count - done);
            source.get(chunk, 0, (int) bytes(n));
            GgmlBlocks.decode(this, chunk, n / blockSize, destination, offset + done);
            done += n;
        }
    }
}
