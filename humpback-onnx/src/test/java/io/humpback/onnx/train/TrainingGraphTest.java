package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.ReferenceData;
import io.humpback.model.ModelException;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Frozen;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Recompute;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.Safetensors;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.OnnxWriter;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.WeightFile;
import io.humpback.onnx.llama.RandomLlama;
import io.humpback.onnx.quantize.Int8Products;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class TrainingGraphTest {

    private static final Lora LORA = new Lora(8, 16, false, 0, EnumSet.allOf(TrainingPlan.Target.class));

    @TempDir
    Path folder;

    private static Path golden(String name) {
        return ReferenceData.file("data/golden/" + name);
    }

    private static JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(golden(name).toFile());
    }

    /** A session that packs weights, whatever the plan, so that results differ by what is asked of them alone. */
    private TrainingSession session(Path source, TrainingPlan plan) throws IOException {
        return session(source, plan, false);
    }

    private TrainingSession session(Path source, TrainingPlan plan, boolean lean) throws IOException {
        Path to = Files.createTempDirectory(folder, "graph");
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            TrainingGraph graph = TrainingGraph.of(checkpoint, plan, Hardware.cpu());
            graph.write(to);
            return TrainingSession.open(to, graph.parameters(), -1, 1, lean);
        }
    }

    private static List<EncodedExample> rows(JsonNode sft) {
        List<EncodedExample> rows = new ArrayList<>();
        for (JsonNode example : sft.path("examples")) {
            int[] prompt = ids(example.path("prompt_ids"));
            int[] completion = ids(example.path("completion_ids"));
            int[] both = Arrays.copyOf(prompt, prompt.length + completion.length);
            System.arraycopy(completion, 0, both, prompt.length, completion.length);
            rows.add(new EncodedExample("row", both, prompt.length));
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
        try (TrainingSession session = session(golden("tiny-llama3"), plan, recompute == Recompute.ON)) {
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
        try (TrainingSession session = session(golden("tiny-llama3"), plan, recompute == Recompute.ON);
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

    private static EncodedExample row(Random random, int length, int prompt) {
        return new EncodedExample(
                "row", random.ints(length, 0, RandomLlama.ODD.vocabulary()).toArray(), prompt);
    }

    private Path odd() throws IOException {
        return RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 3);
    }

    /** Reads the gradients and sets them to zero. */
    private static List<float[]> gradients(TrainingSession session) {
        List<float[]> gradients = new ArrayList<>();
        for (Parameter parameter : session.parameters()) {
            float[] values = new float[parameter.size()];
            parameter.gradient().get(0, values);
            parameter.gradient().put(0, new float[values.length]);
            gradients.add(values);
        }
        return gradients;
    }

    /** All gradients together within a millionth, each one within five. */
    private static void alike(List<float[]> expected, List<float[]> found) {
        double differences = 0;
        double sizes = 0;
        for (int i = 0; i < expected.size(); i++) {
            double difference = 0;
            double size = 0;
            for (int k = 0; k < expected.get(i).length; k++) {
                difference += Math.pow(expected.get(i)[k] - found.get(i)[k], 2);
                size += Math.pow(expected.get(i)[k], 2);
            }
            assertTrue(size > 0, i + " has no gradient");
            assertEquals(0, Math.sqrt(difference / size), 5e-6, "gradient " + i);
            differences += difference;
            sizes += size;
        }
        assertTrue(differences <= 1e-12 * sizes, differences + " of " + sizes);
    }

    /** Makes the second matrices of low-rank changes random, which begin as zero. */
    private static void stir(TrainingSession session) {
        stir(session, 0.1);
    }

    private static void stir(TrainingSession session, double by) {
        Random random = new Random(4);
        for (Parameter parameter : session.parameters()) {
            for (int i = 0; parameter.name().endsWith("lora_B.weight") && i < parameter.size(); i++) {
                parameter.values().put(i, (float) (by * random.nextGaussian()));
            }
        }
    }

    /** The embedding is not tied, heads are wider than the stream, three of them share keys. */
    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void rowsOneByOneAddUpToTheBatchWithOrWithoutRecompute(boolean full) throws IOException {
        Path source = odd();
        TrainingPlan plan = (full ? TrainingPlan.full() : TrainingPlan.lowRank())
                .toBuilder().maxTokens(64).build();
        Random random = new Random(5);
        List<EncodedExample> rows =
                List.of(row(random, 23, 4), row(random, 9, 8), row(random, 2, 1), row(random, 17, 1));
        List<float[]> expected = List.of();
        for (Recompute recompute : List.of(Recompute.OFF, Recompute.ON)) {
            try (TrainingSession session =
                    session(source, plan.toBuilder().recompute(recompute).build())) {
                stir(session);
                double whole = session.add(new MicroBatch(rows, 0));
                List<float[]> found = gradients(session);
                alike(expected, found);
                expected = found;
                double sum = 0;
                for (EncodedExample row : rows) {
                    sum += session.add(new MicroBatch(List.of(row), 0));
                }
                assertEquals(whole, sum, 1e-6 * whole);
                assertEquals(whole, session.loss(new MicroBatch(rows, 0)), 1e-6 * whole);
                alike(expected, gradients(session));
            }
        }
    }

    /** Their cosine, and the ratio of their sizes. */
    private static double[] compared(List<float[]> expected, List<float[]> found) {
        double product = 0;
        double first = 0;
        double second = 0;
        for (int i = 0; i < expected.size(); i++) {
            for (int k = 0; k < expected.get(i).length; k++) {
                product += (double) expected.get(i)[k] * found.get(i)[k];
                first += Math.pow(expected.get(i)[k], 2);
                second += Math.pow(found.get(i)[k], 2);
            }
        }
        return new double[] {product / Math.sqrt(first * second), Math.sqrt(second / first)};
    }

    @Test
    void frozenWeightsIn8BitsGiveNearlyTheSameLossAndGradients() throws IOException {
        JsonNode sft = json("training/sft.json");
        MicroBatch batch = new MicroBatch(rows(sft), 0);
        List<float[]> expected = List.of();
        double loss = 0;
        for (Frozen frozen : Frozen.values()) {
            TrainingPlan plan =
                    TrainingPlan.lowRank().toBuilder().frozen(frozen).build();
            try (TrainingSession session = session(golden("tiny-llama3"), plan)) {
                stir(session, 0.01);
                double found = session.add(batch);
                assertEquals(found, session.loss(batch), 1e-6 * found);
                if (frozen == Frozen.FP32) {
                    loss = found;
                    expected = gradients(session);
                } else {
                    assertEquals(loss, found, 1e-3 * loss);
                    assertNotEquals(loss, found);
                    double[] compared = compared(expected, gradients(session));
                    double coarser = 127.0 / Int8Products.BESIDE_FULL; // where the processor has no VNNI
                    assertEquals(1, compared[0], 0.03 * coarser);
                    assertEquals(1, compared[1], 0.02 * coarser);
                }
            }
        }
    }

    /** The odd checkpoint in bfloat16. */
    private Path oddInBfloat16() throws IOException {
        Path to = Files.createDirectory(folder.resolve("bf16"));
        Path from = odd();
        try (Checkpoint checkpoint = Checkpoint.open(from)) {
            SafetensorsWriter writer = new SafetensorsWriter();
            for (WeightName name : checkpoint.names()) {
                Tensor tensor = checkpoint.tensor(name);
                float[] values = new float[(int) tensor.rows() * tensor.rowLength()];
                tensor.floats(0, (int) tensor.rows(), values, 0);
                ByteBuffer bytes =
                        ByteBuffer.allocate(Short.BYTES * values.length).order(ByteOrder.LITTLE_ENDIAN);
                for (float value : values) {
                    bytes.putShort((short) (Float.floatToIntBits(value) >>> 16));
                }
                writer.add(name.toString(), DType.BF16, tensor.shape(), channel -> channel.write(bytes.rewind()));
            }
            writer.write(to.resolve("model.safetensors"));
        }
        Files.copy(from.resolve("config.json"), to.resolve("config.json"));
        return to;
    }

    /** A graph with products in bfloat16, which the CPU lacks: products in 32 bits of what is rounded, and rounded. */
    private static Graph rounded(Graph graph) {
        return graph.rewritten((node, read, to) -> {
            Value first = read.get(0);
            boolean half = node.outputs().get(0).type() == ElementType.BFLOAT16;
            return switch (node.op()) {
                case CAST -> half ? List.of(rounded(first)) : first.type() == ElementType.FLOAT ? List.of(first) : null;
                case GATHER -> half ? List.of(first.cast(ElementType.FLOAT).gather(read.get(1))) : null;
                case LINEAR -> half ? List.of(rounded(first.linear(read.get(1).cast(ElementType.FLOAT)))) : null;
                case MATMUL -> half ? List.of(rounded(first.matmul(read.get(1).cast(ElementType.FLOAT)))) : null;
                default -> null;
            };
        });
    }

    private static Value rounded(Value x) {
        return x.cast(ElementType.BFLOAT16).cast(ElementType.FLOAT);
    }

    @ParameterizedTest
    @EnumSource(names = {"ON", "OFF"})
    void productsInBfloat16GiveNearlyTheSameLossAndGradients(Recompute recompute) throws IOException {
        Path source = oddInBfloat16();
        Random random = new Random(5);
        MicroBatch batch = new MicroBatch(List.of(row(random, 40, 9), row(random, 29, 3)), 0);
        TrainingPlan plan =
                TrainingPlan.lowRank().toBuilder().recompute(recompute).build();
        Path to = Files.createDirectory(folder.resolve("rounded"));
        try (Checkpoint checkpoint = Checkpoint.open(source);
                TrainingSession exact = session(source, plan)) {
            TrainingGraph graph = TrainingGraph.of(checkpoint, plan, new Hardware(true, 1L << 40));
            Graph step = rounded(graph.build(true));
            WeightFile.write(step.liveWeights(), to.resolve(TrainingSession.WEIGHTS));
            Map<String, Long> offsets = OnnxWriter.offsets(step.liveWeights());
            Files.write(
                    to.resolve(TrainingSession.STEP),
                    OnnxWriter.writeWithShapes(step, TrainingSession.WEIGHTS, offsets));
            long halves = graph.build(true).liveWeights().stream()
                    .filter(weight -> weight.type() == ElementType.BFLOAT16)
                    .count();
            assertTrue(halves >= 7 * RandomLlama.ODD.layers(), halves + " weights in bfloat16");
            try (TrainingSession session = TrainingSession.open(to, graph.parameters(), -1, 1, false)) {
                stir(exact, 0.01);
                stir(session, 0.01);
                double expected = exact.add(batch);
                double found = session.add(batch);
                assertEquals(expected, found, 5e-3 * expected);
                assertNotEquals(expected, found);
                double[] compared = compared(gradients(exact), gradients(session));
                assertEquals(1, compared[0], 2e-3);
                assertEquals(1, compared[1], 1e-2);
            }
        }
    }

    @Test
    void aGpuHasNoFrozenWeightsIn8Bits() throws IOException {
        TrainingPlan plan =
                TrainingPlan.lowRank().toBuilder().frozen(Frozen.INT8).build();
        try (Checkpoint checkpoint = Checkpoint.open(odd())) {
            assertEquals(
                    "frozen int8: a GPU has no such products, expected fp32",
                    assertThrows(
                                    ModelException.class,
                                    () -> TrainingGraph.of(checkpoint, plan, new Hardware(true, 1L << 40)))
                            .getMessage());
        }
    }

    @Test
    void whatDoesNotFitTheMemoryOfTheHardwareIsComputedAgain() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(odd())) {
            assertFalse(TrainingGraph.of(checkpoint, TrainingPlan.lowRank(), new Hardware(true, 80L << 30))
                    .lean());
            assertTrue(TrainingGraph.of(checkpoint, TrainingPlan.lowRank(), new Hardware(true, 16L << 20))
                    .lean());
        }
    }

    @Test
    void theWayBackOfFrozenWeightsIn8BitsIsTheSlopeOfTheirLoss() throws IOException {
        TrainingPlan plan =
                TrainingPlan.lowRank().toBuilder().frozen(Frozen.INT8).build();
        MicroBatch batch = new MicroBatch(List.of(row(new Random(8), 40, 1)), 0);
        try (TrainingSession session = session(odd(), plan)) {
            stir(session, 0.01);
            session.add(batch);
            List<float[]> gradients = gradients(session);
            double squares = gradients.stream()
                    .mapToDouble(gradient -> IntStream.range(0, gradient.length)
                            .mapToDouble(i -> Math.pow(gradient[i], 2))
                            .sum())
                    .sum();
            double step = 0.01 / Math.sqrt(squares);
            double[] losses = new double[2];
            for (int side = 0; side < 2; side++) {
                double by = side == 0 ? -step : 2 * step;
                for (int i = 0; i < gradients.size(); i++) {
                    FloatBuffer values = session.parameters().get(i).values();
                    for (int k = 0; k < gradients.get(i).length; k++) {
                        values.put(k, (float) (values.get(k) + by * gradients.get(i)[k]));
                    }
                }
                losses[side] = session.loss(batch);
            }
            assertEquals(squares, (losses[1] - losses[0]) / (2 * step), 0.05 * squares);
        }
    }

    @Test
    void frozenWeightsIn8BitsAddUpRowByRowWithOrWithoutRecompute() throws IOException {
        Path source = odd();
        Random random = new Random(5);
        List<EncodedExample> rows =
                List.of(row(random, 23, 4), row(random, 9, 8), row(random, 2, 1), row(random, 17, 1));
        List<float[]> expected = List.of();
        for (Recompute recompute : List.of(Recompute.OFF, Recompute.ON)) {
            TrainingPlan plan = TrainingPlan.lowRank().toBuilder()
                    .frozen(Frozen.INT8)
                    .recompute(recompute)
                    .build();
            try (TrainingSession session = session(source, plan)) {
                stir(session);
                double whole = session.add(new MicroBatch(rows, 0));
                List<float[]> found = gradients(session);
                if (!expected.isEmpty()) {
                    assertEquals(1, compared(expected, found)[0], 1e-4);
                }
                expected = found;
                double sum = 0;
                for (EncodedExample row : rows) {
                    sum += session.add(new MicroBatch(List.of(row), 0));
                }
                // a float's rounding can move a byte to the next one
                assertEquals(whole, sum, 1e-4 * whole);
                assertEquals(1, compared(expected, gradients(session))[0], 1e-4);
            }
        }
    }

    @Test
    void theLossIsThatOfTheModelInDoublePrecision() throws IOException {
        Path source = odd();
        EncodedExample row = row(new Random(6), 12, 5);
        double expected = 0;
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            double[][] logits = RandomLlama.logits(checkpoint, row.ids());
            for (int at = row.prompt(); at < row.ids().length; at++) {
                double sum = Arrays.stream(logits[at - 1]).map(Math::exp).sum();
                expected += Math.log(sum) - logits[at - 1][row.ids()[at]];
            }
        }
        try (TrainingSession session = session(source, TrainingPlan.lowRank())) {
            assertEquals(expected, session.loss(new MicroBatch(List.of(row), 0)), 1e-4);
        }
    }

    @Test
    void dropoutDependsOnItsNoiseAloneAndIsTheSameWhenComputedAgain() throws IOException {
        Path source = odd();
        TrainingPlan plan = TrainingPlan.lowRank().toBuilder()
                .lora(Optional.of(new Lora(4, 8, false, 0.3, EnumSet.allOf(TrainingPlan.Target.class))))
                .build();
        List<EncodedExample> rows = List.of(row(new Random(7), 20, 3));
        List<float[]> expected = List.of();
        for (Recompute recompute : List.of(Recompute.OFF, Recompute.ON)) {
            try (TrainingSession session =
                    session(source, plan.toBuilder().recompute(recompute).build())) {
                stir(session);
                double loss = session.add(new MicroBatch(rows, 1));
                List<float[]> found = gradients(session);
                alike(expected, found);
                expected = found;
                assertEquals(loss, session.add(new MicroBatch(rows, 1)));
                double other = session.add(new MicroBatch(rows, 2));
                double none = session.loss(new MicroBatch(rows, 1));
                assertTrue(Math.abs(loss - other) > 1e-4, loss + " and " + other);
                assertTrue(Math.abs(loss - none) > 1e-4, loss + " and " + none);
            }
        }
    }

    @Test
    void aClosedTrainingIsRefused() throws IOException {
        TrainingSession session = session(odd(), TrainingPlan.lowRank());
        session.close();
        session.close();
        MicroBatch batch = new MicroBatch(List.of(row(new Random(7), 5, 3)), 0);
        assertThrows(IllegalStateException.class, () -> session.add(batch));
        assertThrows(IllegalStateException.class, () -> session.loss(batch));
    }
}
