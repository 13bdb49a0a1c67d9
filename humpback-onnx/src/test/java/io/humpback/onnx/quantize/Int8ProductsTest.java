package io.humpback.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.llama.RandomLlama;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class Int8ProductsTest {

    private static final int IN = 192;
    private static final int OUT = 320;
    private static final WeightName Q = new WeightName(0, Part.Q);
    private static final RandomLlama.Form FORM = new RandomLlama.Form(64, IN, IN, 1, 2, 1, 32, false, false);

    private static float[] gaussians(int count, long seed) {
        Random random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static float[] product(WeightName name, float[] w, float[] x, int levels) {
        return product(name, w, x, levels, x.length / IN, false);
    }

    /**
     * @param each new tokens of each sequence
     * @param steps whether the graph is one for single tokens alone
     */
    private static float[] product(WeightName name, float[] w, float[] x, int levels, int each, boolean steps) {
        Weights weights = new Weights(any -> WeightRows.of(w, IN));
        RotatedWeights rotated = new RotatedWeights(FORM.config(), any -> WeightRows.of(w, IN));
        Graph graph = new Graph();
        Value input = graph.input("x", ElementType.FLOAT, Shape.of("N", IN));
        graph.input("input_ids", ElementType.INT64, Shape.of("B", "S"));
        graph.output("y", new Int8Products(weights, rotated, levels, steps).product(graph, input, name));
        int tokens = x.length / IN;
        Graphs.Input ids = new Graphs.Input(new long[tokens], tokens / each, each);
        return Graphs.run(graph, "y", Map.of("x", new Graphs.Input(x, tokens, IN), "input_ids", ids));
    }

    private static double error(float[] w, float[] x, float[] found) {
        double error = 0;
        double size = 0;
        for (int n = 0; n < x.length / IN; n++) {
            for (int row = 0; row < OUT; row++) {
                double sum = 0;
                for (int i = 0; i < IN; i++) {
                    sum += x[n * IN + i] * w[row * IN + i];
                }
                error += Math.pow(sum - found[n * OUT + row], 2);
                size += sum * sum;
            }
        }
        return Math.sqrt(error / size);
    }

    @ParameterizedTest
    @CsvSource({"127, 0.013", "90, 0.013"})
    void productsOfGaussiansAreAboutOnePercentOff(int levels, double bound) {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = gaussians(40 * IN, 2);
        // vector units without VNNI add pairs of products in 16 bits: there only 90 levels are exact
        double error = error(w, x, product(Q, w, x, Math.min(levels, Int8Products.LEVELS)));
        assertTrue(
                error > 1e-4 && error < Math.max(bound, Int8Products.LEVELS == 90 ? 0.013 : 0),
                "relative error " + error);
    }

    @Test
    void aTokensResultDoesNotDependOnOthers() {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = gaussians(9 * IN, 2);
        float[] together = product(Q, w, x, Int8Products.LEVELS);
        for (int i = 0; i < IN; i++) {
            x[i] *= 1000; // another token becomes an outlier
        }
        float[] other = product(Q, w, x, Int8Products.LEVELS);
        assertArrayEquals(
                Arrays.copyOfRange(together, OUT, together.length), Arrays.copyOfRange(other, OUT, other.length));
        float[] last = product(Q, w, Arrays.copyOfRange(x, 7 * IN, 9 * IN), Int8Products.LEVELS);
        assertArrayEquals(Arrays.copyOfRange(together, 7 * OUT, 9 * OUT), last, 1e-5f);
    }

    @Test
    void productsOfSingleTokensAreAboutTwoPercentOff() {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = gaussians(40 * IN, 2);
        double both = error(w, x, product(Q, w, x, Int8Products.LEVELS));
        double alone = error(w, x, product(Q, w, x, Int8Products.LEVELS, 1, false));
        assertTrue(alone > both && alone < 0.025, "relative error " + alone + ", with two bytes " + both);
    }

    @Test
    void aSingleTokensResultDoesNotDependOnOthers() {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = gaussians(9 * IN, 2);
        float[] together = product(Q, w, x, Int8Products.LEVELS, 1, false);
        float[] alone = product(Q, w, Arrays.copyOfRange(x, 8 * IN, 9 * IN), Int8Products.LEVELS, 1, false);
        assertArrayEquals(Arrays.copyOfRange(together, 8 * OUT, 9 * OUT), alone, 1e-5f);
    }

    @Test
    void aGraphForStepsAloneComputesTheSameOfSingleTokens() {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = gaussians(9 * IN, 2);
        float[] any = product(Q, w, x, Int8Products.LEVELS, 1, false);
        assertArrayEquals(any, product(Q, w, x, Int8Products.LEVELS, 1, true), 1e-5f);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void aLargeModelIsOneGraphThatComputesTheSame(int each) {
        float[] w = gaussians(OUT * IN, 1);
        Weights weights = new Weights(any -> WeightRows.of(w, IN));
        RotatedWeights rotated = new RotatedWeights(FORM.config(), any -> WeightRows.of(w, IN));
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N", IN));
        graph.input("input_ids", ElementType.INT64, Shape.of("B", "S"));
        graph.output("y", x.linear(graph.weight(weights.floats(Q))));
        Graph small = Int8Products.rewrite(graph, weights, rotated, false);
        Graph large = Int8Products.rewrite(graph, weights, rotated, true);
        assertTrue(small.live().stream().anyMatch(node -> node.op() == Op.IF));
        assertTrue(large.live().stream().noneMatch(node -> node.op() == Op.IF));
        Map<String, Graphs.Input> inputs = Map.of(
                "x",
                new Graphs.Input(gaussians(9 * IN, 2), 9, IN),
                "input_ids",
                new Graphs.Input(new long[9], 9 / each, each));
        assertArrayEquals(Graphs.run(small, "y", inputs), Graphs.run(large, "y", inputs), 1e-5f);
    }

    /** Inputs of a norm have a fixed scale, all others their own. */
    @Test
    void theScaleOfATokenAndOfAnOutputComesOut() {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = gaussians(IN, 2);
        float[] y = product(Q.with(Part.O), w, x, Int8Products.LEVELS);
        for (int i = 0; i < IN; i++) {
            x[i] *= 4;
            w[7 * IN + i] *= 8;
        }
        float[] scaled = product(Q.with(Part.O), w, x, Int8Products.LEVELS);
        for (int row = 0; row < OUT; row++) {
            assertEquals(y[row] * (row == 7 ? 32 : 4), scaled[row], 1e-4 * (1 + Math.abs(scaled[row])));
        }
    }

    @Test
    void aTokenOfZerosGivesZeros() {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = new float[2 * IN];
        System.arraycopy(gaussians(IN, 2), 0, x, 0, IN);
        float[] y = product(Q, w, x, Int8Products.LEVELS);
        float[] none = product(Q, new float[OUT * IN], x, Int8Products.LEVELS);
        for (int i = 0; i < OUT; i++) {
            assertEquals(0.0, Math.abs(y[OUT + i]));
            assertEquals(0.0, Math.abs(none[i]));
            assertTrue(y[i] != 0);
        }
    }

    @Test
    void gatedValuesAreRotatedBeforeTheyAreRounded() {
        float[] w = gaussians(OUT * IN, 1);
        float[] x = gaussians(20 * IN, 2);
        RotatedWeights rotated = new RotatedWeights(FORM.config(), any -> WeightRows.of(w, IN));
        float[] turned = x.clone();
        rotated.gateRotation().apply(turned, 0, turned.length);
        float[] found = product(Q.with(Part.DOWN), w, x, Int8Products.LEVELS);
        assertTrue(error(w, turned, found) < 0.02, "relative error " + error(w, turned, found));
    }
}
