package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.LlamaConfig.Features;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** GGUF files of the families' tiny checkpoints, laid out as llama.cpp's converter does, against the folders they are made of. */
public class GgufFamiliesTest {

    private static final Set<String> INTERLEAVED = Set.of("llama", "smollm3", "granite");

    private static final Set<Part> HEADS = Set.of(Part.Q, Part.Q_BIAS, Part.K, Part.K_BIAS);

    private static final Map<String, String> NAMES = Map.ofEntries(
            Map.entry("model.embed_tokens", "token_embd"),
            Map.entry("model.norm", "output_norm"),
            Map.entry("lm_head", "output"),
            Map.entry("input_layernorm", "attn_norm"),
            Map.entry("self_attn.q_proj", "attn_q"),
            Map.entry("self_attn.k_proj", "attn_k"),
            Map.entry("self_attn.v_proj", "attn_v"),
            Map.entry("self_attn.q_norm", "attn_q_norm"),
            Map.entry("self_attn.k_norm", "attn_k_norm"),
            Map.entry("self_attn.qkv_proj", "attn_qkv"),
            Map.entry("self_attn.o_proj", "attn_output"),
            Map.entry("self_attn.output_layernorm", "post_attention_norm"),
            Map.entry("post_attention_layernorm", "ffn_norm"),
            Map.entry("mlp.gate_proj", "ffn_gate"),
            Map.entry("mlp.up_proj", "ffn_up"),
            Map.entry("mlp.gate_up_proj", "ffn_up"),
            Map.entry("mlp.down_proj", "ffn_down"),
            Map.entry("mlp.output_layernorm", "post_ffw_norm"));

    @TempDir
    private Path folder;

    private static String stored(String name) {
        int end = name.lastIndexOf('.');
        String module = name.substring(0, end);
        String block = "";
        if (module.startsWith("model.layers.")) {
            int number = module.indexOf('.', 13);
            block = "blk." + module.substring(13, number) + ".";
            module = module.substring(number + 1);
        }
        return block + NAMES.get(module) + name.substring(end);
    }

    private static GgufBuilder gguf(String architecture, Checkpoint source) {
        return gguf(architecture, source, DType.F32);
    }

    /** {@return a file whose matrices are of a type: F32, BF16 or Q8_0} */
    public static GgufBuilder gguf(String architecture, Checkpoint source, DType type) {
        LlamaConfig c = source.config();
        String own = architecture + ".";
        GgufBuilder builder = new GgufBuilder()
                .key("general.architecture", architecture)
                .key(own + "block_count", c.layers())
                .key(own + "context_length", c.maxPositions())
                .key(own + "embedding_length", c.hiddenSize())
                .key(own + "feed_forward_length", c.intermediateSize())
                .key(own + "attention.head_count", c.heads())
                .key(own + "attention.head_count_kv", c.kvHeads())
                .key(own + "attention.key_length", c.headDim())
                .key(own + "attention.value_length", c.headDim())
                .key(own + "attention.layer_norm_rms_epsilon", (float) c.rmsNormEps())
                .key(own + "rope.freq_base", (float) c.rope().theta())
                .key(own + "rope.dimension_count", c.rope().dimensions(c.headDim()));
        c.bosId().ifPresent(id -> builder.key("tokenizer.ggml.bos_token_id", id));
        c.endIds().forEach(id -> builder.key("tokenizer.ggml.eos_token_id", id));
        for (WeightName name : source.names()) {
            Tensor tensor = source.tensor(name);
            float[] values = Shared.floats(tensor);
            if (INTERLEAVED.contains(architecture) && HEADS.contains(name.part())) {
                values = interleaved(values, tensor.shape().length == 1 ? 1 : tensor.rowLength(), c.headDim());
            }
            if (architecture.equals("gemma3") && name.part().isNorm()) {
                for (int i = 0; i < values.length; i++) {
                    values[i] += 1;
                    if (name.part() == Part.Q_NORM) { // the file has no other place for the scale of attention
                        values[i] *= (float) (c.attentionScale() * Math.sqrt(c.headDim()));
                    }
                }
            }
            long[] shape = tensor.shape();
            DType held = shape.length == 1 ? DType.F32 : type;
            builder.tensor(
                    stored(name.toString()),
                    held == DType.F32 ? 0 : held == DType.BF16 ? 30 : 8,
                    held == DType.F32 ? TinyLlama.bytes(values) : packed(values, held),
                    shape.length == 1 ? shape : new long[] {shape[1], shape[0]});
        }
        return builder;
    }

