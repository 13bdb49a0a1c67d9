package io.humpback.onnx.checkpoint;

import static io.humpback.onnx.checkpoint.LlamaConfig.Activation.GELU_TANH;
import static io.humpback.onnx.checkpoint.LlamaConfig.Activation.SILU;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.onnx.checkpoint.LlamaConfig.Activation;
import io.humpback.onnx.checkpoint.LlamaConfig.Scales;
import io.humpback.onnx.checkpoint.LlamaConfig.Sight;
import io.humpback.onnx.checkpoint.WeightName.Part;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The families of models that are a Llama with some differences: what of config.json each reads beyond sizes, and what an
 * absent setting means, as in the classes of transformers that are named for them.
 */
enum HuggingFaceFamily {
    LLAMA("llama", "LlamaForCausalLM", "{}", "attention_bias", "mlp_bias"),

    QWEN2(
            "qwen2",
            "Qwen2ForCausalLM",
            "{'use_sliding_window':false,'sliding_window':4096,'max_window_layers':28}",
            "sliding_window"),

    QWEN3(
            "qwen3",
            "Qwen3ForCausalLM",
            "{'head_dim':128,'use_sliding_window':false,'sliding_window':4096,'max_window_layers':28}",
            "sliding_window",
            "attention_bias"),

    SMOLLM3(
            "smollm3",
            "SmolLM3ForCausalLM",
            "{'tie_word_embeddings':true,'use_sliding_window':false,'no_rope_layer_interval':4}",
            "sliding_window",
            "attention_bias",
            "mlp_bias"),

    MISTRAL("mistral", "MistralForCausalLM", "{'num_key_value_heads':8,'sliding_window':4096}", "sliding_window"),

    PHI3("phi3", "Phi3ForCausalLM", "{'partial_rotary_factor':1}", "sliding_window", "partial_rotary_factor"),

    GRANITE(
            "granite",
            "GraniteForCausalLM",
            "{'embedding_multiplier':1,'residual_multiplier':1,'attention_multiplier':1,'logits_scaling':1}",
            "attention_bias",
            "mlp_bias"),

    GEMMA3(
            "gemma3_text",
            "Gemma3ForCausalLM",
            "{'vocab_size':262208,'num_attention_heads':8,'num_key_value_heads':4,'head_dim':256,"
                    + "'max_position_embeddings':131072,'rms_norm_eps':1e-6,'rope_local_base_freq':1e4,"
                    + "'query_pre_attn_scalar':256,'sliding_window':4096,'sliding_window_pattern':6,"
                    + "'tie_word_embeddings':true}",
            "sliding_window",
            "attention_bias");

    private static final Set<Part> QKV_BIAS = EnumSet.of(Part.Q_BIAS, Part.K_BIAS, Part.V_BIAS);
    private static final Set<Part> HEAD_NORMS = EnumSet.of(Part.Q_NORM, Part.K_NORM);

    /** Blocks of which each is described for itself. */
    private static final int MOST_BLOCKS = 10_000;

    private final String type;
    private final String architecture;
    private final String defaults;
    private final Set<String> reads;

    /** Defaults are JSON with single quotes. */
    HuggingFaceFamily(String type, String architecture, String defaults, String... reads) {
        this.type = type;
        this.architecture = architecture;
        this.defaults = defaults.replace('\'', '"');
        this.reads = Set.of(reads);
    }

    /** {@return the family of a {@code model_type}, or null if it is none of these} */
    static @Nullable HuggingFaceFamily of(String type) {
        return Arrays.stream(values())
                .filter(family -> family.type.equals(type))
                .findFirst()
                .orElse(null);
    }

    /** {@return the names of all, for messages} */
    static String types() {
        return String.join(
                ", ", Arrays.stream(values()).map(family -> family.type).toList());
    }

    String architecture() {
        return architecture;
    }

    /** {@return JSON of what absent settings mean, where that is not the same for all} */
    String defaults() {
        return defaults;
    }

    /** {@return whether it reads a setting that must be neutral for the others} */
    boolean reads(String setting) {
        return reads.contains(setting);
    }

    Activation activation() {
        return this == GEMMA3 ? GELU_TANH : SILU;
    }

    /** {@return the base of the frequencies where none is given} */
    double theta() {
        return this == SMOLLM3 ? 2e6 : this == GEMMA3 ? 1e6 : 1e4;
    }

    /** {@return the name of the same with a head that classifies; null where there is none} */
    @Nullable
    String classifier() {
        return switch (this) {
            case GRANITE -> null;
            case GEMMA3 -> "Gemma3TextForSequenceClassification";
            default -> architecture.replace("ForCausalLM", "ForSequenceClassification");
        };
    }

    /** {@return the features that a configuration describes, with the head of a reward model if any} */
    LlamaConfig.Features features(HuggingFaceConfig config, LlamaConfig.@Nullable Reward reward) {
        return new LlamaConfig.Features(
                type,
                config.number("rms_norm_eps"),
                config.bool("tie_word_embeddings"),
                sights(config),
                optional(config),
                this == PHI3,
                this == GEMMA3,
                activation(),
                scales(config),
                reward);
    }

