package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SamplerTest {

    private static final Sampling PLAIN = Sampling.nucleus(1);

    private static float[] logits(int count, Random random) {
        float[] logits = new float[count];
        for (int i = 0; i < count; i++) {
            logits[i] = Math.round(random.nextGaussian() * 8) / 4f; // ties are frequent
        }
        return logits;
    }

    /** {@return each token's probability by the definition of the filters, in their order} */
    private static double[] naive(float[] logits, Sampling sampling) {
        double[] weights = IntStream.range(0, logits.length)
                .mapToDouble(i -> Math.exp(logits[i] / sampling.temperature()))
                .toArray();
        List<Integer> left =
                new ArrayList<>(IntStream.range(0, logits.length).boxed().toList());
        left.sort(Comparator.comparing((Integer id) -> -logits[id]).thenComparing(id -> id));
        if (sampling.topK() > 0) {
            left = left.subList(0, Math.min(sampling.topK(), left.size()));
        }
        double sum = left.stream().mapToDouble(id -> weights[id]).sum();
        List<Integer> nucleus = new ArrayList<>();
        double mass = 0;
        for (int id : left) {
            if (mass < sampling.topP() * sum * (1 - 1e-12)) {
                nucleus.add(id);
                mass += weights[id];
            }
        }
        double best = weights[nucleus.get(0)];
        nucleus.removeIf(id -> weights[id] < sampling.minP() * best * (1 - 1e-12));
        double all = nucleus.stream().mapToDouble(id -> weights[id]).sum();
        double[] probabilities = new double[logits.length];
        nucleus.forEach(id -> probabilities[id] = weights[id] / all);
        return probabilities;
    }

    @Property(tries = 400)
    void theFiltersAreThoseOfTheirDefinition(
            @ForAll Random random,
            @ForAll @IntRange(min = 1, max = 40) int vocabulary,
            @ForAll @IntRange(max = 45) int topK,
            @ForAll @DoubleRange(min = 0.01, max = 1) double topP,
            @ForAll @DoubleRange(min = 0, max = 0.9) double minP,
            @ForAll @DoubleRange(min = 0.1, max = 3) double temperature) {
        float[] logits = logits(vocabulary, random);
        Sampling sampling = PLAIN.topK(topK).topP(topP).minP(minP).temperature(temperature);
        double[] probabilities = naive(logits, sampling);
        Sampler sampler = new Sampler(sampling);
        for (int item = 0; item < 50; item++) {
            int id = sampler.choose(logits, item, 3);
            assertTrue(probabilities[id] > 0, "token " + id + " of " + List.of(probabilities));
            // the draw is the point of the noise in the sorted probabilities laid end to end
            double below = 0;
            for (int other = 0; other < vocabulary; other++) {
                boolean before = logits[other] > logits[id] || logits[other] == logits[id] && other < id;
                below += before ? probabilities[other] : 0;
            }
            double noise = Sampler.noise(sampling.seed(), item, 3);
            assertTrue(noise >= below - 1e-9 && noise <= below + probabilities[id] + 1e-9);
        }
    }

    @Property(tries = 100)
    void greedyTakesTheFirstOfTheLargest(@ForAll Random random, @ForAll @IntRange(min = 1, max = 60) int vocabulary) {
        float[] logits = logits(vocabulary, random);
        int id = new Sampler(Sampling.greedy()).choose(logits, 0, 0);
        for (int other = 0; other < vocabulary; other++) {
            assertTrue(logits[other] < logits[id] || logits[other] == logits[id] && other >= id);
        }
        assertEquals(id, new Sampler(PLAIN.topK(1)).choose(logits, 5, 7));
        assertEquals(id, new Sampler(PLAIN.temperature(1e-300)).choose(unique(logits, id), 5, 7));
        assertEquals(id, new Sampler(PLAIN.topP(1e-12)).choose(logits, 5, 7));
    }

    private static float[] unique(float[] logits, int id) {
        float[] changed = logits.clone();
        changed[id] += 0.001f;
        return changed;
    }

    /** Chi-square with 7 degrees of freedom: 24.3 is passed once in a thousand; the seeds are fixed. */
    @Test
    void drawsHaveTheirProbabilities() {
        float[] logits = {1, -0.5f, 2, 0, 0, 0.3f, -1.5f, 1};
        for (Sampling sampling : List.of(
                PLAIN.seed(1),
                PLAIN.seed(2).temperature(0.5),
                PLAIN.seed(3).temperature(2).topP(0.999999))) {
            double[] probabilities = naive(logits, sampling);
            int draws = 40_000;
            int[] items = new int[logits.length];
            int[] steps = new int[logits.length];
            Sampler sampler = new Sampler(sampling);
            for (int i = 0; i < draws; i++) {
                items[sampler.choose(logits, i, 0)]++;
                steps[sampler.choose(logits, 0, i)]++;
            }
            for (int[] counts : new int[][] {items, steps}) {
                double chiSquare = 0;
                for (int id = 0; id < logits.length; id++) {
                    double expected = draws * probabilities[id];
                    chiSquare += Math.pow(counts[id] - expected, 2) / expected;
                }
                assertTrue(chiSquare < 24.3, "chi-square " + chiSquare);
            }
        }
    }

    @Test
    void theDrawDependsOnSeedItemAndStepAlone() {
        float[] logits = logits(1000, new Random(1));
        Sampler sampler = new Sampler(PLAIN.seed(9));
        int id = sampler.choose(logits, 12, 34);
        sampler.choose(logits, 13, 34);
        assertEquals(id, sampler.choose(logits, 12, 34));
        assertEquals(id, new Sampler(PLAIN.seed(9)).choose(logits, 12, 34));
        assertNotEquals(Sampler.noise(9, 12, 34), Sampler.noise(9, 34, 12));
        assertNotEquals(Sampler.noise(9, 12, 34), Sampler.noise(9, 13, 34));
        assertNotEquals(Sampler.noise(9, 12, 34), Sampler.noise(9, 12, 35));
        assertNotEquals(Sampler.noise(9, 12, 34), Sampler.noise(10, 12, 34));
        assertNotEquals(Sampler.noise(9, 12, 34), Sampler.noise(9, 13, 33));
    }

    @Test
    void noiseIsUniform() {
        int[] tenths = new int[10];
        for (long item = 0; item < 100; item++) {
            for (int step = 0; step < 100; step++) {
                double noise = Sampler.noise(0, item, step);
                assertTrue(noise >= 0 && noise < 1);
                tenths[(int) (10 * noise)]++;
            }
        }
        for (int count : tenths) {
            assertEquals(1000, count, 120); // four standard deviations
        }
    }

    @Test
    void impossibleTokensAreNotDrawn() {
        float no = Float.NEGATIVE_INFINITY;
        Sampler sampler = new Sampler(PLAIN.temperature(1e308));
        for (int item = 0; item < 200; item++) {
            assertNotEquals(1, sampler.choose(new float[] {0, no, 0}, item, 0));
        }
    }

    @Test
    void logitsThatAreNoNumbersAreRefused() {
        for (Sampling sampling : List.of(Sampling.greedy(), PLAIN)) {
            Sampler sampler = new Sampler(sampling);
            float nan = Float.NaN;
            assertEquals(
                    "logits: the largest is NaN, expected a finite number",
                    assertThrows(ModelException.class, () -> sampler.choose(new float[] {nan, nan}, 0, 0))
                            .getMessage());
            for (float bad : new float[] {Float.NEGATIVE_INFINITY, Float.POSITIVE_INFINITY}) {
                assertThrows(ModelException.class, () -> sampler.choose(new float[] {bad, bad}, 0, 0));
            }
        }
    }
}
