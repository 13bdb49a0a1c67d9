package io.humpback.onnx.checkpoint;

import io.humpback.internal.Sha256;
import io.humpback.onnx.checkpoint.Checkpoint.TextFiles;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Opens a GGUF file of architecture llama; the keys are those of ggml's {@code gguf.md} and {@code llama-arch.cpp}. */
final class GgufLlama {

    private static final String ROPE_DIVISORS = "rope_freqs.weight";

    private static final double DEFAULT_THETA = 10_000;

    /** Keys under {@code llama.} that are read below. */
    private static final Set<String> READ = Set.of(
            "llama.vocab_size",
            "llama.embedding_length",
            "llama.feed_forward_length",
            "llama.block_count",
            "llama.context_length",
            "llama.attention.head_count",
            "llama.attention.head_count_kv",
            "llama.attention.key_length",
            "llama.attention.value_length",
            "llama.attention.layer_norm_rms_epsilon",
            "llama.rope.freq_base",
            "llama.rope.dimension_count");

    /** Keys that are only understood at the value which changes nothing; null where any value changes nothing. */
    private static final Map<String, @Nullable Object> NEUTRAL = neutral();

    private static Map<String, @Nullable Object> neutral() {
        Map<String, @Nullable Object> neutral = new LinkedHashMap<>();
        neutral.put("general.type", "model");
        neutral.put("llama.rope.scaling.type", "none");
        neutral.put("llama.rope.scaling.factor", 1.0);
        neutral.put("llama.rope.scale_linear", 1.0);
        neutral.put("llama.rope.scaling.original_context_length", null);
        neutral.put("llama.rope.scaling.finetuned", null);
        neutral.put("llama.attention.sliding_window", 0.0);
        neutral.put("llama.attention.causal", true);
        neutral.put("llama.expert_count", 0.0);
        neutral.put("llama.expert_used_count", 0.0);
        neutral.put("llama.tensor_data_layout", "Meta AI original pth");
        return neutral;
    }

    private final Gguf file;
    private final Map<String, Object> metadata;

    private GgufLlama(Gguf file) {
        this.file = file;
        this.metadata = file.metadata();
    }