    private static byte[] packed(float[] values, DType type) {
        ByteBuffer bytes = ByteBuffer.allocate((int) type.bytes(values.length)).order(ByteOrder.LITTLE_ENDIAN);
        if (type == DType.BF16) {
            for (float value : values) {
                bytes.putShort(DType.bfloat16(value));
            }
            return bytes.array();
        }
        for (int block = 0; block < values.length; block += 32) {
            float most = 0;
            for (int i = block; i < block + 32; i++) {
                most = Math.max(most, Math.abs(values[i]));
            }
            bytes.putShort(half(most / 127));
            for (int i = block; i < block + 32; i++) {
                bytes.put((byte) (most == 0 ? 0 : Math.round(values[i] / (most / 127))));
            }
        }
        return bytes.array();
    }

    /** {@return a positive normal number in half precision, rounded down} */
    private static short half(float value) {
        return (short) (Float.floatToRawIntBits(value) - (112 << 23) >> 13);
    }

    /** Row (half, i) of a head comes to (i, half). */
    private static float[] interleaved(float[] values, int length, int head) {
        float[] rows = new float[values.length];
        for (int row = 0; row < values.length / length; row++) {
            int in = row % head;
            int to = row - in + in % (head / 2) * 2 + in / (head / 2);
            System.arraycopy(values, row * length, rows, to * length, length);
        }
        return rows;
    }

    private void compare(GgufBuilder builder, Checkpoint source, boolean sights) throws IOException {
        Path file = Files.write(folder.resolve("family.gguf"), builder.build());
        try (Checkpoint gguf = Checkpoint.open(file)) {
            LlamaConfig expected = source.config();
            LlamaConfig found = gguf.config();
            Features e = expected.features();
            Features f = found.features();
            assertEquals(e.optional(), f.optional());
            assertEquals(e.joined(), f.joined());
            assertEquals(e.activation(), f.activation());
            assertEquals(e.tiedEmbeddings(), f.tiedEmbeddings());
            assertEquals(e.scales().embedding(), f.scales().embedding(), 1e-6);
            assertEquals(e.scales().residual(), f.scales().residual(), 1e-6);
            assertEquals(e.scales().logits(), f.scales().logits(), 1e-6);
            assertEquals(expected.attentionScale(), found.attentionScale(), 1e-7);
            assertFalse(f.normsLackOne());
            assertEquals(expected.endIds(), found.endIds());
            if (sights) {
                compareSights(expected, found);
            }
            assertEquals(source.names(), gguf.names());
            for (WeightName name : source.names()) {
                float[] values = Shared.floats(source.tensor(name));
                if (e.normsLackOne() && name.part().isNorm()) {
                    for (int i = 0; i < values.length; i++) {
                        values[i] += 1;
                    }
                }
                assertArrayEquals(values, Shared.floats(gguf.tensor(name)), name.toString());
            }
        }
    }

    private static void compareSights(LlamaConfig expected, LlamaConfig found) {
        for (int layer = 0; layer < expected.layers(); layer++) {
            assertEquals(expected.sight(layer).window(), found.sight(layer).window(), "window of block " + layer);
            Rope one = expected.sight(layer).rope();
            Rope two = found.sight(layer).rope();
            assertEquals(one == null, two == null, "rope of block " + layer);
            if (one != null) {
                assertEquals(one.attention(), two.attention(), 1e-6);
                assertArrayEquals(
                        one.inverseFrequencies(expected.headDim()), two.inverseFrequencies(expected.headDim()), 1e-6);
            }
        }
    }

    private static Checkpoint source(String family) throws IOException {
        return Checkpoint.open(Shared.file("data/golden/families/" + family));
    }

    @ParameterizedTest
    @CsvSource({"qwen2, qwen2", "qwen3, qwen3", "mistral, llama", "phi3, phi3", "llama-bias, llama"})
    void aFileHoldsWhatItsFolderHolds(String family, String architecture) throws IOException {
        try (Checkpoint source = source(family)) {
            compare(gguf(architecture, source), source, true);
        }
    }

    /** A file does not tell which blocks of SmolLM3 have no position embedding: llama.cpp takes every fourth. */
    @Test
    void everyFourthBlockOfSmolLm3IsWithoutPositions() throws IOException {
        try (Checkpoint source = source("smollm3")) {
            GgufBuilder builder = gguf("smollm3", source);
            compare(builder, source, false);
            try (Checkpoint gguf = Checkpoint.open(folder.resolve("family.gguf"))) {
                for (int layer = 0; layer < 4; layer++) {
                    assertEquals(layer == 3, gguf.config().sight(layer).rope() == null);
                }
            }
        }
    }

