package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufLlamaTest {

    private static final String MIXED = "data/golden/tiny-gguf/tiny-llama3-mixed.gguf";
    private static final String SMOLLM2 = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

    @TempDir
    Path folder;

    private Path file(GgufBuilder builder) throws IOException {
        return Files.write(folder.resolve("some.gguf"), builder.build());
    }

    private LlamaConfig config(GgufBuilder builder) throws IOException {
        try (Checkpoint checkpoint = GgufLlama.open(file(builder))) {
            return checkpoint.config();
        }
    }

    private void assertRefused(String expected, GgufBuilder builder) throws IOException {
        String message = Hostile.refusal(file(builder), GgufLlama::open);
        assertTrue(message.contains(expected), message);
    }

    @Test
    void theConfigurationIsThatOfAFolderWithTheSameModel() throws IOException {
        assertEquals(TinyLlama.CONFIG, config(TinyLlama.gguf()));
    }

    @Test
    void theMetadataIsThereForTheTokenizer() throws IOException {
        try (Checkpoint checkpoint = GgufLlama.open(file(TinyLlama.gguf()))) {
            Map<String, Object> metadata = checkpoint.text().ggufMetadata();
            assertEquals("llama", metadata.get("general.architecture"));
        }
    }

    @Test
    void withoutAnOutputTensorTheHeadIsTied() throws IOException {
        assertTrue(config(TinyLlama.gguf().withoutTensor("output.weight")).tiedEmbeddings());
    }

    @Test
    void queriesAndKeysAreUnpairedAndNothingElseIs() throws IOException {
        Path path = file(TinyLlama.gguf());
        try (Checkpoint checkpoint = GgufLlama.open(path);
                Gguf stored = Gguf.open(path)) {
            float[] query = Shared.floats(stored.tensor("blk.1.attn_q.weight"));
            float[] found = Shared.floats(checkpoint.tensor(new WeightName(1, Part.Q)));
            int[] order = {0, 2, 1, 3, 4, 6, 5, 7};
            for (int i = 0; i < found.length; i++) {
                assertEquals(query[order[i / 8] * 8 + i % 8], found[i]);
            }
            Map<String, Part> others = Map.of("attn_v", Part.V, "attn_output", Part.O, "ffn_down", Part.DOWN);
            others.forEach((name, part) -> assertArrayEquals(
                    Shared.floats(stored.tensor("blk.0." + name + ".weight")),
                    Shared.floats(checkpoint.tensor(new WeightName(0, part)))));
        }
    }

    @Test
    void theMixedReferenceFileHoldsTheReferenceModelWithinEachTypesPrecision() throws IOException {
        // half a step of a block's grid, relative to the largest absolute value of the tensor
        Map<DType, Double> precision = Map.of(
                DType.F32, 0.0,
                DType.F16, 0.001,
                DType.BF16, 0.0,
                DType.Q8_0, 0.005,
                DType.Q4_0, 0.13,
                DType.Q4_1, 0.07,
                DType.Q5_0, 0.065,
                DType.Q5_1, 0.035);
        try (Checkpoint mixed = GgufLlama.open(Shared.file(MIXED));
                Checkpoint reference = HuggingFace.open(Shared.file("data/golden/tiny-llama3"))) {
            assertEquals(reference.names(), mixed.names());
            for (WeightName name : reference.names()) {
                float[] expected = Shared.floats(reference.tensor(name));
                float[] found = Shared.floats(mixed.tensor(name));
                double largest = 0;
                double furthest = 0;
                for (int i = 0; i < expected.length; i++) {
                    largest = Math.max(largest, Math.abs(expected[i]));
                    furthest = Math.max(furthest, Math.abs(expected[i] - found[i]));
                }
                DType dtype = mixed.tensor(name).dtype();
                assertTrue(furthest <= precision.get(dtype) * largest, name + " " + dtype + " " + furthest / largest);
            }
            LlamaConfig config = mixed.config();
            assertEquals(List.of(511), config.endIds());
            assertEquals(OptionalInt.of(507), config.bosId());
            assertEquals(reference.config().rmsNormEps(), config.rmsNormEps());
            assertTrue(config.tiedEmbeddings());
            assertArrayEquals(
                    reference.config().rope().inverseFrequencies(16),
                    config.rope().inverseFrequencies(16),
                    1e-7);
        }
    }

    @Test
    void blocksOfPermutedRowsStayWhole() throws IOException {
        Path path = Shared.file(MIXED);
        try (Checkpoint checkpoint = GgufLlama.open(path);
                Gguf stored = Gguf.open(path)) {
            Tensor query = checkpoint.tensor(new WeightName(0, Part.Q));
            assertEquals(DType.Q4_0, query.dtype());
            // row 8 starts the second half of head 0, which is interleaved with the first
            ByteBuffer expected = stored.tensor("blk.0.attn_q.weight").bytes(1, 1);
            assertEquals(expected, query.bytes(8, 1));
            float[] fromBytes = new float[query.rowLength()];
            query.dtype().decode(query.bytes(8, 1), fromBytes, 0, fromBytes.length);
            float[] row = new float[query.rowLength()];
            query.floats(8, 1, row, 0);
            assertArrayEquals(row, fromBytes);
        }
    }

    @Test
    void aRealModelIsReadAndItsFingerprintIsTheHashOfTheFile() throws IOException {
        try (Checkpoint checkpoint = GgufLlama.open(Shared.file(SMOLLM2))) {
            assertEquals(
                    new LlamaConfig(
                            49152,
                            576,
                            1536,
                            30,
                            9,
                            3,
                            64,
                            8192,
                            new LlamaConfig.Features(1e-5, true, new Rope(100_000, null)),
                            OptionalInt.of(1),
                            List.of(2),
                            DType.Q4_1),
                    checkpoint.config());
            assertEquals(272, checkpoint.names().size());
            assertEquals(
                    Shared.json("data/golden/smollm2/gguf-inventory.json")
                            .get("sha256")
                            .textValue(),
                    checkpoint.fingerprint());
        }
    }

    // settings

    @Test
    void allKindsOfEndTokensCount() throws IOException {
        GgufBuilder builder =
                TinyLlama.gguf().key("tokenizer.ggml.eot_token_id", 5).key("tokenizer.ggml.eom_token_id", 2);
        assertEquals(List.of(2, 5), config(builder).endIds());
        assertEquals(
                List.of(),
                config(TinyLlama.gguf().without("tokenizer.ggml.eos_token_id")).endIds());
    }

    @Test
    void frequenciesAreReadAndDivided() throws IOException {
        Rope rope = config(TinyLlama.gguf()
                        .key("llama.rope.freq_base", 100f)
                        .tensor("rope_freqs.weight", 0, TinyLlama.bytes(1, 4), 2))
                .rope();
        assertArrayEquals(new double[] {1, 0.025}, rope.inverseFrequencies(4), 1e-12);
    }

    @Test
    void frequenciesOfAnotherNumberOrNotAboveZeroAreRefused() throws IOException {
        assertRefused(
                "rope_freqs.weight F32[1]", TinyLlama.gguf().tensor("rope_freqs.weight", 0, TinyLlama.bytes(1), 1));
        for (float value : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
            assertRefused(
                    "expected numbers above 0",
                    TinyLlama.gguf().tensor("rope_freqs.weight", 0, TinyLlama.bytes(1, value), 2));
        }
    }

    @Test
    void otherArchitecturesAreRefused() throws IOException {
        assertRefused(
                "general.architecture mamba, expected one of [llama, qwen2, qwen3, smollm3, phi3, granite, gemma3]",
                TinyLlama.gguf().without("general.architecture").key("general.architecture", "mamba"));
        assertRefused("general.architecture (absent)", TinyLlama.gguf().without("general.architecture"));
    }

    @Test
    void featuresAreRefusedByName() throws IOException {
        assertRefused("llama.expert_count = 8", TinyLlama.gguf().key("llama.expert_count", 8));
        assertRefused("llama.attention.sliding_window", TinyLlama.gguf().key("llama.attention.sliding_window", 4096));
        assertRefused(
                "llama.rope.scaling.type = longrope", TinyLlama.gguf().key("llama.rope.scaling.type", "longrope"));
        assertRefused(
                "llama.rope.scaling.original_context_length = (absent)",
                TinyLlama.gguf().key("llama.rope.scaling.type", "yarn").key("llama.rope.scaling.factor", 4f));
        assertRefused("llama.rope.scale_linear", TinyLlama.gguf().key("llama.rope.scale_linear", 2f));
        assertRefused("llama.rope.dimension_count 2", TinyLlama.gguf().key("llama.rope.dimension_count", 2));
        assertRefused("llama.attention.value_length 8", TinyLlama.gguf().key("llama.attention.value_length", 8));
        assertRefused(
                "metadata llama.logit_scale is not supported", TinyLlama.gguf().key("llama.logit_scale", 1f));
        assertRefused("general.type = adapter", TinyLlama.gguf().key("general.type", "adapter"));
    }

    @Test
    void settingsThatChangeNothingAreFine() throws IOException {
        GgufBuilder builder = TinyLlama.gguf()
                .key("general.type", "model")
                .key("llama.vocab_size", 10)
                .key("llama.rope.scaling.type", "none")
                .key("llama.rope.scaling.factor", 1f)
                .key("llama.rope.scaling.original_context_length", 16)
                .key("llama.rope.dimension_count", 4)
                .key("llama.attention.key_length", 4)
                .key("llama.attention.value_length", 4)
                .key("llama.expert_count", 0);
        assertEquals(TinyLlama.CONFIG, config(builder));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "llama.block_count",
                "llama.context_length",
                "llama.embedding_length",
                "llama.feed_forward_length",
                "llama.attention.head_count",
                "llama.attention.layer_norm_rms_epsilon"
            })
    void sizesHaveToBeThereAndHaveToBeNumbers(String key) throws IOException {
        assertRefused(key + " = (absent)", TinyLlama.gguf().without(key));
        assertRefused(key + " = 0", TinyLlama.gguf().without(key).key(key, 0));
        assertRefused(key + " = many", TinyLlama.gguf().without(key).key(key, "many"));
        assertRefused(
                key + " = an array",
                TinyLlama.gguf().without(key).raw(key, 9, GgufBuilder.u32(4), GgufBuilder.u64(1), GgufBuilder.u32(2)));
        assertRefused(key + " = 4294967295", TinyLlama.gguf().without(key).key(key, -1));
    }

    @Test
    void idsOutsideTheVocabularyAreRefused() throws IOException {
        assertRefused(
                "tokenizer.ggml.eos_token_id = 10, expected an id from 0 to 9",
                TinyLlama.gguf().without("tokenizer.ggml.eos_token_id").key("tokenizer.ggml.eos_token_id", 10));
    }

    @Test
    void aVocabularySizeOtherThanTheEmbeddingsIsRefused() throws IOException {
        assertRefused(
                "tensor token_embd.weight: shape [10, 8], expected [11, 8]",
                TinyLlama.gguf().key("llama.vocab_size", 11));
    }

    @Test
    void missingAndSurplusTensorsAreRefusedByTheirNameInTheFile() throws IOException {
        assertRefused(
                "tensor blk.1.ffn_up.weight is missing, expected with shape [6, 8]",
                TinyLlama.gguf().withoutTensor("blk.1.ffn_up.weight"));
        assertRefused(
                "tensor token_embd.weight is missing",
                TinyLlama.gguf().withoutTensor("token_embd.weight").key("llama.vocab_size", 10));
        assertRefused(
                "tensor blk.0.attn_q_norm.weight has no place",
                TinyLlama.gguf().tensor("blk.0.attn_q_norm.weight", 0, new byte[16], 4));
        assertRefused(
                "tensor blk.1.attn_q.bias is missing, expected with shape [8]",
                TinyLlama.gguf().tensor("blk.0.attn_q.bias", 0, new byte[32], 8));
        assertRefused(
                "tensor blk.2.ffn_up.weight has no place",
                TinyLlama.gguf().tensor("blk.2.ffn_up.weight", 0, new byte[192], 8, 6));
    }

    @Property(tries = 500)
    void damagedModelsAreReadOrRefused(@ForAll("damaged") byte[] content) throws IOException {
        Hostile.readOrRefused(content, GgufLlama::open, checkpoint -> checkpoint
                .names()
                .forEach(name -> Shared.floats(checkpoint.tensor(name))));
    }

    @Provide
    Arbitrary<byte[]> damaged() {
        return Hostile.mutations(TinyLlama.gguf().build());
    }
}
