package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class GgmlBlocksTest {

    @Test
    void everyHalfPrecisionNumberHasItsValue() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            int exponent = bits >> 10 & 31;
            int fraction = bits & 1023;
            double magnitude = exponent == 31
                    ? fraction == 0 ? Double.POSITIVE_INFINITY : Double.NaN
                    : exponent == 0 ? Math.scalb(fraction, -24) : Math.scalb(1024 + fraction, exponent - 25);
            float expected = (float) (bits >> 15 == 0 ? magnitude : -magnitude);
            assertEquals(expected, DType.half(bits), Integer.toHexString(bits));
        }
    }

    @Test
    void aNegativeZeroStaysNegative() {
        byte[] block = new byte[18];
        block[1] = (byte) 0xbc; // d = -1, and every q = 8 stands for 0
        Arrays.fill(block, 2, 18, (byte) 0x88);
        float[] values = new float[32];
        GgmlBlocks.decode(DType.Q4_0, block, 1, values, 0);
        assertEquals(-0f, values[0]);
        assertEquals(-0f, values[31]);
    }
}