    @Test
    void granitesScalesAreRead() throws IOException {
        try (Checkpoint source = source("granite")) {
            LlamaConfig.Scales scales = source.config().features().scales();
            compare(
                    gguf("granite", source)
                            .key("granite.embedding_scale", (float) scales.embedding())
                            .key("granite.residual_scale", (float) scales.residual())
                            .key("granite.attention.scale", (float) scales.attention())
                            .key("granite.logit_scale", (float) (1 / scales.logits())),
                    source,
                    true);
        }
    }

    @Test
    void linearAndYarnScalingAreRead() throws IOException {
        try (Checkpoint linear = source("llama-linear");
                Checkpoint yarn = source("llama-yarn")) {
            Rope.Linear by = (Rope.Linear) linear.config().rope().scaling();
            compare(
                    gguf("llama", linear)
                            .key("llama.rope.scaling.type", "linear")
                            .key("llama.rope.scaling.factor", (float) by.factor()),
                    linear,
                    true);
            Rope.Yarn extended = (Rope.Yarn) yarn.config().rope().scaling();
            compare(
                    gguf("llama", yarn)
                            .key("llama.rope.scaling.type", "yarn")
                            .key("llama.rope.scaling.factor", (float) extended.factor())
                            .key("llama.rope.scaling.original_context_length", extended.originalPositions()),
                    yarn,
                    true);
        }
    }

    /** The layers and sizes that the file does not tell are those of Gemma 3 itself. */
    @Test
    void gemmasNormsWindowsAndScalesAreRead() throws IOException {
        try (Checkpoint source = source("gemma3")) {
            GgufBuilder builder = gguf("gemma3", source)
                    .key(
                            "gemma3.attention.sliding_window",
                            source.config().sight(0).window());
            Path file = Files.write(folder.resolve("gemma.gguf"), builder.build());
            try (Checkpoint gguf = Checkpoint.open(file)) {
                Features found = gguf.config().features();
                assertEquals(LlamaConfig.Activation.GELU_TANH, found.activation());
                assertEquals(source.config().features().optional(), found.optional());
                assertEquals(
                        Math.sqrt(gguf.config().hiddenSize()), found.scales().embedding(), 1e-9);
                assertEquals(source.config().sight(0), gguf.config().sight(0));
                assertTrue(gguf.config().normsOutputs());
                float[] norm = Shared.floats(source.tensor(new WeightName(0, Part.FEED_FORWARD_OUTPUT_NORM)));
                float[] stored = Shared.floats(gguf.tensor(new WeightName(0, Part.FEED_FORWARD_OUTPUT_NORM)));
                for (int i = 0; i < norm.length; i++) {
                    assertEquals(norm[i] + 1, stored[i]);
                }
            }
        }
    }

    private LlamaConfig config(GgufBuilder builder) throws IOException {
        try (Checkpoint gguf = Checkpoint.open(Files.write(folder.resolve("other.gguf"), builder.build()))) {
            return gguf.config();
        }
    }

    private static List<Integer> windows(LlamaConfig config) {
        return IntStream.range(0, config.layers())
                .map(layer -> config.sight(layer).window())
                .boxed()
                .toList();
    }

    @Test
    void gemmasBlocksWithWindowsAreThoseOfThePattern() throws IOException {
        String pattern = "gemma3.attention.sliding_window_pattern";
        try (Checkpoint source = source("gemma3")) {
            assertEquals(List.of(0, 0, 0, 0), windows(config(gguf("gemma3", source))));
            GgufBuilder windowed = gguf("gemma3", source).key("gemma3.attention.sliding_window", 24);
            assertEquals(List.of(24, 24, 24, 24), windows(config(windowed)));
            assertEquals(List.of(24, 0, 24, 0), windows(config(windowed.key(pattern, 2))));
            windowed.without(pattern).key(pattern, false, true, true, false);
            assertEquals(List.of(0, 24, 24, 0), windows(config(windowed)));
            windowed.without(pattern).key(pattern, true);
            String message =
                    assertThrows(ModelException.class, () -> config(windowed)).getMessage();
            assertTrue(message.endsWith(pattern + ": 1 entries, expected 4"), message);
        }
    }

    /** Of other architectures the setting tells nothing. */
    @Test
    void aGraniteWithoutPositionsIsRefused() throws IOException {
        try (Checkpoint source = source("granite")) {
            String message = assertThrows(
                            ModelException.class,
                            () -> config(gguf("granite", source).flag("granite.rope.scaling.finetuned", false)))
                    .getMessage();
            assertTrue(
                    message.endsWith("granite.rope.scaling.finetuned = false is not supported, expected true"),
                    message);
            assertEquals(
                    source.config().layers(),
                    config(gguf("granite", source).flag("granite.rope.scaling.finetuned", true))
                            .layers());
        }
    }
}
