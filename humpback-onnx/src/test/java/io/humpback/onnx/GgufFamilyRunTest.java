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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
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

    /** {@return a file with all that the families' configurations have that a file can tell} */
    static GgufBuilder gguf(String architecture, Checkpoint source, DType type) {
        LlamaConfig config = source.config();
        String own = architecture + ".";
        GgufBuilder builder = GgufFamiliesTest.gguf(architecture, source, type);
        if (architecture.equals("granite")) {
            LlamaConfig.Scales scales = config.features().scales();
            builder.key("granite.embedding_scale", (float) scales.embedding())
                    .key("granite.residual_scale", (float) scales.residual())
                    .key("granite.attention.scale", (float) scales.attention())
                    .key("granite.logit_scale", (float) (1 / scales.logits()));
        }
        Rope rope = config.rope();
        for (int layer = 0; layer < config.layers(); layer++) {
            LlamaConfig.Sight sight = config.sight(layer);
            if (sight.window() > 0) {
                builder.without(own + "attention.sliding_window").key(own + "attention.sliding_window", sight.window());
            } else if (sight.rope() != null) {
                rope = sight.rope();
            }
        }
        if (architecture.equals("gemma3")) {
            boolean[] windowed = new boolean[config.layers()];
            for (int layer = 0; layer < windowed.length; layer++) {
                windowed[layer] = config.sight(layer).window() > 0;
                if (windowed[layer]) {
                    float theta = (float) config.sight(layer).rope().theta();
                    builder.without("gemma3.rope.freq_base_swa").key("gemma3.rope.freq_base_swa", theta);
                }
            }
            builder.key("gemma3.attention.sliding_window_pattern", windowed)
                    .without("gemma3.rope.freq_base")
                    .key("gemma3.rope.freq_base", (float) rope.theta());
        }
        scaling(builder, own, rope, config);
        return builder;
    }

    private static void scaling(GgufBuilder builder, String own, Rope rope, LlamaConfig config) {
        if (rope.scaling() instanceof Rope.Linear linear) {
            builder.key(own + "rope.scaling.type", "linear").key(own + "rope.scaling.factor", (float) linear.factor());
        } else if (rope.scaling() instanceof Rope.Yarn yarn) {
            builder.key(own + "rope.scaling.type", "yarn")
                    .key(own + "rope.scaling.factor", (float) yarn.factor())
                    .key(own + "rope.scaling.yarn_beta_slow", (float) yarn.slow())
                    .key(own + "rope.scaling.yarn_beta_fast", (float) yarn.fast())
                    .key(own + "rope.scaling.original_context_length", yarn.originalPositions());
        } else if (rope.scaling() instanceof Rope.Divisors divisors) {
            builder.key(own + "rope.scaling.attn_factor", (float) divisors.attention())
                    .key(own + "rope.scaling.original_context_length", config.maxPositions());
            for (String factors : List.of("rope_factors_short.weight", "rope_factors_long.weight")) {
                vector(builder, factors, divisors.divisors());
            }
        } else if (rope.scaling() instanceof Rope.Llama3) {
            double[] plain = new Rope(rope.theta(), rope.share(), null).inverseFrequencies(config.headDim());
            double[] scaled = rope.inverseFrequencies(config.headDim());
            vector(
                    builder,
                    "rope_freqs.weight",
                    IntStream.range(0, plain.length)
                            .mapToObj(i -> (float) (plain[i] / scaled[i]))
                            .toList());
        }
    }

    private static void vector(GgufBuilder builder, String name, List<Float> values) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * values.size()).order(ByteOrder.LITTLE_ENDIAN);
        values.forEach(bytes::putFloat);
        builder.tensor(name, 0, bytes.array(), values.size());
    }

    @ParameterizedTest
    @CsvSource({
        "qwen2, qwen2",
        "qwen3, qwen3",
        "mistral, llama",
        "phi3, phi3",
        "granite, granite",
        "gemma3, gemma3",
        "llama-bias, llama",
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
