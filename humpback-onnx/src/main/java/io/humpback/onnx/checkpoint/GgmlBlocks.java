package io.humpback.onnx.checkpoint;

/**
 * Blocks of encoded numbers to single precision, operation for operation as in ggml's {@code ggml-quants.c}
 * ({@code dequantize_row_*}), so that the results are the same to the last bit.
 */
final class GgmlBlocks {

    /** Added to any number it leaves that number, a negative zero included. */
    private static final float NOTHING = -0f;

    /** The numbers of the types IQ4: dense about zero, as weights are. */
    private static final byte[] UNEVEN = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

    /** Twice the numbers of the four-bit floating point format E2M1. */
    private static final byte[] E2M1 = {0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12};

    private GgmlBlocks() {}

    /** Decodes a number of whole blocks from the start of {@code in} to {@code out} from {@code at} on. */
    static void decode(DType type, byte[] in, int blocks, float[] out, int at) {
        switch (type) {
            case F32 -> throw new IllegalArgumentException("F32 has no blocks");
            case F16 -> f16(in, blocks, out, at);
            case BF16 -> bf16(in, blocks, out, at);
            case Q8_0 -> q8(in, blocks, out, at);
            case Q4_0 -> q4(in, blocks, out, at, false);
            case Q4_1 -> q4(in, blocks, out, at, true);
            case Q5_0 -> q5(in, blocks, out, at, false);
            case Q5_1 -> q5(in, blocks, out, at, true);
            case Q2_K -> q2k(in, blocks, out, at);
            case Q3_K -> q3k(in, blocks, out, at);
            case Q4_K -> q45k(in, blocks, out, at, false);
            case Q5_K -> q45k(in, blocks, out, at, true);
            case Q6_K -> q6k(in, blocks, out, at);
            case IQ4_NL -> iq4nl(in, blocks, out, at);
            case IQ4_XS -> iq4xs(in, blocks, out, at);
            case MXFP4 -> mxfp4(in, blocks, out, at);
        }
    }

    /** {@return the half-precision number at an index, little endian} */
    private static float half(byte[] in, int at) {
        return DType.half((in[at] & 0xff) | (in[at + 1] & 0xff) << 8);
    }

    private static void f16(byte[] in, int count, float[] out, int at) {
        for (int i = 0; i < count; i++) {
            out[at + i] = half(in, 2 * i);
        }
    }

    private static void bf16(byte[] in, int count, float[] out, int at) {
        for (int i = 0; i < count; i++) {
            out[at + i] = Float.intBitsToFloat((in[2 * i] & 0xff) << 16 | in[2 * i + 1] << 24);
        }
    }

