package io.humpback.onnx.quantize;

import java.util.SplittableRandom;

/**
 * A fixed orthogonal matrix R of a given size, applied in n log n steps: random signs, then a Walsh-Hadamard transform
 * over the largest power of two that divides the size, then a cosine transform over what is left. Rotating the residual
 * stream by it spreads the outlier channels that ruin 8-bit activations, and changes nothing else (QuaRot, Ashkboos et
 * al. 2024, arXiv 2404.00456).
 */
public final class Rotation {

    private final int size;
    private final int power;
    private final float[] signs;
    /** Orthonormal cosine transform [rest, rest]. */
    private final float[] mix;

    public Rotation(int size) {
        this.size = size;
        power = Integer.lowestOneBit(size);
        int rest = size / power;
        signs = new float[size];
        SplittableRandom random = new SplittableRandom(size);
        for (int i = 0; i < size; i++) {
            signs[i] = random.nextBoolean() ? 1 : -1;
        }
        mix = new float[rest * rest];
        for (int i = 0; i < rest; i++) {
            for (int j = 0; j < rest; j++) {
                double norm = Math.sqrt((i == 0 ? 1.0 : 2.0) / rest);
                mix[i * rest + j] = (float) (norm * Math.cos(Math.PI * (j + 0.5) * i / rest));
            }
        }
    }

    /** Replaces a number of vectors x, one after the other from an index on, by x R. */
    public void apply(float[] x, int at, int count) {
        float[] column = new float[size / power];
        for (int i = 0; i < count; i++) {
            columns(x, at + i * size, 1, column);
        }
    }

    /** Replaces a row-major matrix W [size, width], which begins at an index, by Rᵀ W. */
    public void columns(float[] w, int at, int width) {
        columns(w, at, width, new float[size / power]);
    }

    private void columns(float[] w, int at, int width, float[] column) {
        for (int i = 0; i < size; i++) {
            if (signs[i] < 0) {
                for (int k = at + i * width; k < at + (i + 1) * width; k++) {
                    w[k] = -w[k];
                }
            }
        }
        hadamard(w, at, width);
        int rest = column.length;
        int stride = power * width;
        float scale = (float) (1 / Math.sqrt(power));
        for (int k = at; k < at + stride; k++) {
            for (int i = 0; i < rest; i++) {
                column[i] = w[k + i * stride] * scale;
            }
            for (int i = 0; i < rest; i++) {
                float sum = 0;
                for (int j = 0; j < rest; j++) {
                    sum += mix[i * rest + j] * column[j];
                }
                w[k + i * stride] = sum;
            }
        }
    }

    private void hadamard(float[] w, int at, int width) {
        for (int step = width; step < power * width; step *= 2) {
            for (int block = at; block < at + size * width; block += 2 * step) {
                for (int k = block; k < block + step; k++) {
                    float a = w[k];
                    float b = w[k + step];
                    w[k] = a + b;
                    w[k + step] = a - b;
                }
            }
        }
    }

    /** Replaces a vector x, which begins at an index, by x Rᵀ, which undoes {@link #apply}. */
    public void undo(float[] x, int at) {
        int rest = size / power;
        float[] column = new float[rest];
        float scale = (float) (1 / Math.sqrt(power));
        for (int k = 0; k < power; k++) {
            for (int i = 0; i < rest; i++) {
                column[i] = x[at + k + i * power] * scale;
            }
            for (int j = 0; j < rest; j++) {
                float sum = 0;
                for (int i = 0; i < rest; i++) {
                    sum += mix[i * rest + j] * column[i];
                }
                x[at + k + j * power] = sum;
            }
        }
        hadamard(x, at, 1);
        for (int i = 0; i < size; i++) {
            x[at + i] *= signs[i];
        }
    }

    /** {@return R [size, size], row-major} */
    public float[] matrix() {
        float[] matrix = new float[size * size];
        for (int i = 0; i < size; i++) {
            matrix[i * size + i] = 1;
        }
        apply(matrix, 0, size);
        return matrix;
    }
}
