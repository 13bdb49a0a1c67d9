package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.ReferenceData;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses and gradients of small random models of the families beside Llama against PyTorch. */
class FamilyTrainingTest {

    @TempDir
    Path folder;

    private TrainingSession session(String family, TrainingPlan plan) throws IOException {
        Path to = Files.createTempDirectory(folder, "graph");
        try (Checkpoint checkpoint = Checkpoint.open(ReferenceData.file("data/golden/families/" + family))) {
            TrainingGraph graph = TrainingGraph.of(checkpoint, plan);
            graph.write(to);
            return TrainingSession.open(to, graph.parameters(), -1, 1, graph.lean());
        }
    }

    /** The sequence of the golden, then as the longer of two rows, in which its loss is the same. */
    private static MicroBatch batch(JsonNode golden) {
        int[] ids = IntStream.range(0, golden.path("ids").size())
                .map(i -> golden.path("ids").get(i).intValue())
                .toArray();
        return new MicroBatch(
                List.of(new EncodedExample("row", ids, golden.path("start").intValue())), 0);
    }

    private static double norm(Parameter parameter) {
        double sum = 0;
        for (int i = 0; i < parameter.size(); i++) {
            sum += Math.pow(parameter.gradient().get(i), 2);
        }
        return Math.sqrt(sum);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "qwen2",
                "qwen2-window",
                "qwen3",
                "smollm3",
                "mistral",
                "mistral-window",
                "phi3",
                "granite",
                "gemma3",
                "llama-linear",
                "llama-yarn",
                "llama-bias"
            })
    void lossAndGradientsOfAllWeightsAreThoseOfPyTorch(String family) throws IOException {
        JsonNode golden = ReferenceData.json("data/golden/families/" + family + "/training.json");
        for (Recompute recompute : List.of(Recompute.OFF, Recompute.ON)) {
            TrainingPlan plan =
                    TrainingPlan.full().toBuilder().recompute(recompute).build();
            try (Checkpoint checkpoint = Checkpoint.open(ReferenceData.file("data/golden/families/" + family));
                    TrainingSession session = session(family, plan)) {
                assertEquals(golden.path("loss_sum").asDouble(), session.loss(batch(golden)), 1e-3);
                assertEquals(golden.path("loss_sum").asDouble(), session.add(batch(golden)), 1e-3);
                Set<String> compared = new HashSet<>();
                for (Parameter parameter : session.parameters()) {
                    String name = checkpoint.config().inFolder(WeightName.of(parameter.name()));
                    double expected = golden.path("gradient_norms").path(name).asDouble(-1);
                    assertEquals(expected, norm(parameter), 1e-4 * expected, name);
                    compared.add(name);
                }
                assertEquals(golden.path("gradient_norms").size(), compared.size());
            }
        }
    }
}