    static Checkpoint open(Path path) throws IOException {
        Gguf file = GgufParts.open(path);
        try {
            return new GgufLlama(file).open();
        } catch (RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private Checkpoint open() {
        requireLlama();
        LlamaConfig config = config();
        Map<WeightName, Tensor> tensors = LlamaCheckpoint.select(
                file.path(), config, file.names(), GgufLlama::storedName, file::tensor, ROPE_DIVISORS::equals);
        tensors.replaceAll((name, tensor) ->
                name.part() == Part.Q || name.part() == Part.K ? tensor.unpaired(config.headDim()) : tensor);
        return new LlamaCheckpoint(
                file.path(), config, tensors, new TextFiles(null, null, null, metadata), file.files(), Sha256.digest());
    }

    private static String storedName(WeightName name) {
        String part =
                switch (name.part()) {
                    case EMBEDDING -> "token_embd";
                    case INPUT_NORM -> "attn_norm";
                    case Q -> "attn_q";
                    case K -> "attn_k";
                    case V -> "attn_v";
                    case O -> "attn_output";
                    case FEED_FORWARD_NORM -> "ffn_norm";
                    case GATE -> "ffn_gate";
                    case UP -> "ffn_up";
                    case DOWN -> "ffn_down";
                    case FINAL_NORM -> "output_norm";
                    case HEAD -> "output";
                    case Q_BIAS, K_BIAS, V_BIAS, Q_NORM, K_NORM, O_BIAS, ATTENTION_OUTPUT_NORM ->
                        throw new IllegalArgumentException(name + " is of no Llama");
                    case GATE_BIAS, UP_BIAS, DOWN_BIAS, FEED_FORWARD_OUTPUT_NORM ->
                        throw new IllegalArgumentException(name + " is of no Llama");
                    case QKV, GATE_UP -> throw new IllegalArgumentException(name + " is stored in parts");
                };
        return (name.layer() == WeightName.NO_LAYER ? "" : "blk." + name.layer() + ".") + part + ".weight";
    }

    private void requireLlama() {
        Object architecture = metadata.get("general.architecture");
        require("llama".equals(architecture), "general.architecture " + architecture + ", expected llama");
        metadata.forEach((key, value) -> {
            if (NEUTRAL.containsKey(key)) {
                Object neutral = NEUTRAL.get(key);
                Object found = value instanceof Number number ? (Object) number.doubleValue() : value;
                require(
                        neutral == null || neutral.equals(found),
                        key + " = " + shown(value) + " is not supported, expected " + neutral);
            } else {
                require(
                        !key.startsWith("llama.") || READ.contains(key),
                        "metadata " + Refusal.shown(key) + " is not supported");
            }
        });
    }

    private LlamaConfig config() {
        int hiddenSize = integer("llama.embedding_length", null);
        int heads = integer("llama.attention.head_count", null);
        int kvHeads = integer("llama.attention.head_count_kv", heads);
        require(
                heads % kvHeads == 0,
                "llama.attention.head_count " + heads + ": expected a multiple of head_count_kv " + kvHeads);
        require(
                metadata.containsKey("llama.attention.key_length") || hiddenSize % heads == 0,
                "llama.embedding_length " + hiddenSize + ": expected a multiple of head_count " + heads
                        + " where there is no key_length");
        int headDim = integer("llama.attention.key_length", Math.max(1, hiddenSize / heads));
        require(headDim % 2 == 0, "llama.attention.key_length " + headDim + ": expected an even number");
        for (String same : List.of("llama.attention.value_length", "llama.rope.dimension_count")) {
            int found = integer(same, headDim);
            require(
                    found == headDim,
                    same + " " + found + " is not supported, expected the size of a head, " + headDim);
        }
        int vocabSize = integer("llama.vocab_size", vocabSizeOfEmbedding());
        List<Integer> ends = new ArrayList<>();
        for (String key : List.of("eos_token_id", "eot_token_id", "eom_token_id")) {
            OptionalInt id = id("tokenizer.ggml." + key, vocabSize);
            if (id.isPresent() && !ends.contains(id.getAsInt())) {
                ends.add(id.getAsInt());
            }
        }
        return new LlamaConfig(
                vocabSize,
                hiddenSize,
                integer("llama.feed_forward_length", null),
                integer("llama.block_count", null),
                heads,
                kvHeads,
                headDim,
                integer("llama.context_length", null),
                new LlamaConfig.Features(
                        number("llama.attention.layer_norm_rms_epsilon", null),
                        !file.names().contains(storedName(WeightName.HEAD)),
                        new Rope(number("llama.rope.freq_base", DEFAULT_THETA), divisors(headDim))),
                id("tokenizer.ggml.bos_token_id", vocabSize),
                ends,
                LlamaCheckpoint.storage(file.names().stream().map(file::tensor).toList()));
    }

    private @Nullable Integer vocabSizeOfEmbedding() {
        String name = storedName(WeightName.EMBEDDING);
        if (!file.names().contains(name)) {
            return null;
        }
        long rows = file.tensor(name).rows();
        require(rows >= 1 && rows <= Integer.MAX_VALUE, name + ": " + rows + " rows, expected 1 to 2^31 - 1");
        return (int) rows;
    }

    private Rope.@Nullable Divisors divisors(int headDim) {
        if (!file.names().contains(ROPE_DIVISORS)) {
            return null;
        }
        Tensor tensor = file.tensor(ROPE_DIVISORS);
        require(
                tensor.hasShape(headDim / 2),
                "tensor " + tensor + ": expected one number for each of " + headDim / 2 + " frequencies");
        float[] values = new float[headDim / 2];
        tensor.floats(0, 1, values, 0);
        List<Float> divisors = new ArrayList<>();
        for (float value : values) {
            require(
                    value > 0 && value < Float.POSITIVE_INFINITY,
                    "tensor " + ROPE_DIVISORS + ": " + value + ", expected numbers above 0");
            divisors.add(value);
        }
        return new Rope.Divisors(divisors);
    }

    private int integer(String key, @Nullable Integer otherwise) {
        Object value = metadata.get(key);
        if (value == null && otherwise != null) {
            return otherwise;
        }
        long number = value instanceof Long whole ? whole : 0;
        require(
                number >= 1 && number <= Integer.MAX_VALUE,
                key + " = " + shown(value) + ", expected a whole number from 1 on");
        return (int) number;
    }

    /** A single-precision number is taken for the decimal it was written as: 1e-5, not 9.99999975e-6. */
    private double number(String key, @Nullable Double otherwise) {
        Object value = metadata.get(key);
        if (value == null && otherwise != null) {
            return otherwise;
        }
        double number = value instanceof Float || value instanceof Double ? Double.parseDouble(value.toString()) : 0;
        require(
                number > 0 && number < Double.POSITIVE_INFINITY,
                key + " = " + shown(value) + ", expected a floating-point number above 0");
        return number;
    }

    private OptionalInt id(String key, int vocabSize) {
        Object value = metadata.get(key);
        if (value == null) {
            return OptionalInt.empty();
        }
        require(
                value instanceof Long id && id >= 0 && id < vocabSize,
                key + " = " + shown(value) + ", expected an id from 0 to " + (vocabSize - 1));
        return OptionalInt.of(((Long) value).intValue());
    }

    private static String shown(@Nullable Object value) {
        if (value == null) {
            return "(absent)";
        }
        return value instanceof Number || value instanceof Boolean
                ? value.toString()
                : value instanceof String text ? Refusal.shown(text) : "an array";
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw Refusal.of(file.path(), otherwise);
        }
    }
}
