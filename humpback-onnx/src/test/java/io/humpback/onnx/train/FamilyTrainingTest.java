package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.ReferenceData;
import io.humpback.model.ModelException;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Frozen;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.model.TrainingPlan.Target;
import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.quantize.Int8Products;
import io.humpback.onnx.run.StepDecoder;
import io.humpback.onnx.run.TokenContinuation;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Losses and gradients of small random models of the families beside Llama against PyTorch. */
class FamilyTrainingTest {

    @TempDir
    Path folder;

    private TrainingSession session(String family, TrainingPlan plan) throws IOException {
        Path to = Files.createTempDirectory(folder, "graph");
        try (Checkpoint checkpoint = Checkpoint.open(ReferenceData.file("data/golden/families/" + family))) {
            TrainingGraph graph = TrainingGraph.of(checkpoint, plan, Hardware.cpu());
            graph.write(to);
            return TrainingSession.open(to, graph.parameters(), -1, 1, graph.lean());
        }
    }

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
    @MethodSource("io.humpback.onnx.Families#all")
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

    private static double[][] matrix(FloatBuffer values, long[] shape) {
        double[][] matrix = new double[(int) shape[0]][(int) shape[1]];
        for (int i = 0; i < values.limit(); i++) {
            matrix[i / matrix[0].length][i % matrix[0].length] = values.get(i);
        }
        return matrix;
    }

    /** {@return gradients by name of a plan's parameters} */
    private Map<String, Parameter> gradients(String family, TrainingPlan plan, JsonNode golden) throws IOException {
        try (TrainingSession session = session(family, plan)) {
            session.add(batch(golden));
            Map<String, Parameter> found = new HashMap<>();
            for (Parameter p : session.parameters()) {
                FloatBuffer values = FloatBuffer.allocate(p.size())
                        .put(p.values().duplicate().clear());
                FloatBuffer gradient = FloatBuffer.allocate(p.size())
                        .put(p.gradient().duplicate().clear());
                found.put(p.name(), new Parameter(p.name(), p.shape(), values.clear(), gradient.clear(), p.decays()));
            }
            return found;
        }
    }

    /** Where B is zero the weights are the model's own, and B's gradient is that of the weights, scaled, times Aᵀ. */
    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void gradientsOfLowRankChangesFollowFromThoseOfTheWeights(String family) throws IOException {
        JsonNode golden = ReferenceData.json("data/golden/families/" + family + "/training.json");
        Lora lora = Lora.of(4);
        TrainingPlan plan =
                TrainingPlan.lowRank().toBuilder().lora(Optional.of(lora)).build();
        Map<String, Parameter> full = gradients(family, TrainingPlan.full(), golden);
        Map<String, Parameter> low = gradients(family, plan, golden);
        Map<String, Parameter> frozen =
                gradients(family, plan.toBuilder().frozen(Frozen.INT8).build(), golden);
        int compared = 0;
        for (Parameter of : low.values()) {
            if (of.name().endsWith(".lora_B.weight")) {
                String module = of.name().substring(0, of.name().length() - ".lora_B.weight".length());
                Parameter weight = full.get(module + ".weight");
                Parameter a = low.get(module + ".lora_A.weight");
                double[][] slope = matrix(weight.gradient(), weight.shape());
                double[][] changes = matrix(a.values(), a.shape());
                double off = 0;
                double offInt8 = 0;
                double size = 0;
                for (int i = 0; i < of.size(); i++) {
                    double expected = 0;
                    for (int k = 0; k < changes[0].length; k++) {
                        expected += lora.scale() * slope[i / lora.rank()][k] * changes[i % lora.rank()][k];
                    }
                    off += Math.pow(of.gradient().get(i) - expected, 2);
                    offInt8 += Math.pow(frozen.get(of.name()).gradient().get(i) - expected, 2);
                    size += expected * expected;
                }
                assertTrue(Math.sqrt(off / size) < 1e-4, of.name() + " " + Math.sqrt(off / size));
                double coarser = 127.0 / Int8Products.BESIDE_FULL; // where the processor has no VNNI
                assertTrue(
                        Math.sqrt(offInt8 / size) < 0.25 * coarser,
                        of.name() + " in int8 " + Math.sqrt(offInt8 / size));
                compared++;
            }
        }
        assertEquals(family.equals("phi3") ? 16 : 28, compared);
    }

    @Test
    void someOfJoinedProductsCannotBeTrainedWithoutTheOthers() {
        Lora lora = new Lora(4, 8, false, 0, EnumSet.of(Target.Q_PROJ, Target.V_PROJ));
        TrainingPlan plan =
                TrainingPlan.lowRank().toBuilder().lora(Optional.of(lora)).build();
        String message =
                assertThrows(ModelException.class, () -> session("phi3", plan)).getMessage();
        assertTrue(
                message.endsWith(
                        "phi3: the plan's targets are [Q, V] of [Q, K, V], expected all of them or none, as this"
                                + " checkpoint stores them as one"),
                message);
    }

    /** The masks of training against the windows of inference, whose prompts are computed in chunks of 256 tokens. */
    @ParameterizedTest
    @ValueSource(strings = {"qwen2-window", "mistral-window", "gemma3", "smollm3", "phi3"})
    void windowsHoldOverTheBordersOfChunks(String family) throws IOException {
        int[] ids = new Random(5).ints(700, 0, 500).toArray();
        TrainingPlan plan = TrainingPlan.lowRank().toBuilder().maxTokens(1024).build();
        Path graphs = Files.createTempDirectory(folder, "steps");
        try (Checkpoint checkpoint = Checkpoint.open(ReferenceData.file("data/golden/families/" + family));
                StepDecoder engine = StepDecoder.open(
                        Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, 1024), graphs), -1, 1, false);
                TrainingSession session = session(family, plan)) {
            float[] logs = engine.logProbabilities(
                            new TokenContinuation(Arrays.copyOf(ids, 1), Arrays.copyOfRange(ids, 1, ids.length)))
                    .values();
            for (int from : new int[] {1, 250, 520, 695}) { // the loss of the later tokens
                double expected = 0;
                for (int i = from - 1; i < logs.length; i++) {
                    expected -= logs[i];
                }
                double found = session.loss(new MicroBatch(List.of(new EncodedExample("row", ids, from)), 0));
                assertEquals(expected, found, 2e-6 * expected + 1e-3, "from " + from);
            }
        }
    }
}
