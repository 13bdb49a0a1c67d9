package io.humpback.onnx.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Safetensors;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.run.MicroBatch;
import io.humpback.onnx.run.Parameter;
import io.humpback.onnx.run.TrainingSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TrainingGraphTest {

    private static final Lora LORA = new Lora(8, 16, false, 0, EnumSet.allOf(TrainingPlan.Target.class));

    @TempDir
    Path folder;

    private static Path golden(String name) {
        Path file = Path.of(System.getProperty("humpback.shared", "../../shared"))
                .resolve("data/golden")
                .resolve(name);
        Assumptions.assumeTrue(Files.exists(file), "reference data " + name + " is not here");
        return file;
    }

    private static JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(golden(name).toFile());
    }

    private TrainingSession session(Path source, TrainingPlan plan) throws IOException {
        Path to = Files.createTempDirectory(folder, "graph");
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            TrainingGraph graph = TrainingGraph.of(checkpoint, plan);
            graph.write(to);
            return TrainingSession.open(to, graph.parameters(), -1, 1);
        }
    }

    private static List<MicroBatch.Row> rows(JsonNode sft) {
        List<MicroBatch.Row> rows = new ArrayList<>();
        for (JsonNode example : sft.path("examples")) {
            int[] prompt = ids(example.path("prompt_ids"));
            int[] completion = ids(example.path("completion_ids"));
            int[] both = java.util.Arrays.copyOf(prompt, prompt.length + completion.length);
            System.arraycopy(completion, 0, both, prompt.length, completion.length);
            rows.add(new MicroBatch.Row(both, prompt.length));
        }
        return rows;
    }

    private static int[] ids(JsonNode list) {
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = list.get(i).intValue();
        }
        return ids;
    }

    private static double norm(FloatBuffer values, double scale) {
        double sum = 0;
        for (int i = 0; i < values.limit(); i++) {
            sum += Math.pow(values.get(i) * scale, 2);
        }
        return Math.sqrt(sum);
    }

    /** Norms of all gradients, and the values of those that are given in full, of the mean loss. */
    private static void compare(TrainingSession session, int labels, JsonNode norms, Path values) throws IOException {
        assertEquals(norms.size(), session.parameters().size());
        try (Safetensors full = Safetensors.open(values)) {
            int compared = 0;
            for (Parameter parameter : session.parameters()) {
                double expected = norms.path(parameter.name()).asDouble();
                assertEquals(expected, norm(parameter.gradient(), 1.0 / labels), 1e-4 * expected, parameter.name());
                if (full.names().contains(parameter.name())) {
                    Tensor tensor = full.tensor(parameter.name());
                    float[] numbers = new float[parameter.size()];
                    tensor.floats(0, (int) tensor.rows(), numbers, 0);
                    double difference = 0;
                    for (int i = 0; i < numbers.length; i++) {
                        difference += Math.pow(parameter.gradient().get(i) / (double) labels - numbers[i], 2);
                    }
                    assertTrue(Math.sqrt(difference) < 1e-4 * expected, parameter.name());
                    compared++;
                }
            }
            assertEquals(full.names().size(), compared);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void lossAndGradientsOfAllWeightsAreThoseOfPyTorch(Recompute recompute) throws IOException {
        JsonNode sft = json("training/sft.json");
        TrainingPlan plan = TrainingPlan.full().toBuilder().recompute(recompute).build();
        try (TrainingSession session = session(golden("tiny-llama3"), plan)) {
            MicroBatch batch = new MicroBatch(rows(sft), 0);
            int labels = sft.path("n_tokens").intValue();
            assertEquals(sft.path("loss").asDouble(), session.loss(batch) / labels, 1e-4);
            assertEquals(sft.path("loss").asDouble(), session.add(batch) / labels, 1e-4);
            compare(session, labels, sft.at("/gradients/norms"), golden("training/sft-grads.safetensors"));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void lossAndGradientsOfAnAdapterAreThoseOfPyTorch(Recompute recompute) throws IOException {
        JsonNode lora = json("training/lora.json");
        JsonNode sft = json("training/sft.json");
        TrainingPlan plan = TrainingPlan.lowRank().toBuilder()
                .lora(Optional.of(LORA))
                .recompute(recompute)
                .build();
        try (TrainingSession session = session(golden("tiny-llama3"), plan);
                Safetensors adapter = Safetensors.open(golden("training/lora-adapter/adapter_model.safetensors"))) {
            for (Parameter parameter : session.parameters()) {
                Tensor tensor = adapter.tensor("base_model.model." + parameter.name());
                tensor.floats(0, (int) tensor.rows(), parameter.values().duplicate());
            }
            MicroBatch batch = new MicroBatch(rows(sft), 0);
            int labels = sft.path("n_tokens").intValue();
            double expected = lora.at("/gradients/loss").asDouble();
            assertEquals(expected, session.loss(batch) / labels, 1e-4);
            assertEquals(expected, session.add(batch) / labels, 1e-4);
            compare(session, labels, lora.at("/gradients/norms"), golden("training/lora-grads.safetensors"));
        }
    }
}
