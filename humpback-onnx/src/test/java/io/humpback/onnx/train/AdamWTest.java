package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AdamWTest {

    private static final int SIZE = 10_000;

    private static FloatBuffer direct(int size) {
        return ByteBuffer.allocateDirect(4 * size)
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    }

    private static Parameter parameter(String name, boolean decays, long seed) {
        FloatBuffer values = direct(SIZE);
        Random random = new Random(seed);
        for (int i = 0; i < SIZE; i++) {
            values.put(i, (float) random.nextGaussian());
        }
        return new Parameter(name, new long[] {SIZE}, values, direct(SIZE), decays);
    }

    private static void fill(Parameter parameter, long seed) {
        Random random = new Random(seed);
        for (int i = 0; i < SIZE; i++) {
            parameter.gradient().put(i, (float) random.nextGaussian());
        }
    }

    /** The rule as it is published, in double precision, one number at a time. */
    @Test
    void itMovesAsTheRuleSays() {
        Parameter decaying = parameter("w", true, 1);
        Parameter norm = parameter("norm", false, 2);
        double[][] expected = new double[2][SIZE];
        double[][] m = new double[2][SIZE];
        double[][] v = new double[2][SIZE];
        List<Parameter> both = List.of(decaying, norm);
        for (int p = 0; p < 2; p++) {
            for (int i = 0; i < SIZE; i++) {
                expected[p][i] = both.get(p).values().get(i);
            }
        }
        try (AdamW optimizer = new AdamW(both, 0.9, 0.95, 1e-8, 0.1, 2)) {
            for (int n = 1; n <= 5; n++) {
                double rate = 0.01 / n;
                for (int p = 0; p < 2; p++) {
                    fill(both.get(p), 10L * n + p);
                    for (int i = 0; i < SIZE; i++) {
                        double g = both.get(p).gradient().get(i) * 0.5;
                        m[p][i] = 0.9 * m[p][i] + 0.1 * g;
                        v[p][i] = 0.95 * v[p][i] + 0.05 * g * g;
                        double decayed = expected[p][i] * (p == 0 ? 1 - rate * 0.1 : 1);
                        double first = m[p][i] / (1 - Math.pow(0.9, n));
                        double second = v[p][i] / (1 - Math.pow(0.95, n));
                        expected[p][i] = decayed - rate * first / (Math.sqrt(second) + 1e-8);
                    }
                }
                optimizer.step(rate, 0.5);
            }
            assertEquals(5, optimizer.steps());
        }
        for (int p = 0; p < 2; p++) {
            for (int i = 0; i < SIZE; i++) {
                assertEquals(expected[p][i], both.get(p).values().get(i), 2e-6);
                assertEquals(0, both.get(p).gradient().get(i));
            }
        }
    }

    @Test
    void threadsDoNotChangeABit() {
        FloatBuffer[] results = new FloatBuffer[2];
        double[] norms = new double[2];
        for (int threads = 1; threads <= 2; threads++) {
            Parameter parameter = parameter("w", true, 3);
            fill(parameter, 4);
            try (AdamW optimizer = new AdamW(List.of(parameter), 0.9, 0.999, 1e-8, 0.1, threads)) {
                norms[threads - 1] = optimizer.gradientNorm();
                optimizer.step(1e-3, 1);
            }
            results[threads - 1] = parameter.values();
        }
        assertEquals(results[0], results[1]);
        assertEquals(norms[0], norms[1]);
    }

    @Test
    void theNormIsThatOfAllParametersTogether() {
        Parameter one = parameter("a", true, 5);
        Parameter two = parameter("b", true, 6);
        one.gradient().put(0, 3);
        two.gradient().put(SIZE - 1, 4);
        try (AdamW optimizer = new AdamW(List.of(one, two), 0.9, 0.999, 1e-8, 0, 1)) {
            assertEquals(5, optimizer.gradientNorm(), 1e-12);
        }
    }

    @Test
    void aNumberThatIsNotFiniteIsFound() {
        for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            Parameter good = parameter("good", true, 7);
            Parameter parameter = parameter("bad", true, 8);
            try (AdamW optimizer = new AdamW(List.of(good, parameter), 0.9, 0.999, 1e-8, 0, 1)) {
                assertEquals(Optional.empty(), optimizer.notFinite());
                parameter.values().put(SIZE - 3, bad);
                assertEquals(Optional.of("bad"), optimizer.notFinite());
            }
        }
        assertTrue(Float.isFinite(parameter("w", true, 9).values().get(0)));
    }
}
