package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.GgufBuilder;
import io.humpback.onnx.checkpoint.GgufFamiliesTest;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.run.StepDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a GGUF file of each family computes, against the folder it was made of. */
class GgufFamilyRunTest {

    @TempDir
    Path folder;

    private List<float[]> logits(Checkpoint checkpoint, List<int[]> prompts) throws IOException {
        Path graph = Graphs.write(
                InferenceGraphs.step(Precision.FP32, checkpoint, 512), Files.createTempDirectory(folder, "graph"));
        List<float[]> logits = new ArrayList<>();
        try (StepDecoder engine = StepDecoder.open(graph, -1, 1, true)) {
            prompts.forEach(ids -> logits.add(engine.next(ids).values()));
        }
        return logits;
    }

    private static GgufBuilder gguf(String architecture, Checkpoint source, DType type) {
        GgufBuilder builder = GgufFamiliesTest.gguf(architecture, source, type);
        LlamaConfig.Scales scales = source.config().features().scales();
        if (architecture.equals("granite")) {
            builder.key("granite.embedding_scale", (float) scales.embedding())
                    .key("granite.residual_scale", (float) scales.residual())
                    .key("granite.attention.scale", (float) scales.attention())
                    .key("granite.logit_scale", (float) (1 / scales.logits()));
        }
        if (source.config().rope().scaling() instanceof Rope.Linear linear) {
            builder.key("llama.rope.scaling.type", "linear").key("llama.rope.scaling.factor", (float) linear.factor());
        }
        if (source.config().rope().scaling() instanceof Rope.Yarn yarn) {
            builder.key("llama.rope.scaling.type", "yarn")
                    .key("llama.rope.scaling.factor", (float) yarn.factor())
                    .key("llama.rope.scaling.original_context_length", yarn.originalPositions());
        }
        return builder;
    }

    @ParameterizedTest
    @CsvSource({
        "qwen2, qwen2",
        "qwen3, qwen3",
        "mistral, llama",
        "phi3, phi3",
        "granite, granite",
        "llama-linear, llama",
        "llama-yarn, llama"
    })
    void theLogitsAreThoseOfTheFolder(String family, String architecture) throws IOException {
        List<int[]> prompts = new ArrayList<>();
        for (JsonNode sequence :
                Reference.golden("families/" + family + "/goldens.json").path("sequences")) {
            prompts.add(Reference.ids(sequence.path("ids")));
        }
        try (Checkpoint source = Checkpoint.open(Reference.file("data/golden/families/" + family))) {
            List<float[]> expected = logits(source, prompts);
            for (DType type : List.of(DType.F32, DType.BF16, DType.Q8_0)) {
                Path file = Files.write(
                        folder.resolve(type + ".gguf"),
                        gguf(architecture, source, type).build());
                try (Checkpoint gguf = Checkpoint.open(file)) {
                    List<float[]> found = logits(gguf, prompts);
                    for (int i = 0; i < prompts.size(); i++) {
                        if (type == DType.Q8_0) {
                            assertTrue(relative(expected.get(i), found.get(i)) < 0.1, family + " prompt " + i);
                        } else {
                            assertArrayEquals(expected.get(i), found.get(i), 2e-5f, type + " prompt " + i);
                        }
                    }
                }
            }
        }
    }

    private static double relative(float[] expected, float[] found) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(found[i] - expected[i], 2);
            size += expected[i] * expected[i];
        }
        return Math.sqrt(error / size);
    }
}
