package io.humpback.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RotationTest {

    private static float[] gaussians(int count, Random random) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static double dot(float[] a, float[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += (double) a[i] * b[i];
        }
        return sum;
    }

    private static void keepsProducts(int size) {
        Rotation rotation = new Rotation(size);
        Random random = new Random(size);
        float[] a = gaussians(size, random);
        float[] b = gaussians(size, random);
        double product = dot(a, b);
        double length = dot(a, a);
        rotation.apply(a, 0, 1);
        rotation.apply(b, 0, 1);
        assertEquals(product, dot(a, b), 2e-6 * size);
        assertEquals(length, dot(a, a), 2e-6 * size);
    }

    @Property(tries = 60)
    void lengthsAndProductsAreKept(@ForAll @IntRange(min = 1, max = 300) int size) {
        keepsProducts(size);
    }

    @ParameterizedTest
    @ValueSource(ints = {64, 576, 2048, 3072, 3 * 5 * 7 * 8})
    void lengthsAndProductsAreKeptAtRealSizes(int size) {
        keepsProducts(size);
    }

    @Property(tries = 60)
    void whatIsRotatedCanBeTurnedBack(@ForAll @IntRange(min = 1, max = 300) int size) {
        float[] x = gaussians(size + 3, new Random(size));
        float[] y = x.clone();
        Rotation rotation = new Rotation(size);
        rotation.apply(y, 2, 1);
        rotation.undo(y, 2);
        assertArrayEquals(x, y, 1e-5f);
    }

    @Property(tries = 60)
    void theMatrixIsOrthogonal(@ForAll @IntRange(min = 1, max = 96) int size) {
        float[] r = new Rotation(size).matrix();
        for (int i = 0; i < size; i++) {
            for (int j = 0; j < size; j++) {
                double sum = 0;
                for (int k = 0; k < size; k++) {
                    sum += (double) r[i * size + k] * r[j * size + k];
                }
                assertEquals(i == j ? 1 : 0, sum, 1e-5);
            }
        }
    }

    @Property(tries = 60)
    void vectorsAreMultipliedByTheMatrixAndColumnsByItsTranspose(
            @ForAll @IntRange(min = 1, max = 72) int size,
            @ForAll @IntRange(min = 1, max = 5) int width,
            @ForAll Random random) {
        Rotation rotation = new Rotation(size);
        float[] r = rotation.matrix();
        float[] x = gaussians(3 + 2 * size, random);
        float[] turned = x.clone();
        rotation.apply(turned, 3, 2);
        assertArrayEquals(Arrays.copyOf(x, 3), Arrays.copyOf(turned, 3));
        for (int vector = 0; vector < 2; vector++) {
            for (int j = 0; j < size; j++) {
                double sum = 0;
                for (int i = 0; i < size; i++) {
                    sum += (double) x[3 + vector * size + i] * r[i * size + j];
                }
                assertEquals(sum, turned[3 + vector * size + j], 1e-4);
            }
        }
        float[] w = gaussians(2 + size * width, random);
        float[] columns = w.clone();
        rotation.columns(columns, 2, width);
        assertArrayEquals(Arrays.copyOf(w, 2), Arrays.copyOf(columns, 2));
        for (int i = 0; i < size; i++) {
            for (int k = 0; k < width; k++) {
                double sum = 0;
                for (int j = 0; j < size; j++) {
                    sum += (double) r[j * size + i] * w[2 + j * width + k];
                }
                assertEquals(sum, columns[2 + i * width + k], 1e-4);
            }
        }
    }

    @Test
    void anOutlierIsSpreadOverAllChannels() {
        float[] x = new float[576];
        x[100] = 576;
        new Rotation(576).apply(x, 0, 1);
        double largest = 0;
        for (float value : x) {
            largest = Math.max(largest, Math.abs(value));
        }
        assertTrue(largest < 2 * 576 / Math.sqrt(576), "largest " + largest);
    }

    @Test
    void theSameSizeIsTheSameRotation() {
        assertArrayEquals(new Rotation(36).matrix(), new Rotation(36).matrix());
    }
}
