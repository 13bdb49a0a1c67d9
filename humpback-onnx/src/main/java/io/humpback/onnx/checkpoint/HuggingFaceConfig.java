package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A {@code config.json} in the classic layout ({@code rope_theta}, {@code rope_scaling}) or in that of transformers 5
 * ({@code rope_parameters}). Absent keys mean what they mean to transformers' {@code LlamaConfig}; sizes have to be there.
 */
final class HuggingFaceConfig {

    /** Settings that are only understood at the value which changes nothing; absent and null are fine too. */
    private static final Map<String, String> NEUTRAL = Map.ofEntries(
            Map.entry("hidden_act", "silu"),
            Map.entry("attention_bias", "false"),
            Map.entry("mlp_bias", "false"),
            Map.entry("rope_interleaved", "false"),
            Map.entry("use_qk_norm", "false"),
            Map.entry("qk_layernorm", "false"),
            Map.entry("is_encoder_decoder", "false"),
            Map.entry("sliding_window", "null"),
            Map.entry("quantization_config", "null"),
            Map.entry("compression_config", "null"),
            Map.entry("attn_logit_softcapping", "null"),
            Map.entry("final_logit_softcapping", "null"),
            Map.entry("partial_rotary_factor", "1"));

    private static final Set<String> ROPE_KEYS = Set.of(
            "rope_type",
            "type",
            "rope_theta",
            "factor",
            "low_freq_factor",
            "high_freq_factor",
            "original_max_position_embeddings",
            "partial_rotary_factor");

    private static final double DEFAULT_THETA = 10_000;

    private final Path file;
    private final ObjectNode config;

    private HuggingFaceConfig(Path file, ObjectNode config) {
        this.file = file;
        this.config = config;
    }

    /**
     * {@return what the files say}
     *
     * @param file {@code config.json}, for error messages
     * @param config its content
     * @param generation content of {@code generation_config.json}; null where there is none. Where it names end tokens they
     *     count, as in transformers' {@code generate}; else those of config.json
     * @param storage goes into the result
     * @throws ModelException if anything is not understood
     */
    static LlamaConfig read(Path file, ObjectNode config, @Nullable ObjectNode generation, DType storage) {
        return new HuggingFaceConfig(file, config).read(generation, storage);
    }

    private LlamaConfig read(@Nullable ObjectNode generation, DType storage) {
        requireLlama();
        requireNeutral(config, "");
        int vocabSize = integer("vocab_size", null);
        int hiddenSize = integer("hidden_size", null);
        int heads = integer("num_attention_heads", null);
        int kvHeads = integer("num_key_value_heads", heads);
        require(
                heads % kvHeads == 0,
                "num_attention_heads " + heads + ": expected a multiple of num_key_value_heads " + kvHeads);
        require(
                given(config, "head_dim") || hiddenSize % heads == 0,
                "hidden_size " + hiddenSize + ": expected a multiple of num_attention_heads " + heads
                        + " where there is no head_dim");
        int headDim = integer("head_dim", Math.max(1, hiddenSize / heads));
        require(headDim % 2 == 0, "head_dim " + headDim + ": expected an even number");
        List<Integer> bos = ids(file, config, "bos_token_id", vocabSize);
        require(bos.size() <= 1, "bos_token_id: expected one id, found " + bos);
        List<Integer> ends = ids(file, config, "eos_token_id", vocabSize);
        if (generation != null && given(generation, "eos_token_id")) {
            ends = ids(file.resolveSibling("generation_config.json"), generation, "eos_token_id", vocabSize);
        }
        return new LlamaConfig(
                vocabSize,
                hiddenSize,
                integer("intermediate_size", null),
                integer("num_hidden_layers", null),
                heads,
                kvHeads,
                headDim,
                integer("max_position_embeddings", null),
                new LlamaConfig.Features(
                        number(config, "rms_norm_eps"),
                        given(config, "tie_word_embeddings") && bool("tie_word_embeddings"),
                        rope()),
                bos.isEmpty() ? OptionalInt.empty() : OptionalInt.of(bos.get(0)),
                ends,
                storage);
    }

    private void requireLlama() {
        JsonNode type = config.path("model_type");
        require(type.asText().equals("llama"), "model_type " + Json.shown(type) + ", expected \"llama\"");
        JsonNode architectures = config.path("architectures");
        if (given(config, "architectures")) {
            require(
                    architectures.size() == 1 && architectures.path(0).asText().equals("LlamaForCausalLM"),
                    "architectures " + Json.shown(architectures) + ", expected [\"LlamaForCausalLM\"]");
        }
        for (JsonNode layer : config.path("layer_types")) {
            require(
                    layer.asText().equals("full_attention"),
                    "layer_types: " + Json.shown(layer) + " is not supported, expected \"full_attention\"");
        }
    }

