package io.humpback.onnx.checkpoint;

/**
 * Blocks of encoded numbers to single precision, operation for operation as in ggml's {@code ggml-quants.c}
 * ({@code dequantize_row_*}), so that the results are the same to the last bit.
 */
final class GgmlBlocks {

    /** Added to any number it leaves that number, a negative zero included. */
    private static final float NOTHING = -0f;

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
            case Q4_K -> q4k(in, blocks, out, at);
            case Q6_K -> q6k(in, blocks, out, at);
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

    private static void q4k(byte[] in, int blocks, float[] out, int at) {
        for (int b = 0, p = 0; b < blocks; b++, p += 144) {
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
                int q = p + 16 + group / 2 * 32;
                int shift = group % 2 * 4;
                for (int j = 0; j < 32; j++) {
                    out[at + j] = scaled * (in[q + j] >> shift & 15) - minimum;
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
}
