package io.humpback.onnx.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.run.StepDecoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StepGraphTest {

    /** The weights are such that bfloat16 and blocks of 4 bits hold them exactly: what is left is from activations. */
    @ParameterizedTest
    @CsvSource({"FP32, 1e-5", "BF16, 1e-5", "INT8, 0.05", "INT4, 0.05"})
    void everyPrecisionComputesTheSameModel(Precision precision, double bound, @TempDir Path folder) throws Exception {
        RandomLlama.Form form = new RandomLlama.Form(200, 128, 256, 3, 4, 2, 32, false, true);
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), form, 8, true);
        int[] ids = new Random(9).ints(40, 0, form.vocabulary()).toArray();
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            double[] expected = RandomLlama.logits(checkpoint, ids)[39];
            Path graph = Graphs.write(InferenceGraphs.step(precision, checkpoint, 64), folder);
            try (StepDecoder engine = StepDecoder.open(graph, -1, 1, false)) {
                float[] found = engine.next(ids).values();
                double error = 0;
                double size = 0;
                for (int i = 0; i < found.length; i++) {
                    error += Math.pow(found[i] - expected[i], 2);
                    size += expected[i] * expected[i];
                }
                assertTrue(error / size < bound * bound, precision + ": relative error " + Math.sqrt(error / size));
            }
        }
    }

    @Test
    void sizesTheRuntimeCannotTakeAreRefusedByName(@TempDir Path folder) throws Exception {
        RandomLlama.write(folder, new RandomLlama.Form(50, 48, 100, 1, 2, 1, 24, false, false), 1);
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertEquals(
                    folder + ": head_dim 24, expected a multiple of 16, as the runtime's attention needs it",
                    assertThrows(ModelException.class, () -> InferenceGraphs.step(Precision.FP32, checkpoint, 8))
                            .getMessage());
        }
        Path other = Files.createDirectory(folder.resolve("other"));
        RandomLlama.write(other, new RandomLlama.Form(50, 48, 100, 1, 2, 1, 16, false, false), 1);
        try (Checkpoint checkpoint = Checkpoint.open(other)) {
            assertTrue(assertThrows(ModelException.class, () -> InferenceGraphs.step(Precision.INT4, checkpoint, 8))
                    .getMessage()
                    .endsWith("rows of 48, expected a multiple of 32 for int4"));
        }
    }
}
