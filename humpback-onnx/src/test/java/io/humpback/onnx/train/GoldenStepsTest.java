package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.ReferenceData;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.model.TrainingPlan.Schedule;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Safetensors;
import io.humpback.onnx.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ten steps of PyTorch's AdamW, with each batch in two micro-batches. */
class GoldenStepsTest {

    private static final TrainingPlan PLAN = TrainingPlan.full().toBuilder()
            .learningRate(1e-3)
            .finalLearningRate(9e-4)
            .schedule(Schedule.LINEAR)
            .warmup(0)
            .betas(0.9, 0.95)
            .weightDecay(0.1)
            .recompute(Recompute.OFF)
            .build();

    @TempDir
    Path folder;

    private static Path golden(String name) {
        return ReferenceData.file("data/golden/" + name);
    }

    private static JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(golden(name).toFile());
    }

    private TrainingSession session(TrainingPlan plan, boolean allDecay) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(golden("tiny-llama3"))) {
            TrainingGraph graph = TrainingGraph.of(checkpoint, plan, Hardware.cpu());
            graph.write(folder);
            List<Parameter> parameters = graph.parameters().stream()
                    .map(p -> new Parameter(p.name(), p.shape(), p.values(), p.gradient(), p.decays() || allDecay))
                    .toList();
            return TrainingSession.open(
                    folder, parameters, -1, 1, plan.execution().recompute() == Recompute.ON);
        }
    }

    private static List<EncodedExample> rows() throws IOException {
        List<EncodedExample> rows = new ArrayList<>();
        for (JsonNode example : json("training/sft.json").path("examples")) {
            List<Integer> ids = new ArrayList<>();
            example.path("prompt_ids").forEach(id -> ids.add(id.intValue()));
            int prompt = ids.size();
            example.path("completion_ids").forEach(id -> ids.add(id.intValue()));
            rows.add(new EncodedExample(
                    "row", ids.stream().mapToInt(Integer::intValue).toArray(), prompt));
        }
        return rows;
    }

    private static void compareSteps(
            TrainingSession session, JsonNode steps, double lossTolerance, double normTolerance) throws IOException {
        List<EncodedExample> rows = rows();
        try (AdamW optimizer = new AdamW(
                session.parameters(),
                PLAN.optimizer().beta1(),
                PLAN.optimizer().beta2(),
                PLAN.optimizer().epsilon(),
                PLAN.optimizer().weightDecay(),
                1)) {
            for (JsonNode step : steps) {
                int t = step.path("step").intValue();
                List<EncodedExample> three = rows.subList(t % 2 * 3, t % 2 * 3 + 3);
                int labels = new MicroBatch(three, 0).labels();
                double loss = session.add(new MicroBatch(three.subList(0, 2), 0))
                        + session.add(new MicroBatch(three.subList(2, 3), 0));
                double norm = optimizer.gradientNorm() / labels;
                double expected = step.path("grad_norm_fp64").doubleValue();
                assertEquals(step.path("loss_fp64").doubleValue(), loss / labels, lossTolerance, "loss " + t);
                assertEquals(expected, norm, normTolerance * expected, "norm " + t);
                optimizer.step(
                        LearningRate.at(PLAN, t, 10),
                        Math.min(1, PLAN.optimizer().clip() / (norm + 1e-6)) / labels);
            }
        }
    }

    private static double[] values(Parameter parameter) {
        double[] values = new double[parameter.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = parameter.values().get(i);
        }
        return values;
    }

    private static double norm(double[] values) {
        return Math.sqrt(Arrays.stream(values).map(v -> v * v).sum());
    }

    private static double[] values(Tensor tensor) {
        float[] values = new float[(int) tensor.rows() * tensor.rowLength()];
        tensor.floats(0, (int) tensor.rows(), values, 0);
        double[] wide = new double[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return wide;
    }

    private static double[] minus(double[] a, double[] b) {
        double[] difference = new double[a.length];
        for (int i = 0; i < a.length; i++) {
            difference[i] = a[i] - b[i];
        }
        return difference;
    }

    @Test
    void anAdapterAfterTenStepsIsPyTorchs() throws IOException {
        JsonNode golden = json("training/adamw-lora.json");
        Lora lora = new Lora(8, 16, false, 0, EnumSet.allOf(TrainingPlan.Target.class));
        TrainingPlan plan = PLAN.toBuilder().lora(Optional.of(lora)).build();
        try (TrainingSession session = session(plan, false);
                Safetensors before = Safetensors.open(golden("training/lora-adapter/adapter_model.safetensors"));
                Safetensors after = Safetensors.open(golden("training/lora-after-10-steps.safetensors"))) {
            for (Parameter parameter : session.parameters()) {
                Tensor tensor = before.tensor("base_model.model." + parameter.name());
                tensor.floats(0, (int) tensor.rows(), parameter.values().duplicate());
            }
            compareSteps(session, golden.path("steps"), 1e-4, 5e-4);
            int compared = 0;
            for (Parameter parameter : session.parameters()) {
                String name = after.names().contains(parameter.name())
                        ? parameter.name()
                        : "base_model.model." + parameter.name();
                double[] found = values(parameter);
                double[] expected = values(after.tensor(name));
                for (int i = 0; i < found.length; i++) {
                    assertEquals(expected[i], found[i], 1e-4, parameter.name());
                }
                compared++;
            }
            assertEquals(after.names().size(), compared);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"all_decay", "no_decay_on_norms"})
    void allWeightsAfterTenStepsArePyTorchs(String decay) throws IOException {
        JsonNode golden = json("training/adamw-full.json").path(decay);
        boolean allDecay = decay.equals("all_decay");
        try (TrainingSession session = session(PLAN, allDecay)) {
            Map<String, double[]> before = new HashMap<>();
            session.parameters().forEach(parameter -> before.put(parameter.name(), values(parameter)));
            compareSteps(session, golden.path("steps"), 5e-4, 5e-4);
            for (Parameter parameter : session.parameters()) {
                double expected =
                        golden.path("final_norms").path(parameter.name()).doubleValue();
                assertTrue(expected > 0, parameter.name());
                assertEquals(expected, norm(values(parameter)), 1e-5 * expected, parameter.name());
            }
            if (allDecay) {
                compareTensors(session, before);
            }
        }
    }

    private static void compareTensors(TrainingSession session, Map<String, double[]> before) throws IOException {
        try (Safetensors after = Safetensors.open(golden("training/full-after-10-steps-some.safetensors"))) {
            int compared = 0;
            for (Parameter parameter : session.parameters()) {
                if (after.names().contains(parameter.name())) {
                    double[] expected = values(after.tensor(parameter.name()));
                    double change = norm(minus(expected, before.get(parameter.name())));
                    double difference = norm(minus(values(parameter), expected));
                    assertTrue(difference < 1e-2 * change, parameter.name() + ": " + difference / change);
                    compared++;
                }
            }
            assertEquals(after.names().size(), compared);
        }
    }
}