    private Set<Part> optional(HuggingFaceConfig config) {
        Set<Part> parts = EnumSet.noneOf(Part.class);
        if (reads("attention_bias") && config.bool("attention_bias")) {
            parts.addAll(QKV_BIAS);
            parts.add(Part.O_BIAS);
        }
        if (reads("mlp_bias") && config.bool("mlp_bias")) {
            parts.addAll(EnumSet.of(Part.GATE_BIAS, Part.UP_BIAS, Part.DOWN_BIAS));
        }
        switch (this) {
            case QWEN2 -> parts.addAll(QKV_BIAS);
            case QWEN3 -> parts.addAll(HEAD_NORMS);
            case GEMMA3 -> {
                parts.addAll(HEAD_NORMS);
                parts.addAll(EnumSet.of(Part.ATTENTION_OUTPUT_NORM, Part.FEED_FORWARD_OUTPUT_NORM));
            }
            default -> {}
        }
        return parts;
    }

    private Scales scales(HuggingFaceConfig config) {
        return switch (this) {
            case GRANITE ->
                new Scales(
                        config.number("embedding_multiplier"),
                        config.number("residual_multiplier"),
                        config.number("attention_multiplier"),
                        1 / config.number("logits_scaling"));
            case GEMMA3 ->
                new Scales(
                        Math.sqrt(config.integer("hidden_size")),
                        1,
                        1 / Math.sqrt(config.number("query_pre_attn_scalar")),
                        1);
            default -> Scales.NONE;
        };
    }

    private List<Sight> sights(HuggingFaceConfig config) {
        return switch (this) {
            case LLAMA, GRANITE -> sights(config, 0, config.rope(), config.rope(), layer -> false);
            case MISTRAL, PHI3 -> sights(config, config.window(), config.rope(), config.rope(), layer -> true);
            case QWEN2, QWEN3 -> {
                int window = config.bool("use_sliding_window") ? config.window() : 0;
                int first = window == 0 ? 0 : config.integerFrom(0, "max_window_layers");
                yield sights(config, window, config.rope(), config.rope(), layer -> layer >= first);
            }
            case SMOLLM3 -> withoutRope(config);
            case GEMMA3 -> {
                int pattern = config.integer("sliding_window_pattern");
                yield sights(
                        config,
                        config.window(),
                        config.rope("full_attention"),
                        config.rope("sliding_attention"),
                        layer -> (layer + 1) % pattern != 0);
            }
        };
    }

    /** Windows by {@code layer_types}, or by a rule where there is no such list. */
    private static List<Sight> sights(
            HuggingFaceConfig config, int window, Rope full, Rope sliding, IntPredicate otherwise) {
        JsonNode types = config.list("layer_types");
        int layers = config.integer("num_hidden_layers");
        if (window == 0 && types.isMissingNode()) {
            return List.of(new Sight(full, 0));
        }
        config.require(
                types.isMissingNode() ? layers <= MOST_BLOCKS : types.size() == layers,
                types.isMissingNode()
                        ? "num_hidden_layers " + layers + ": expected at most " + MOST_BLOCKS
                        : "layer_types: " + types.size() + " entries, expected " + layers);
        List<Sight> sights = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            String type = types.path(layer).asText(otherwise.test(layer) ? "sliding_attention" : "full_attention");
            boolean slides = type.equals("sliding_attention");
            config.require(
                    slides ? window > 0 : type.equals("full_attention"),
                    "layer_types: " + Json.shown(types.path(layer)) + " is not supported, expected \"full_attention\""
                            + (slides ? " where no sliding_window is in use" : " or \"sliding_attention\""));
            sights.add(slides ? new Sight(sliding, window) : new Sight(full, 0));
        }
        return sights;
    }

    /** SmolLM3's blocks: some are without rotary embedding, and only those may have a window. */
    private static List<Sight> withoutRope(HuggingFaceConfig config) {
        Rope rope = config.rope();
        int interval = config.integer("no_rope_layer_interval");
        int window = config.bool("use_sliding_window") ? config.window() : 0;
        JsonNode rotating = config.list("no_rope_layers");
        int layers = config.integer("num_hidden_layers");
        config.require(
                rotating.isMissingNode() ? layers <= MOST_BLOCKS : rotating.size() == layers,
                rotating.isMissingNode()
                        ? "num_hidden_layers " + layers + ": expected at most " + MOST_BLOCKS
                        : "no_rope_layers: " + rotating.size() + " entries, expected " + layers);
        IntPredicate rotates = layer -> rotating.path(layer).asInt((layer + 1) % interval == 0 ? 0 : 1) != 0;
        List<Sight> windows = sights(config, window, rope, rope, layer -> !rotates.test(layer));
        List<Sight> sights = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            int of = windows.get(layer % windows.size()).window();
            sights.add(new Sight(rotates.test(layer) ? rope : null, of));
        }
        return sights;
    }
}
