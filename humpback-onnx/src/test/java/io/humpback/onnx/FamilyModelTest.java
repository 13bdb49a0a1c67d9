package io.humpback.onnx;

import static io.humpback.onnx.OnnxAdapterTest.deviation;
import static io.humpback.onnx.OnnxAdapterTest.merged;
import static io.humpback.onnx.OnnxAdapterTest.options;
import static io.humpback.onnx.OnnxAdapterTest.unmerged;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Direction;
import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Prompt;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Lora;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.HuggingFaceConfig;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Safetensors;
import io.humpback.onnx.checkpoint.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Models of the families beside Llama from end to end: trained, with adapters, written and opened again. */
class FamilyModelTest {

    private static final int[] IDS = new Random(3).ints(60, 0, 500).toArray();

    @TempDir
    Path folder;

    private static Path source(String family) {
        return Reference.file("data/golden/families/" + family);
    }

    private static void train(Path source, TrainingPlan.Builder plan, Path to) throws IOException {
        List<TrainingExample> examples = Stream.of(
                        new Example("What is the sea?", "Salt water."), new Example("Say hello.", "Hello there!"))
                .map(pair -> new TrainingExample(pair.instruction(), Direction.FORWARD.of(pair)))
                .toList();
        OnnxTrainer.of(source)
                .device(Device.cpu(1))
                .train(examples, plan.batch(2).seed(4).build(), to, TrainingListener.NONE);
    }

    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void aTrainedAdapterIsTheSameAtTheInputsAndInTheWeights(String family) throws IOException {
        Path adapter = folder.resolve("adapter");
        train(
                source(family),
                TrainingPlan.lowRank().toBuilder()
                        .lora(Optional.of(Lora.of(4)))
                        .learningRate(2e-2)
                        .steps(12),
                adapter);
        float[] plain = merged(source(family), null, Precision.FP32, IDS);
        float[] expected = merged(source(family), adapter, Precision.FP32, IDS);
        double change = deviation(plain, expected);
        assertTrue(change > 0.1, "changed by " + change);
        assertArrayEquals(expected, unmerged(source(family), adapter, Precision.FP32, IDS), 2e-4f);
        for (Precision precision : List.of(Precision.BF16, Precision.INT8, Precision.INT4)) {
            double rounding = deviation(plain, merged(source(family), null, precision, IDS));
            double off = deviation(expected, unmerged(source(family), adapter, precision, IDS));
            assertTrue(
                    off < Math.max(2 * rounding, 1e-3), precision + " is off by " + off + ", without by " + rounding);
        }
    }

    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void aFullyTrainedModelIsWrittenAsTheFamilysFolder(String family) throws IOException {
        Path trained = folder.resolve("trained");
        train(source(family), TrainingPlan.full().toBuilder().learningRate(1e-7).steps(1), trained);
        try (Checkpoint before = Checkpoint.open(source(family));
                Checkpoint after = Checkpoint.open(trained)) {
            assertEquals(before.config(), after.config());
            assertEquals(before.names(), after.names());
        }
        // next to nothing was learnt, so that it is the same model
        assertArrayEquals(
                merged(source(family), null, Precision.FP32, IDS), merged(trained, null, Precision.FP32, IDS), 2e-2f);
    }

    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void whatIsWrittenOfAConfigurationIsReadAsTheSame(String family) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(source(family))) {
            LlamaConfig config = checkpoint.config();
            Path file = folder.resolve("config.json");
            assertEquals(config, HuggingFaceConfig.read(file, ModelFiles.config(config), null, config.storage()));
        }
    }

    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void anExportIsTheModel(String family) throws IOException {
        Continuation continuation = Continuation.of(Prompt.text("The sea is"), " deep and blue.");
        for (Precision precision : List.of(Precision.FP32, Precision.INT8, Precision.INT4)) {
            Path to = folder.resolve(precision.key());
            OnnxExport.write(source(family), to, precision);
            try (OnnxModel direct = OnnxModel.load(source(family), options(precision));
                    OnnxModel exported = OnnxModel.load(to, options(precision))) {
                assertArrayEquals(
                        direct.logLikelihood(Stream.of(continuation))
                                .toList()
                                .get(0)
                                .tokens(),
                        exported.logLikelihood(Stream.of(continuation))
                                .toList()
                                .get(0)
                                .tokens());
            }
        }
    }

    /** The vision part of a Gemma 3 is left aside; what is written is a language model. */
    @ParameterizedTest
    @ValueSource(strings = {"model.language_model.", "language_model.model."})
    void theLanguageModelInsideAnotherIsTheSame(String prefix) throws IOException {
        Path nested = Files.createDirectory(folder.resolve("nested"));
        SafetensorsWriter writer = new SafetensorsWriter();
        try (Safetensors tensors = Safetensors.open(source("gemma3").resolve("model.safetensors"))) {
            for (String name : tensors.names()) {
                writer.add(tensors.tensor(name).named(name.replaceFirst("^model\\.", prefix)), DType.BF16);
            }
            writer.add("model.vision_tower.patch.weight", new float[4], 2, 2);
            writer.write(nested.resolve("model.safetensors"));
        }
        for (String file : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(source("gemma3").resolve(file), nested.resolve(file));
        }
        String text = Files.readString(source("gemma3").resolve("config.classic.json"));
        Files.writeString(
                nested.resolve("config.json"),
                "{\"model_type\":\"gemma3\",\"architectures\":[\"Gemma3ForConditionalGeneration\"],\"text_config\":"
                        + text + "}");
        float[] expected = merged(source("gemma3"), null, Precision.FP32, IDS);
        assertArrayEquals(expected, merged(nested, null, Precision.FP32, IDS));
        try (Checkpoint checkpoint = Checkpoint.open(nested)) {
            Path written = folder.resolve("written");
            ModelFolder.write(checkpoint, Map.of(), DType.BF16, written);
            assertArrayEquals(expected, merged(written, null, Precision.FP32, IDS));
        }
    }

    @Test
    void adaptersOfJoinedProductsHaveTheNamesThatPeftGivesThem() throws IOException {
        Path adapter = folder.resolve("adapter");
        train(
                source("phi3"),
                TrainingPlan.lowRank().toBuilder().lora(Optional.of(Lora.of(2))).steps(1),
                adapter);
        try (Safetensors tensors = Safetensors.open(adapter.resolve("adapter_model.safetensors"))) {
            String qkv = "base_model.model.model.layers.0.self_attn.qkv_proj.";
            assertTrue(tensors.tensor(qkv + "lora_A.weight").hasShape(2, 64));
            assertTrue(tensors.tensor(qkv + "lora_B.weight").hasShape(128, 2));
            assertEquals(4 * 4 * 2, tensors.names().size());
        }
        assertTrue(Files.readString(adapter.resolve("adapter_config.json"))
                .replaceAll("\\s", "")
                .contains("[\"down_proj\",\"gate_up_proj\",\"o_proj\",\"qkv_proj\"]"));
    }
}
