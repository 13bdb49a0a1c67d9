package io.humpback.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.llama.Attention;
import io.humpback.onnx.llama.Llama;
import io.humpback.onnx.llama.RandomLlama;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.peft.PeftAdapter.LowRank;
import io.humpback.onnx.weights.MergedWeights;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.nio.FloatBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RotatedWeightsTest {

    static Stream<RandomLlama.Form> forms() {
        return Stream.of(
                RandomLlama.ODD,
                new RandomLlama.Form(64, 64, 172, 2, 4, 4, 16, true, false),
                new RandomLlama.Form(64, 40, 128, 2, 4, 1, 8, false, false));
    }

    /** Every token looks at every token, without positions: plain operators, and enough to meet all weights. */
    private static Attention plain(LlamaConfig config) {
        return (layer, q, k, v) -> {
            int d = config.headDim();
            Value mixed = null;
            for (int head = 0; head < config.heads(); head++) {
                int shared = head / (config.heads() / config.kvHeads());
                Value scores = q.slice(1, head * d, (head + 1) * d)
                        .matmul(k.slice(1, shared * d, (shared + 1) * d).transpose(1, 0));
                Value one = scores.times((float) (1 / Math.sqrt(d)))
                        .softmax()
                        .matmul(v.slice(1, shared * d, (shared + 1) * d));
                mixed = mixed == null ? one : mixed.concat(one, 1);
            }
            return mixed;
        };
    }

    private static Graph graph(LlamaConfig config, Weights weights) {
        Graph graph = new Graph();
        Value ids = graph.input("ids", ElementType.INT64, Shape.of("N"));
        Llama llama = new Llama(config, graph, weights);
        graph.output("logits", llama.logits(llama.hidden(ids, plain(config))));
        return graph;
    }

    /** Rotates the gated values before they meet their weight, as the weights in rotated coordinates expect it. */
    private static PrecisionPass rotating(RotatedWeights rotated, Weights weights) {
        return (to, x, name) -> {
            Value input = name.part() == Part.DOWN ? rotated.gateRotation().apply(to, x) : x;
            return input.linear(to.weight(weights.floats(name)));
        };
    }

    @ParameterizedTest
    @MethodSource("forms")
    void aRotatedModelIsTheSameModel(RandomLlama.Form form, @TempDir Path folder) throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, form, 5))) {
            LlamaConfig config = checkpoint.config();
            RotatedWeights rotated = new RotatedWeights(config, Weights.source(checkpoint));
            Weights rotatedWeights = new Weights(rotated);
            Map<String, Graphs.Input> inputs = Map.of(
                    "ids",
                    new Graphs.Input(
                            new Random(6).longs(9, 0, form.vocabulary()).toArray(), 9));
            float[] plain = Graphs.run(graph(config, Weights.of(checkpoint)), "logits", inputs);
            Graph graph = graph(config, rotatedWeights);
            float[] found = Graphs.run(rotating(rotated, rotatedWeights).rewrite(graph), "logits", inputs);
            assertArrayEquals(plain, found, 1e-4f);
            assertTrue(plain[0] != plain[form.vocabulary()] && Math.abs(plain[3]) > 1e-3);
            float[] withoutRotation = Graphs.run(graph, "logits", inputs);
            double difference = 0;
            for (int i = 0; i < plain.length; i++) {
                difference = Math.max(difference, Math.abs(plain[i] - withoutRotation[i]));
            }
            assertTrue(difference > 0.01, "gated values that are not rotated meet the wrong weights");
        }
    }

    @Test
    void everyMatrixIsRotatedAndNormsAreOnes(@TempDir Path folder) throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, RandomLlama.ODD, 5))) {
            RotatedWeights rotated = new RotatedWeights(checkpoint.config(), Weights.source(checkpoint));
            for (WeightName name : checkpoint.names()) {
                float[] before = Weights.source(checkpoint).apply(name).all();
                float[] after = rotated.apply(name).all();
                assertEquals(before.length, after.length, name.toString());
                if (name.part().isNorm()) {
                    for (float value : after) {
                        assertEquals(1, value, name.toString());
                    }
                } else {
                    double difference = 0;
                    for (int i = 0; i < before.length; i++) {
                        difference += Math.abs(before[i] - after[i]) / before.length;
                    }
                    assertTrue(difference > 0.01, name.toString());
                }
            }
        }
    }

    @Test
    void partsOfAMatrixAreThoseOfTheWholeHoweverOftenTheyAreRead(@TempDir Path folder) throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, RandomLlama.ODD, 5))) {
            RotatedWeights rotated = new RotatedWeights(checkpoint.config(), Weights.source(checkpoint));
            for (Part part : List.of(Part.O, Part.V, Part.DOWN, Part.GATE)) {
                WeightRows rows = rotated.apply(new WeightName(1, part));
                float[] whole = rows.all();
                float[] again = new float[whole.length + 2];
                int half = (int) rows.rows() / 2;
                rows.read(half, (int) rows.rows() - half, again, 2 + half * rows.length());
                rows.read(0, half, again, 2);
                assertArrayEquals(whole, java.util.Arrays.copyOfRange(again, 2, again.length), part.toString());
            }
        }
    }

    @ParameterizedTest
    @MethodSource("forms")
    void rotatedChangesChangeRotatedWeightsAsTheChangeOfTheWeightsDoes(RandomLlama.Form form, @TempDir Path folder)
            throws Exception {
        int rank = 3;
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, form, 5))) {
            RotatedWeights plain = new RotatedWeights(checkpoint.config(), Weights.source(checkpoint));
            for (WeightName name : checkpoint.config().products()) {
                int out = (int) checkpoint.config().shape(name.part())[0];
                int in = (int) checkpoint.config().shape(name.part())[1];
                float[] a = noise(rank * in);
                float[] b = noise(out * rank);
                LowRank change =
                        new LowRank(name, rank, rank, FloatBuffer.wrap(a.clone()), FloatBuffer.wrap(b.clone()));
                PeftAdapter adapter = new PeftAdapter(rank, rank, false, 0, "", List.of(change));
                RotatedWeights merged = new RotatedWeights(
                        checkpoint.config(),
                        new MergedWeights(Weights.source(checkpoint), checkpoint.config(), adapter));
                float[] before = plain.apply(name).all();
                float[] after = merged.apply(name).all();
                plain.rotate(name, rank, a, b);
                if (name.part() == Part.DOWN) { // its input is rotated after the change has taken it
                    plain.gateRotation().apply(a, 0, a.length);
                }
                for (int i = 0; i < out * in; i++) {
                    double expected = before[i];
                    for (int k = 0; k < rank; k++) {
                        expected += b[i / in * rank + k] * a[k * in + i % in];
                    }
                    assertEquals(expected, after[i], 2e-4, name.toString());
                }
            }
        }
    }

    private static float[] noise(int count) {
        Random random = new Random(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }
}