    private void requireNeutral(JsonNode object, String prefix) {
        NEUTRAL.forEach((key, neutral) -> {
            JsonNode value = object.path(key);
            boolean same = value.isNumber()
                    ? neutral.equals("1") && value.doubleValue() == 1
                    : value.asText().equals(neutral);
            require(
                    !given(object, key) || same,
                    prefix + key + " = " + Json.shown(value) + " is not supported, expected " + neutral);
        });
    }

    /** Both layouts may occur together if they agree. */
    private Rope rope() {
        List<Rope> ropes = new ArrayList<>();
        for (String key : List.of("rope_parameters", "rope_scaling")) {
            if (given(config, key)) {
                JsonNode value = config.get(key);
                require(value.isObject(), key + " = " + Json.shown(value) + ", expected an object");
                ropes.add(rope(key, (ObjectNode) value));
            }
        }
        if (ropes.isEmpty()) {
            return new Rope(theta(config, DEFAULT_THETA), null);
        }
        Rope first = ropes.get(0);
        require(
                ropes.stream().allMatch(first::equals),
                "rope_parameters and rope_scaling differ: " + first + ", " + ropes.get(ropes.size() - 1));
        return first;
    }

    private Rope rope(String where, ObjectNode rope) {
        rope.fieldNames()
                .forEachRemaining(key ->
                        require(ROPE_KEYS.contains(key), where + "." + Refusal.shown(key) + " is not supported"));
        requireNeutral(rope, where + ".");
        double theta = theta(rope, theta(config, DEFAULT_THETA));
        require(
                !given(config, "rope_theta") || theta(config, DEFAULT_THETA) == theta,
                "rope_theta differs from " + where + ".rope_theta");
        JsonNode type = rope.path(given(rope, "rope_type") ? "rope_type" : "type");
        return switch (type.asText("")) {
            case "default" -> new Rope(theta, null);
            case "llama3" -> {
                double factor = number(rope, "factor");
                double low = number(rope, "low_freq_factor");
                double high = number(rope, "high_freq_factor");
                double original = number(rope, "original_max_position_embeddings");
                require(factor >= 1, where + ".factor " + factor + ": expected at least 1");
                require(low < high, where + ".low_freq_factor " + low + ": expected below high_freq_factor " + high);
                require(
                        original == Math.rint(original) && original <= Integer.MAX_VALUE,
                        where + ".original_max_position_embeddings " + original + ": expected a number of tokens");
                yield new Rope(theta, new Rope.Llama3(factor, low, high, (int) original));
            }
            default ->
                throw Refusal.of(
                        file,
                        where + ".rope_type " + Json.shown(type)
                                + " is not supported, expected \"default\" or \"llama3\"");
        };
    }

    private double theta(ObjectNode object, double otherwise) {
        return given(object, "rope_theta") ? number(object, "rope_theta") : otherwise;
    }

    private static boolean given(JsonNode object, String key) {
        return object.hasNonNull(key);
    }

    private int integer(String key, @Nullable Integer otherwise) {
        if (otherwise != null && !given(config, key)) {
            return otherwise;
        }
        JsonNode value = config.path(key);
        require(
                value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= 1,
                key + " = " + Json.shown(value) + ", expected a whole number from 1 on");
        return value.intValue();
    }

    private double number(ObjectNode object, String key) {
        JsonNode value = object.path(key);
        double number = value.doubleValue();
        require(
                value.isNumber() && number > 0 && number < Double.POSITIVE_INFINITY,
                key + " = " + Json.shown(value) + ", expected a number above 0");
        return number;
    }

    private boolean bool(String key) {
        JsonNode value = config.path(key);
        require(value.isBoolean(), key + " = " + Json.shown(value) + ", expected true or false");
        return value.booleanValue();
    }

    /** {@return one id or a list of them; empty where there is none} */
    private static List<Integer> ids(Path file, ObjectNode object, String key, int vocabSize) {
        List<Integer> ids = new ArrayList<>();
        JsonNode value = object.path(key);
        for (JsonNode id : value.isArray() ? value : List.of(value)) {
            if (id.isIntegralNumber() && id.canConvertToInt() && id.intValue() >= 0 && id.intValue() < vocabSize) {
                ids.add(id.intValue());
            } else if (value.isArray() || given(object, key)) {
                throw Refusal.of(file, key + " = " + Json.shown(value) + ", expected ids from 0 to " + (vocabSize - 1));
            }
        }
        return ids;
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw Refusal.of(file, otherwise);
        }
    }
}