    private static void q8(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 34, at += 32) {
            float d = half(in, p);
            for (int j = 0; j < 32; j++) {
                out[at + j] = in[p + 2 + j] * d;
            }
        }
    }

    private static void q4(byte[] in, int blocks, float[] out, int at, boolean minimum) {
        for (int b = 0, p = 0; b < blocks; b++, at += 32) {
            float d = half(in, p);
            float m = minimum ? half(in, p + 2) : NOTHING;
            int zero = minimum ? 0 : 8;
            int q = p + (minimum ? 4 : 2);
            for (int j = 0; j < 16; j++) {
                out[at + j] = ((in[q + j] & 15) - zero) * d + m;
                out[at + j + 16] = ((in[q + j] >> 4 & 15) - zero) * d + m;
            }
            p = q + 16;
        }
    }

    private static void q5(byte[] in, int blocks, float[] out, int at, boolean minimum) {
        for (int b = 0, p = 0; b < blocks; b++, at += 32) {
            float d = half(in, p);
            float m = minimum ? half(in, p + 2) : NOTHING;
            int zero = minimum ? 0 : 16;
            int h = p + (minimum ? 4 : 2);
            int high = (in[h] & 0xff) | (in[h + 1] & 0xff) << 8 | (in[h + 2] & 0xff) << 16 | in[h + 3] << 24;
            int q = h + 4;
            for (int j = 0; j < 16; j++) {
                int first = in[q + j] & 15 | high >>> j << 4 & 16;
                int second = in[q + j] >> 4 & 15 | high >>> j + 12 & 16;
                out[at + j] = (first - zero) * d + m;
                out[at + j + 16] = (second - zero) * d + m;
            }
            p = q + 16;
        }
    }

    private static void q2k(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 84) {
            float d = half(in, p + 80);
            float dmin = half(in, p + 82);
            for (int group = 0; group < 16; group++, at += 16) { // eight groups share 32 bytes, two bits of each
                float scale = d * (in[p + group] & 15);
                float minimum = dmin * (in[p + group] >> 4 & 15);
                int q = p + 16 + group / 8 * 32 + group % 2 * 16;
                int shift = group % 8 / 2 * 2;
                for (int j = 0; j < 16; j++) {
                    out[at + j] = scale * (in[q + j] >> shift & 3) - minimum;
                }
            }
        }
    }

    private static void q3k(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 110) {
            float d = half(in, p + 108);
            int s = p + 96;
            for (int group = 0; group < 16; group++, at += 16) {
                // 6-bit scales: the lower four bits in eight bytes, the upper two in the four bytes behind them
                int low = in[s + group % 8] >> group / 8 * 4 & 15;
                int high = in[s + 8 + group % 4] >> group / 4 * 2 & 3;
                float scale = d * ((low | high << 4) - 32);
                int q = p + 32 + group / 8 * 32 + group % 2 * 16;
                int shift = group % 8 / 2 * 2;
                int third = p + group % 2 * 16;
                for (int j = 0; j < 16; j++) {
                    int missing = in[third + j] >> group / 2 & 1 ^ 1; // the third bit counts where it is not set
                    out[at + j] = scale * ((in[q + j] >> shift & 3) - 4 * missing);
                }
            }
        }
    }

    private static void q45k(byte[] in, int blocks, float[] out, int at, boolean fifth) {
        for (int b = 0, p = 0; b < blocks; b++, p += fifth ? 176 : 144) {
            float d = half(in, p);
            float dmin = half(in, p + 2);
            int s = p + 4;
            for (int group = 0; group < 8; group++, at += 32) {
                // 6-bit scales and minima: four groups plainly, the other four spread over nibbles and spare upper bits
                int scale = group < 4 ? in[s + group] & 63 : in[s + group + 4] & 15 | (in[s + group - 4] >> 6 & 3) << 4;
                int min = group < 4
                        ? in[s + group + 4] & 63
                        : in[s + group + 4] >> 4 & 15 | (in[s + group] >> 6 & 3) << 4;
                float scaled = d * scale;
                float minimum = dmin * min;
                int q = p + (fifth ? 48 : 16) + group / 2 * 32;
                int shift = group % 2 * 4;
                for (int j = 0; j < 32; j++) {
                    int high = fifth ? (in[p + 16 + j] >> group & 1) << 4 : 0;
                    out[at + j] = scaled * (in[q + j] >> shift & 15 | high) - minimum;
                }
            }
        }
    }

    private static void q6k(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 210) {
            float d = half(in, p + 208);
            for (int half = 0; half < 2; half++, at += 128) {
                int low = p + 64 * half;
                int high = p + 128 + 32 * half;
                int s = p + 192 + 8 * half;
                for (int j = 0; j < 32; j++) {
                    int is = s + j / 16;
                    int h = in[high + j];
                    out[at + j] = d * in[is] * ((in[low + j] & 15 | (h & 3) << 4) - 32);
                    out[at + j + 32] = d * in[is + 2] * ((in[low + j + 32] & 15 | (h >> 2 & 3) << 4) - 32);
                    out[at + j + 64] = d * in[is + 4] * ((in[low + j] >> 4 & 15 | (h >> 4 & 3) << 4) - 32);
                    out[at + j + 96] = d * in[is + 6] * ((in[low + j + 32] >> 4 & 15 | (h >> 6 & 3) << 4) - 32);
                }
            }
        }
    }

    private static void iq4nl(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 18, at += 32) {
            table(half(in, p), UNEVEN, in, p + 2, out, at);
        }
    }

    private static void iq4xs(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 136) {
            float d = half(in, p);
            int high = (in[p + 2] & 0xff) | (in[p + 3] & 0xff) << 8;
            for (int group = 0; group < 8; group++, at += 32) {
                int scale = in[p + 4 + group / 2] >> group % 2 * 4 & 15 | (high >> 2 * group & 3) << 4;
                table(d * (scale - 32), UNEVEN, in, p + 8 + 16 * group, out, at);
            }
        }
    }

    private static void mxfp4(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 17, at += 32) {
            int exponent = in[p] & 0xff; // the scale is half of 2^(exponent - 127), since the table is doubled
            float scale = Float.intBitsToFloat(exponent < 2 ? 0x200000 << exponent : exponent - 1 << 23);
            table(scale, E2M1, in, p + 1, out, at);
        }
    }

    /** Sixteen bytes of nibbles that are places in a table of numbers, the low ones first. */
    private static void table(float scale, byte[] numbers, byte[] in, int q, float[] out, int at) {
        for (int j = 0; j < 16; j++) {
            out[at + j] = scale * numbers[in[q + j] & 15];
            out[at + j + 16] = scale * numbers[in[q + j] >> 4 & 15];
        }
    }
}
