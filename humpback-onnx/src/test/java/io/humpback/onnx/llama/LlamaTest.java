package io.humpback.onnx.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.run.StepDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LlamaTest {

    static Stream<RandomLlama.Form> forms() {
        return Stream.of(
                RandomLlama.ODD,
                new RandomLlama.Form(64, 64, 96, 2, 4, 4, 16, true, false), // every query head has its own keys
                new RandomLlama.Form(64, 64, 96, 1, 8, 1, 16, false, false), // all query heads share one key head
                new RandomLlama.Form(40, 32, 64, 3, 2, 1, 64, true, true)); // heads wider than the stream
    }

    @ParameterizedTest
    @MethodSource("forms")
    void theGraphComputesWhatThePapersDefine(RandomLlama.Form form, @TempDir Path folder) throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), form, 3);
        int[] ids = new Random(4).ints(70, 0, form.vocabulary()).toArray();
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            double[][] expected = RandomLlama.logits(checkpoint, ids);
            Path graph = Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, 128), folder);
            try (StepDecoder engine = StepDecoder.open(graph, -1, 1, false)) {
                for (int length : new int[] {1, 2, 33, 70}) {
                    float[] found = engine.next(Arrays.copyOf(ids, length)).values();
                    double largest = 0;
                    for (int i = 0; i < found.length; i++) {
                        assertEquals(expected[length - 1][i], found[i], 1e-4, length + " tokens, id " + i);
                        largest = Math.max(largest, Math.abs(found[i]));
                    }
                    assertTrue(largest > 0.5, "logits up to " + largest);
                }
            }
        }
    }
}
