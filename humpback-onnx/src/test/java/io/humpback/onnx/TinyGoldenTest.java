package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.Completion;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.PagedDecoder;
import io.humpback.onnx.run.StepDecoder;
import io.humpback.onnx.run.TokenContinuation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The small random models in all their layouts against transformers: logits, log-probabilities and greedy ids. */
class TinyGoldenTest {

    private static final double LOGITS = 2e-4;
    private static final double LOGS = 1e-4;
    /** Where the two best logits are nearer than this, either may win. */
    private static final double GAP = 1e-3;

    @TempDir
    Path folder;

    private StepDecoder engine(Path source) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            return StepDecoder.open(
                    Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, 512), folder), -1, 1, true);
        }
    }

    /** {@return the model, its configuration in the layout that transformers 5 writes} */
    private Path transformers5(String model) throws IOException {
        Path copy = Files.createDirectory(folder.resolve("copy"));
        try (Stream<Path> files = Files.list(Reference.file("data/golden/" + model))) {
            for (Path file : files.toList()) {
                Files.copy(file, copy.resolve(file.getFileName().toString()));
            }
        }
        Files.move(
                copy.resolve("config.transformers5.json"),
                copy.resolve("config.json"),
                StandardCopyOption.REPLACE_EXISTING);
        return copy;
    }

    @ParameterizedTest
    @CsvSource({
        "tiny-llama3, false",
        "tiny-llama3, true",
        "tiny-llama3-headdim, false",
        "tiny-llama3-headdim, true",
        "tiny-llama2, false",
        "tiny-llama2, true"
    })
    void foldersGiveTheNumbersOfTransformers(String model, boolean newLayout) throws IOException {
        JsonNode golden = Reference.golden(model + "/goldens.json");
        try (StepDecoder engine = engine(newLayout ? transformers5(model) : Reference.file("data/golden/" + model))) {
            sequences(engine, golden.path("sequences"));
            JsonNode batch = golden.path("right_padded_batch");
            for (int row = 0; row < 3; row++) {
                int[] ids = Reference.ids(batch.path("input_ids").get(row));
                int length = Arrays.stream(
                                Reference.ids(batch.path("attention_mask").get(row)))
                        .sum();
                close(
                        batch.path("last_valid_logits").get(row),
                        engine.next(Arrays.copyOf(ids, length)).values());
            }
            for (JsonNode given : golden.path("completion_logprobs")) {
                float[] found = engine.logProbabilities(new TokenContinuation(
                                Reference.ids(given.path("prompt_ids")), Reference.ids(given.path("completion_ids"))))
                        .values();
                double sum = 0;
                for (int i = 0; i < found.length; i++) {
                    assertEquals(given.path("token_logprobs").get(i).asDouble(), found[i], LOGS);
                    sum += found[i];
                }
                assertEquals(given.path("token_logprobs").size(), found.length);
                assertEquals(given.path("sum").asDouble(), sum, LOGS);
            }
            greedy(engine, golden.path("greedy40"), 40);
        }
    }

    @Test
    void aGgufOfMixedTypesGivesTheNumbersOfItsDecodedWeights() throws IOException {
        JsonNode golden = Reference.golden("tiny-gguf/goldens.json");
        try (StepDecoder engine = engine(Reference.file("data/golden/tiny-gguf/tiny-llama3-mixed.gguf"))) {
            sequences(engine, golden.path("sequences"));
            greedy(engine, golden.path("greedy40"), 5);
        }
    }

    /** Logits after the last token from one prompt, and those after each token from a prompt that grows by one. */
    private static void sequences(StepDecoder engine, JsonNode sequences) {
        assertTrue(sequences.size() >= 2);
        for (JsonNode sequence : sequences) {
            int[] ids = Reference.ids(sequence.path("ids"));
            close(sequence.path("last_logits"), engine.next(ids).values());
            for (int length = 1; length <= ids.length; length++) {
                float[] logits = engine.next(Arrays.copyOf(ids, length)).values();
                if (sequence.has("logsumexp")) {
                    double sum = IntStream.range(0, logits.length)
                            .mapToDouble(id -> Math.exp(logits[id]))
                            .sum();
                    assertEquals(sequence.path("logsumexp").get(length - 1).asDouble(), Math.log(sum), LOGITS);
                }
                for (JsonNode best : sequence.path("top5").get(length - 1)) {
                    assertEquals(best.get(1).asDouble(), logits[best.get(0).asInt()], LOGITS);
                }
            }
        }
    }

    private static void close(JsonNode expected, float[] found) {
        assertEquals(expected.size(), found.length);
        for (int id = 0; id < found.length; id++) {
            assertEquals(expected.get(id).asDouble(), found[id], LOGITS, "id " + id);
        }
    }

    private static void greedy(StepDecoder engine, JsonNode given, int least) {
        int compared = 0;
        for (JsonNode greedy : given.isArray() ? given : List.of(given)) {
            int[] ids = Reference.ids(greedy.path("prompt_ids"));
            for (int step = 0; step < greedy.path("new_ids").size(); step++) {
                if (greedy.path("gap_top1_top2").get(step).asDouble() < GAP) {
                    break;
                }
                float[] logits = engine.next(ids).values();
                int best = IntStream.range(0, logits.length)
                        .reduce((a, b) -> logits[b] > logits[a] ? b : a)
                        .orElseThrow();
                assertEquals(greedy.path("new_ids").get(step).asInt(), best, "step " + step);
                ids = Arrays.copyOf(ids, ids.length + 1);
                ids[ids.length - 1] = best;
                compared++;
            }
        }
        assertTrue(compared >= least, compared + " ids compared");
    }

    @ParameterizedTest
    @ValueSource(strings = {"fp32", "bf16"})
    void bothPrecisionsWithoutRoundingGiveTheSame(String precision) throws IOException {
        JsonNode sequence =
                Reference.golden("tiny-llama3/goldens.json").path("sequences").get(3);
        try (Checkpoint checkpoint = Checkpoint.open(Reference.tiny());
                StepDecoder engine = StepDecoder.open(
                        Graphs.write(InferenceGraphs.step(Precision.of(precision), checkpoint, 256), folder),
                        -1,
                        1,
                        false)) {
            close(
                    sequence.path("last_logits"),
                    engine.next(Reference.ids(sequence.path("ids"))).values());
        }
    }

    @ParameterizedTest
    @CsvSource({
        "tiny-llama2, false",
        "tiny-llama2, true",
        "tiny-llama3, false",
        "tiny-llama3, true",
        "tiny-llama3-headdim, false",
        "tiny-llama3-headdim, true"
    })
    void wholeGenerationsInOneRunAreThoseOfTransformers(String model, boolean paged) throws IOException {
        JsonNode given = Reference.golden(model + "/goldens.json").path("greedy40");
        List<JsonNode> goldens = new ArrayList<>();
        (given.isArray() ? given : List.of(given)).forEach(goldens::add);
        List<int[]> prompts = goldens.stream()
                .map(golden -> Reference.ids(golden.path("prompt_ids")))
                .toList();
        List<Completion> found;
        try (Checkpoint checkpoint = Checkpoint.open(Reference.file("data/golden/" + model));
                Decoder engine = paged
                        ? InferenceGraphs.paged(checkpoint, 512, 8, folder)
                        : InferenceGraphs.looped(checkpoint, 512, 8, folder)) {
            found = InferenceGraphs.greedy(engine, prompts, 40, 8);
        }
        int compared = 0;
        for (int i = 0; i < goldens.size(); i++) {
            JsonNode golden = goldens.get(i);
            for (int step = 0; step < 40; step++) {
                if (golden.path("gap_top1_top2").get(step).asDouble() < GAP) {
                    break;
                }
                assertEquals(
                        golden.path("new_ids").get(step).asInt(),
                        found.get(i).ids().get(step),
                        "step " + step);
                compared++;
            }
        }
        assertTrue(compared >= 40, compared + " ids compared");
    }

    @ParameterizedTest
    @ValueSource(strings = {"tiny-llama2", "tiny-llama3", "tiny-llama3-headdim"})
    void whatIsReadOverBlocksGivesTheNumbersOfTransformers(String model) throws IOException {
        JsonNode golden = Reference.golden(model + "/goldens.json");
        try (Checkpoint checkpoint = Checkpoint.open(Reference.file("data/golden/" + model));
                PagedDecoder engine = InferenceGraphs.paged(checkpoint, 512, 8, folder)) {
            List<JsonNode> sequences = new ArrayList<>();
            golden.path("sequences").forEach(sequences::add);
            List<Decoder.Computed> found = engine.next(sequences.stream()
                    .map(sequence -> Reference.ids(sequence.path("ids")))
                    .toList());
            for (int i = 0; i < found.size(); i++) {
                close(sequences.get(i).path("last_logits"), found.get(i).values());
            }
            for (JsonNode given : golden.path("completion_logprobs")) {
                float[] logs = engine.logProbabilities(List.of(new TokenContinuation(
                                Reference.ids(given.path("prompt_ids")), Reference.ids(given.path("completion_ids")))))
                        .get(0)
                        .values();
                for (int i = 0; i < logs.length; i++) {
                    assertEquals(given.path("token_logprobs").get(i).asDouble(), logs[i], LOGS);
                }
            }
        }
    }
}
