package io.humpback.onnx.llama;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.run.Decoder.Computed;
import io.humpback.onnx.run.StateRequest;
import io.humpback.onnx.run.StepDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PooledStatesTest {

    private static final RandomLlama.Form FORM = new RandomLlama.Form(200, 128, 256, 3, 4, 2, 32, false, true);

    /** Longer than a chunk, so that a mean is summed up over two. */
    private static final int TOKENS = 300;

    private static final List<Integer> LAYERS = List.of(1, 3, 2);

    /** The weights are such that bfloat16 and blocks of 4 bits hold them exactly: what is left is from activations. */
    @ParameterizedTest
    @CsvSource({"FP32, 1e-5", "BF16, 1e-5", "INT8, 0.05", "INT4, 0.05"})
    void statesAreThoseThatThePapersDefine(Precision precision, double bound, @TempDir Path folder) throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), FORM, 8, true);
        int[] ids = new Random(9).ints(TOKENS, 0, FORM.vocabulary()).toArray();
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            List<double[][]> expected = RandomLlama.states(checkpoint, ids);
            Path graph = Graphs.write(InferenceGraphs.step(precision, checkpoint, 512), folder);
            try (StepDecoder decoder = StepDecoder.open(graph, -1, 1, true)) {
                assertEquals(3, decoder.stateLayers());
                float[] found = states(decoder, ids, 200, 290);
                for (int i = 0; i < LAYERS.size(); i++) {
                    double[][] layer = expected.get(LAYERS.get(i) - 1);
                    assertNear(layer[TOKENS - 1], found, 2 * i * 128, bound);
                    assertNear(mean(layer, 200, 290), found, (2 * i + 1) * 128, bound);
                }
            }
        }
    }

    @Test
    void whatTheCacheHoldsAndWhoWasAskedBeforeChangeNothing(@TempDir Path folder) throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), FORM, 8, true);
        int[] ids = new Random(9).ints(TOKENS, 0, FORM.vocabulary()).toArray();
        int[] other = ids.clone();
        other[TOKENS - 20]++;
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Path graph = Graphs.write(InferenceGraphs.step(Precision.INT8, checkpoint, 512), folder);
            try (StepDecoder decoder = StepDecoder.open(graph, -1, 1, true);
                    StepDecoder alone = StepDecoder.open(graph, -1, 1, false)) {
                float[] expected = states(alone, ids, 270, 290);
                decoder.next(other);
                assertArrayEquals(expected, states(decoder, ids, 270, 290), 1e-4f);
                decoder.next(ids);
                StateRequest last = new StateRequest(ids, 0, 0, List.of(2));
                Computed computed = decoder.states(List.of(last)).get(0);
                assertEquals(TOKENS - 2, computed.shared());
                assertArrayEquals(Arrays.copyOfRange(expected, 4 * 128, 5 * 128), computed.values(), 1e-4f);
            }
        }
    }

    private static float[] states(StepDecoder decoder, int[] ids, int from, int to) {
        return decoder.states(List.of(new StateRequest(ids, from, to, LAYERS)))
                .get(0)
                .values();
    }

    private static double[] mean(double[][] rows, int from, int to) {
        double[] mean = new double[rows[0].length];
        for (int t = from; t < to; t++) {
            for (int i = 0; i < mean.length; i++) {
                mean[i] += rows[t][i] / (to - from);
            }
        }
        return mean;
    }

    private static void assertNear(double[] expected, float[] found, int at, double bound) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(found[at + i] - expected[i], 2);
            size += expected[i] * expected[i];
        }
        assertTrue(error / size < bound * bound, "relative error " + Math.sqrt(error / size));
    }
}
