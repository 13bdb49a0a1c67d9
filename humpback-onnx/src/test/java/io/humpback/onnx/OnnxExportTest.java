package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.llama.RandomLlama;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OnnxExportTest {

    @TempDir
    Path folder;

    private static final List<Prompt> PROMPTS = List.of(
            Prompt.chat(Message.user("Why is the sky blue?")),
            Prompt.text("Once upon a time"),
            Prompt.chat(Message.system("Be brief."), Message.user("Name three rivers.")));

    private static List<String> names(Path folder) throws Exception {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void anExportedFolderIsTheModelInThatPrecision(Precision precision) throws Exception {
        Path to = folder.resolve("exported");
        OnnxExport.write(Reference.tiny(), to, precision);
        assertEquals(
                List.of(
                        "README.md",
                        "config.json",
                        "model.onnx",
                        "model.onnx.data",
                        "tokenizer.json",
                        "tokenizer_config.json"),
                names(to));
        assertTrue(Files.readString(to.resolve("README.md")).startsWith("# tiny-llama3 in " + precision.key()));
        LoadOptions options = LoadOptions.defaults().device(Device.cpu(1));
        try (OnnxModel exported = OnnxModel.load(to, options);
                OnnxModel direct = OnnxModel.load(Reference.tiny(), options.precision(precision))) {
            assertEquals(direct.fingerprint(), exported.fingerprint());
            assertEquals(direct.contextLength(), exported.contextLength());
            assertEquals(direct.toString(), exported.toString());
            Sampling sampling = Sampling.nucleus(0.9).maxTokens(20).seed(4);
            List<Completion> completions =
                    direct.complete(PROMPTS.stream(), sampling).toList();
            assertEquals(
                    completions, exported.complete(PROMPTS.stream(), sampling).toList());
            for (Prompt prompt : PROMPTS) {
                Continuation continuation = Continuation.of(prompt, " It is what it is.");
                assertArrayEquals(
                        direct.logLikelihood(continuation).tokens(),
                        exported.logLikelihood(continuation).tokens());
            }
        }
        try (OrtSession session = OrtEnvironment.getEnvironment()
                .createSession(to.resolve("model.onnx").toString())) {
            assertTrue(session.getInputNames().containsAll(List.of("input_ids", "past_key_values.3.value", "rows")));
            assertTrue(session.getOutputNames().containsAll(List.of("logits", "target_logprobs", "present.3.key")));
        }
    }

    @Test
    void bfloat16WeightsGoOutBitForBit() throws Exception {
        Path to = folder.resolve("exported");
        OnnxExport.write(Reference.tiny(), to, Precision.BF16);
        byte[] data = Files.readAllBytes(to.resolve("model.onnx.data"));
        ModelProto model = ModelProto.parseFrom(Files.readAllBytes(to.resolve("model.onnx")));
        int compared = 0;
        try (Checkpoint checkpoint = Checkpoint.open(Reference.tiny())) {
            for (TensorProto weight : model.getGraph().getInitializerList()) {
                if (!weight.getName().endsWith(".bf16")) {
                    continue;
                }
                Map<String, String> place = weight.getExternalDataList().stream()
                        .collect(Collectors.toMap(StringStringEntryProto::getKey, StringStringEntryProto::getValue));
                int offset = Integer.parseInt(place.get("offset"));
                String name = weight.getName().replace(".bf16", "").replace("lm_head", "model.embed_tokens");
                List<String> parts = Stream.of(name)
                        .flatMap(whole -> whole.contains("qkv_proj")
                                ? Stream.of("q", "k", "v").map(part -> whole.replace("qkv", part))
                                : Stream.of(whole))
                        .flatMap(whole -> whole.contains("gate_up_proj")
                                ? Stream.of("gate", "up").map(part -> whole.replace("gate_up", part))
                                : Stream.of(whole))
                        .toList();
                for (String part : parts) {
                    Tensor tensor = checkpoint.tensor(WeightName.of(part));
                    ByteBuffer stored = tensor.bytes(0, (int) tensor.rows());
                    int length = stored.remaining();
                    assertEquals(stored, ByteBuffer.wrap(data, offset, length).slice(), part);
                    offset += length;
                    compared++;
                }
                assertEquals(
                        Integer.parseInt(place.get("offset")) + Integer.parseInt(place.get("length")), offset, name);
            }
        }
        assertEquals(2 + 4 * 7, compared); // embedding, head, seven matrices a block
    }

    @Test
    void aGgufBecomesAFolderWithItsTokenizerAndTemplate() throws Exception {
        Path gguf = Reference.smolLm2();
        Path to = folder.resolve("exported");
        OnnxExport.write(gguf, to, Precision.INT4);
        // 4-bit blocks with their offsets, the head at 8 bits, the embedding as floats
        assertTrue(Files.size(to.resolve("model.onnx.data")) < 260 << 20);
        try (OnnxModel model = OnnxModel.load(to)) {
            Prompt prompt = Prompt.chat(Message.user("What is the capital of France?"));
            int[] ids = Reference.ids(Reference.golden("smollm2/generation.json")
                    .path("chats")
                    .get(0)
                    .path("prompt_ids"));
            assertEquals(ids.length, model.countTokens(prompt));
            // the weights are those of the file; activations of 8 bits move a token's log-probability by 0.096 in the
            // mean
            double difference = 0;
            int tokens = 0;
            for (JsonNode chat : Reference.golden("smollm2/generation.json").path("chats")) {
                for (JsonNode given : chat.path("likelihoods")) {
                    double[] found = model.logLikelihood(Continuation.of(
                                    Prompt.ids(Reference.list(Reference.ids(chat.path("prompt_ids")))),
                                    Reference.list(Reference.ids(given.path("completion_ids")))))
                            .tokens();
                    for (int k = 0; k < found.length; k++) {
                        difference +=
                                Math.abs(given.path("token_logprobs").get(k).asDouble() - found[k]);
                        tokens++;
                    }
                }
            }
            assertTrue(difference / tokens < 0.15, "mean difference " + difference / tokens + " over " + tokens);
        }
    }

    @Test
    void foldersThatHoldSomethingAreRefused() throws Exception {
        Files.writeString(folder.resolve("precious.txt"), "mine");
        assertEquals(
                folder + ": expected an empty folder, or none",
                assertThrows(ModelException.class, () -> OnnxExport.write(Reference.tiny(), folder, Precision.FP32))
                        .getMessage());
        Path file = folder.resolve("precious.txt");
        assertEquals(
                file + ": expected a folder",
                assertThrows(ModelException.class, () -> OnnxExport.write(Reference.tiny(), file, Precision.FP32))
                        .getMessage());
        assertEquals(List.of("precious.txt"), names(folder));
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void aFailedExportLeavesNothing() throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 1);
        Path to = folder.resolve("exported");
        assertEquals(
                source + ": no tokenizer.json",
                assertThrows(ModelException.class, () -> OnnxExport.write(source, to, Precision.FP32))
                        .getMessage());
        assertFalse(Files.exists(to));
        assertThrows(ModelException.class, () -> OnnxExport.write(to, to, Precision.FP32));
        assertFalse(Files.exists(to));
    }

    @Test
    void precisionsHaveTheirOwnFingerprints() throws Exception {
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        OnnxExport.write(Reference.tiny(), one, Precision.FP32);
        OnnxExport.write(Reference.tiny(), two, Precision.BF16);
        try (OnnxModel first = OnnxModel.load(one);
                OnnxModel second = OnnxModel.load(two)) {
            assertNotEquals(first.fingerprint(), second.fingerprint());
            assertTrue(first.fingerprint().endsWith("-fp32"), first.fingerprint());
        }
    }
}
