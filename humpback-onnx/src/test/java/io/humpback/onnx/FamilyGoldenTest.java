package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.Completion;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.llama.PagedGraph;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.LoopDecoder;
import io.humpback.onnx.run.PagedDecoder;
import io.humpback.onnx.run.StepDecoder;
import io.humpback.onnx.run.TokenContinuation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Small random models of the families beside Llama against transformers, with either layout of their configuration. */
class FamilyGoldenTest {

    private static final double LOGITS = 2e-4;
    private static final double LOGS = 1e-4;
    private static final double GAP = 1e-3;

    @TempDir
    Path folder;

    private static Path source(String family) {
        return Reference.file("data/golden/families/" + family);
    }

    private static JsonNode golden(String family) throws IOException {
        return Reference.golden("families/" + family + "/goldens.json");
    }

    /** {@return the model with its configuration in the layout of most checkpoints on the hub} */
    private Path classic(String family) throws IOException {
        Path copy = Files.createDirectory(folder.resolve("classic"));
        for (String file : List.of("model.safetensors", "generation_config.json", "tokenizer.json")) {
            Files.copy(source(family).resolve(file), copy.resolve(file));
        }
        Files.copy(source(family).resolve("config.classic.json"), copy.resolve("config.json"));
        return copy;
    }

    private StepDecoder stepped(Path source, Precision precision, boolean sharing) throws IOException {
        Path graphs = Files.createTempDirectory(folder, "graph");
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            return StepDecoder.open(
                    Graphs.write(InferenceGraphs.step(precision, checkpoint, 512), graphs), -1, 1, sharing);
        }
    }

    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void foldersGiveTheNumbersOfTransformers(String family) throws IOException {
        compare(family, source(family));
    }

    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void theClassicLayoutGivesTheSame(String family) throws IOException {
        compare(family, classic(family));
    }

    private void compare(String family, Path source) throws IOException {
        JsonNode golden = golden(family);
        try (StepDecoder engine = stepped(source, Precision.FP32, true)) {
            for (JsonNode sequence : golden.path("sequences")) {
                int[] ids = Reference.ids(sequence.path("ids"));
                close(sequence.path("last_logits"), engine.next(ids).values());
                for (int length = 1; length <= ids.length; length++) { // each from the cache of those before
                    float[] logits = engine.next(Arrays.copyOf(ids, length)).values();
                    assertEquals(sequence.path("logsumexp").get(length - 1).asDouble(), logSumExp(logits), LOGITS);
                }
            }
            for (JsonNode given : golden.path("completion_logprobs")) {
                float[] found = engine.logProbabilities(new TokenContinuation(
                                Reference.ids(given.path("prompt_ids")), Reference.ids(given.path("completion_ids"))))
                        .values();
                assertEquals(given.path("token_logprobs").size(), found.length);
                for (int i = 0; i < found.length; i++) {
                    assertEquals(given.path("token_logprobs").get(i).asDouble(), found[i], LOGS);
                }
            }
        }
        int compared = 0;
        List<JsonNode> greedy = new ArrayList<>();
        golden.path("greedy30").forEach(greedy::add);
        List<int[]> prompts = greedy.stream()
                .map(row -> Reference.ids(row.path("prompt_ids")))
                .toList();
        try (StepDecoder steps = stepped(source, Precision.FP32, true);
                LoopDecoder loop = loop(source);
                PagedDecoder paged = paged(source)) {
            for (Decoder decoder : List.of(steps, loop, paged)) {
                List<Completion> found = InferenceGraphs.greedy(decoder, prompts, 30, 8);
                for (int row = 0; row < greedy.size(); row++) {
                    JsonNode ids = greedy.get(row).path("new_ids");
                    JsonNode gaps = greedy.get(row).path("gap_top1_top2");
                    for (int step = 0; step < ids.size() && gaps.get(step).asDouble() >= GAP; step++) {
                        assertEquals(
                                ids.get(step).asInt(), found.get(row).ids().get(step), "row " + row + " step " + step);
                        compared++;
                    }
                }
            }
        }
        assertTrue(compared >= 90, compared + " ids compared");
    }

    private LoopDecoder loop(Path source) throws IOException {
        Path graphs = Files.createTempDirectory(folder, "loop");
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            return InferenceGraphs.looped(checkpoint, 512, 8, graphs);
        }
    }

    private PagedDecoder paged(Path source) throws IOException {
        Path graphs = Files.createTempDirectory(folder, "paged");
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            // the small one of Phi rotates 12 dimensions of a head, the operator of blocks a multiple of 16
            assertEquals(
                    !checkpoint.config().features().family().equals("phi3"), PagedGraph.takes(checkpoint.config()));
            return InferenceGraphs.paged(checkpoint, 512, 8, graphs);
        }
    }

    private static double logSumExp(float[] logits) {
        return Math.log(IntStream.range(0, logits.length)
                .mapToDouble(id -> Math.exp(logits[id]))
                .sum());
    }

    private static void close(JsonNode expected, float[] found) {
        assertEquals(expected.size(), found.length);
        for (int id = 0; id < found.length; id++) {
            assertEquals(expected.get(id).asDouble(), found[id], LOGITS, "id " + id);
        }
    }

    /** The types of all values fit; no CPU computes in bfloat16. */
    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void graphsForAGpuAreMade(String family) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(source(family))) {
            for (Precision precision : List.of(Precision.BF16, Precision.INT4)) {
                Path to = Files.createTempDirectory(folder, "graph");
                assertTrue(Files.exists(Graphs.write(InferenceGraphs.loop(precision, checkpoint, 512), to)));
            }
        }
    }

    /** {@return the model with matrices that blocks of four bits hold exactly} */
    private Path inBlocks(String family) throws IOException {
        Path copy = classic(family);
        writeInBlocks(source(family), copy);
        return copy;
    }

    /** Writes the weights of a model with matrices that blocks of four bits hold exactly. */
    static void writeInBlocks(Path source, Path folder) throws IOException {
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            LlamaConfig config = checkpoint.config();
            config.forEachTensor((name, shape) -> {
                Tensor tensor = checkpoint.tensor(name);
                float[] values = new float[(int) tensor.rows() * tensor.rowLength()];
                tensor.floats(0, (int) tensor.rows(), values, 0);
                for (int block = 0; name.part().isProduct() && block < values.length; block += 32) {
                    float extreme = 0;
                    for (int i = block; i < block + 32; i++) {
                        extreme = Math.abs(values[i]) > Math.abs(extreme) ? values[i] : extreme;
                    }
                    float scale = extreme / -8;
                    for (int i = block; i < block + 32; i++) {
                        values[i] = scale * Math.max(-8, Math.min(7, Math.round(values[i] / scale)));
                    }
                }
                writer.add(config.inFolder(name), values, shape);
            });
        }
        writer.write(folder.resolve("model.safetensors"));
    }

    static Stream<Arguments> precisions() {
        return Families.all()
                .flatMap(family -> Stream.of(
                        Arguments.of(family, Precision.BF16, 1e-5),
                        Arguments.of(family, Precision.INT8, 0.1),
                        Arguments.of(family, Precision.INT4, 0.05)));
    }

    /**
     * Relative to the logits. The checkpoints are in bfloat16, which then changes nothing; for four bits their matrices are
     * rounded before, so that what is left is from activations.
     */
    @ParameterizedTest
    @MethodSource("precisions")
    void fewerBitsComeNear(String family, Precision precision, double bound) throws IOException {
        Path source = precision == Precision.INT4 ? inBlocks(family) : source(family);
        try (StepDecoder exact = stepped(source, Precision.FP32, true);
                StepDecoder engine = stepped(source, precision, true)) {
            double error = 0;
            double size = 0;
            for (JsonNode sequence : golden(family).path("sequences")) {
                int[] ids = Reference.ids(sequence.path("ids"));
                float[] expected = exact.next(ids).values();
                float[] found = engine.next(ids).values();
                for (int id = 0; id < found.length; id++) {
                    error += Math.pow(found[id] - expected[id], 2);
                    size += expected[id] * expected[id];
                }
            }

            assertTrue(error < bound * bound * size, family + " relative error " + Math.sqrt(error / size));
        }
    }
}
