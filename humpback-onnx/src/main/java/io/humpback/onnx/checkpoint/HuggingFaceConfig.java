package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A {@code config.json} in the classic layout ({@code rope_theta}, {@code rope_scaling}) or in that of transformers 5
 * ({@code rope_parameters}), at the top or, of a model that also sees, under {@code text_config}. Absent keys mean what they
 * mean to transformers; sizes have to be there.
 */
public final class HuggingFaceConfig {

    /** Settings that, where a family does not read them, are only understood at the value which changes nothing. */
    private static final Map<String, String> NEUTRAL = Map.ofEntries(
            Map.entry("attention_bias", "false"),
            Map.entry("mlp_bias", "false"),
            Map.entry("rope_interleaved", "false"),
            Map.entry("use_qk_norm", "false"),
            Map.entry("qk_layernorm", "false"),
            Map.entry("is_encoder_decoder", "false"),
            Map.entry("use_bidirectional_attention", "false"),
            Map.entry("sliding_window", "null"),
            Map.entry("quantization_config", "null"),
            Map.entry("compression_config", "null"),
            Map.entry("attn_logit_softcapping", "null"),
            Map.entry("final_logit_softcapping", "null"),
            Map.entry("partial_rotary_factor", "1"));

    private static final Set<String> LLAMA3_KEYS = Set.of("low_freq_factor", "high_freq_factor");

    /** Settings of rotary embedding by its type, beyond those of all types. */
    private static final Map<String, Set<String>> ROPE_KEYS = Map.of(
            "default", LLAMA3_KEYS,
            "linear", Set.of(),
            "dynamic", Set.of(),
            "llama3", LLAMA3_KEYS,
            "yarn", Set.of("beta_fast", "beta_slow", "attention_factor", "mscale", "mscale_all_dim", "truncate"),
            "longrope", Set.of("short_factor", "long_factor", "attention_factor"));

    private static final Set<String> ALL_ROPE_KEYS = Set.of(
            "rope_type", "type", "rope_theta", "factor", "original_max_position_embeddings", "partial_rotary_factor");

    private final Path file;
    private final ObjectNode config;
    private final HuggingFaceFamily family;
    private final String architecture;
    private final int headDim;
    /** Tokens of context that the position embedding is right for. */
    private int positions;

    private HuggingFaceConfig(Path file, ObjectNode whole) {
        this.file = file;
        this.config = text(whole);
        JsonNode type = config.path("model_type");
        HuggingFaceFamily found = HuggingFaceFamily.of(type.asText());
        if (found == null) {
            throw Refusal.of(file, "model_type " + Json.shown(type) + ", expected one of " + HuggingFaceFamily.types());
        }
        family = found;
        JsonNode architectures = whole.path("architectures");
        String expected = isNested(whole) ? "Gemma3ForConditionalGeneration" : family.architecture();
        String classifier = isNested(whole) ? null : family.classifier();
        String named = architectures.size() == 1 ? architectures.path(0).asText() : "";
        require(
                !given(whole, "architectures") || named.equals(expected) || named.equals(classifier),
                "architectures " + Json.shown(architectures) + ", expected [\"" + expected + "\"]"
                        + (classifier == null ? "" : " or [\"" + classifier + "\"]"));
        architecture = classifier != null && named.equals(classifier) ? classifier : expected;
        Json.object(file, family.defaults()).properties().forEach(entry -> {
            if (!config.has(entry.getKey())) {
                config.set(entry.getKey(), entry.getValue());
            }
        });
        NEUTRAL.forEach((key, neutral) -> requireNeutral(config, "", key, neutral));
        requireNeutral(config, "", "hidden_act", family.activation().inConfig());
        requireNeutral(config, "", "hidden_activation", family.activation().inConfig());
        int hiddenSize = integer("hidden_size");
        int heads = integer("num_attention_heads");
        int kvHeads = integer("num_key_value_heads", heads);
        require(
                heads % kvHeads == 0,
                "num_attention_heads " + heads + ": expected a multiple of num_key_value_heads " + kvHeads);
        require(
                given(config, "head_dim") || hiddenSize % heads == 0,
                "hidden_size " + hiddenSize + ": expected a multiple of num_attention_heads " + heads
                        + " where there is no head_dim");
        headDim = integer("head_dim", Math.max(1, hiddenSize / heads));
        require(headDim % 2 == 0, "head_dim " + headDim + ": expected an even number");
        positions = integer("max_position_embeddings");
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
    public static LlamaConfig read(Path file, ObjectNode config, @Nullable ObjectNode generation, DType storage) {
        return new HuggingFaceConfig(file, config).read(generation, storage);
    }

    /**
     * {@return a copy of what is said of the language model: all, or {@code text_config}, with what is named beside it and
     * is of the language model too}
     */
    public static ObjectNode text(ObjectNode whole) {
        if (!isNested(whole)) {
            return whole.deepCopy();
        }
        ObjectNode text = ((ObjectNode) whole.get("text_config")).deepCopy();
        for (String key : List.of("bos_token_id", "eos_token_id", "quantization_config", "dtype", "torch_dtype")) {
            if (!text.has(key) && whole.has(key)) {
                text.set(key, whole.get(key));
            }
        }
        text.putArray("architectures").add(HuggingFaceFamily.GEMMA3.architecture());
        return text;
    }

    /**
     * {@return what {@code architectures} holds of a model that writes text}
     *
     * @param family as {@code model_type} names it
     */
    public static String architecture(String family) {
        return Objects.requireNonNull(HuggingFaceFamily.of(family), family).architecture();
    }

    /** {@return whether the language model is described under {@code text_config}} */
    static boolean isNested(ObjectNode whole) {
        return whole.path("model_type").asText().equals("gemma3")
                && whole.path("text_config").isObject();
    }

    private LlamaConfig read(@Nullable ObjectNode generation, DType storage) {
        int vocabSize = integer("vocab_size");
        int heads = integer("num_attention_heads");
        List<Integer> bos = ids(file, config, "bos_token_id", vocabSize);
        require(bos.size() <= 1, "bos_token_id: expected one id, found " + bos);
        List<Integer> ends = ids(file, config, "eos_token_id", vocabSize);
        if (generation != null && given(generation, "eos_token_id")) {
            ends = ids(file.resolveSibling("generation_config.json"), generation, "eos_token_id", vocabSize);
        }
        LlamaConfig.Features features = family.features(this, reward(vocabSize)); // may lower the number of positions
        return new LlamaConfig(
                vocabSize,
                integer("hidden_size"),
                integer("intermediate_size"),
                integer("num_hidden_layers"),
                heads,
                integer("num_key_value_heads", heads),
                headDim,
                positions,
                features,
                bos.isEmpty() ? OptionalInt.empty() : OptionalInt.of(bos.get(0)),
                ends,
                storage);
    }

    /** {@return the head of a reward model; null for a model that writes text} */
    private LlamaConfig.@Nullable Reward reward(int vocabSize) {
        if (!architecture.equals(family.classifier())) {
            return null;
        }
        // without either there are two labels, as in transformers
        int labels = given(config, "num_labels")
                ? integer("num_labels")
                : given(config, "id2label") ? config.get("id2label").size() : 2;
        require(labels == 1, "num_labels " + labels + ": expected 1, as a reward model has");
        List<Integer> pad = ids(file, config, "pad_token_id", vocabSize);
        require(pad.size() <= 1, "pad_token_id: expected one id, found " + pad);
        return new LlamaConfig.Reward(architecture, pad.isEmpty() ? OptionalInt.empty() : OptionalInt.of(pad.get(0)));
    }

    private void requireNeutral(JsonNode object, String prefix, String key, String neutral) {
        JsonNode value = object.path(key);
        boolean same = value.isNumber()
                ? neutral.equals("1") && value.doubleValue() == 1
                : value.asText().equals(neutral);
        require(
                family.reads(key) || !given(object, key) || same,
                prefix + key + " = " + Json.shown(value) + " is not supported, expected " + neutral);
    }

    /** {@return the sliding window, 0 where it is null} */
    int window() {
        return given(config, "sliding_window") ? integer("sliding_window") : 0;
    }

    /** {@return the position embedding; both layouts may occur together if they agree} */
    Rope rope() {
        List<Rope> ropes = new ArrayList<>();
        for (String key : List.of("rope_parameters", "rope_scaling")) {
            if (given(config, key)) {
                ropes.add(rope(key, config.get(key)));
            }
        }
        if (ropes.isEmpty()) {
            return new Rope(theta(config, family.theta()), share(config), null);
        }
        Rope first = ropes.get(0);
        require(
                ropes.stream().allMatch(first::equals),
                "rope_parameters and rope_scaling differ: " + first + ", " + ropes.get(ropes.size() - 1));
        return first;
    }

    /** {@return the position embedding of a type of layers: scaling is of the full ones, and the others may have a base of their own} */
    Rope rope(String layers) {
        if (given(config, "rope_parameters")) {
            JsonNode own = config.path("rope_parameters").path(layers);
            require(given(own, "rope_theta"), "rope_parameters." + layers + ".rope_theta is missing");
            return rope("rope_parameters." + layers, own);
        }
        return layers.equals("full_attention") ? rope() : new Rope(number(config, "rope_local_base_freq"), null);
    }

    private Rope rope(String where, JsonNode node) {
        if (!(node instanceof ObjectNode rope)) {
            throw Refusal.of(file, where + " = " + Json.shown(node) + ", expected an object");
        }
        JsonNode named = rope.path(given(rope, "rope_type") ? "rope_type" : "type");
        String type = named.asText("").equals("su") ? "longrope" : named.asText("");
        Set<String> keys = ROPE_KEYS.getOrDefault(type, LLAMA3_KEYS);
        rope.fieldNames()
                .forEachRemaining(key -> require(
                        ALL_ROPE_KEYS.contains(key) || keys.contains(key),
                        where + "." + Refusal.shown(key) + " is not supported"));
        requireNeutral(rope, where + ".", "partial_rotary_factor", "1");
        double theta = theta(rope, theta(config, family.theta()));
        require(
                !given(config, "rope_theta") || theta(config, family.theta()) == theta,
                "rope_theta differs from " + where + ".rope_theta");
        double share = given(rope, "partial_rotary_factor") ? share(rope) : share(config);
        return new Rope(
                theta,
                share,
                switch (type) {
                    case "default" -> null;
                    case "linear" -> new Rope.Linear(factor(where, rope));
                    case "dynamic" -> dynamic(where, rope);
                    case "llama3" -> llama3(where, rope);
                    case "yarn" -> yarn(where, rope);
                    case "longrope" -> longRope(where, rope, (int) (headDim * share) / 2);
                    default ->
                        throw Refusal.of(
                                file,
                                where + ".rope_type " + Json.shown(named) + " is not supported, expected one of "
                                        + String.join(", ", new TreeSet<>(ROPE_KEYS.keySet())));
                });
    }

    /** The frequencies are the unscaled ones up to the original context, and the context ends there. */
    private Rope.@Nullable Scaling dynamic(String where, ObjectNode rope) {
        factor(where, rope);
        positions = Math.min(positions, original(where, rope));
        return null;
    }

    private Rope.Scaling llama3(String where, ObjectNode rope) {
        double low = number(rope, "low_freq_factor");
        double high = number(rope, "high_freq_factor");
        require(low < high, where + ".low_freq_factor " + low + ": expected below high_freq_factor " + high);
        number(rope, "original_max_position_embeddings");
        return new Rope.Llama3(factor(where, rope), low, high, original(where, rope));
    }

    private Rope.Scaling yarn(String where, ObjectNode rope) {
        int original = original(where, rope);
        double factor = given(rope, "factor") ? factor(where, rope) : extension(original);
        double fast = given(rope, "beta_fast") ? number(rope, "beta_fast") : 32;
        double slow = given(rope, "beta_slow") ? number(rope, "beta_slow") : 1;
        require(slow < fast, where + ".beta_slow " + slow + ": expected below beta_fast " + fast);
        double attention = sharpening(factor, 1);
        if (given(rope, "attention_factor")) {
            attention = number(rope, "attention_factor");
        } else if (given(rope, "mscale") && given(rope, "mscale_all_dim")) {
            attention = sharpening(factor, number(rope, "mscale")) / sharpening(factor, number(rope, "mscale_all_dim"));
        }
        JsonNode truncate = rope.path("truncate");
        require(
                truncate.isMissingNode() || truncate.isBoolean(),
                where + ".truncate = " + Json.shown(truncate) + ", expected true or false");
        return new Rope.Yarn(factor, slow, fast, original, attention, truncate.asBoolean(true));
    }

    private static double sharpening(double factor, double scale) {
        return factor <= 1 ? 1 : 0.1 * scale * Math.log(factor) + 1;
    }

    /** The short factors hold up to the original context, and the context ends there. */
    private Rope.Scaling longRope(String where, ObjectNode rope, int pairs) {
        int original = original(where, rope);
        double factor = given(rope, "factor") ? factor(where, rope) : extension(original);
        List<Float> divisors = new ArrayList<>();
        for (String key : List.of("long_factor", "short_factor")) {
            JsonNode list = rope.path(key);
            require(
                    list.isArray() && list.size() == pairs,
                    where + "." + key + ": " + list.size() + " numbers, expected " + pairs
                            + ", one for each pair of dimensions that rotates");
            divisors.clear();
            for (JsonNode value : list) {
                require(
                        value.isNumber() && value.floatValue() > 0 && Float.isFinite(value.floatValue()),
                        where + "." + key + ": " + Json.shown(value) + ", expected numbers above 0");
                divisors.add(value.floatValue());
            }
        }
        double attention = factor <= 1 ? 1 : Math.sqrt(1 + Math.log(factor) / Math.log(original));
        positions = Math.min(positions, original);
        return new Rope.Divisors(
                divisors, given(rope, "attention_factor") ? number(rope, "attention_factor") : attention);
    }

    /** How many times as long the whole context is. */
    private double extension(int original) {
        return (double) integer("max_position_embeddings") / original;
    }

    private double factor(String where, ObjectNode rope) {
        double factor = number(rope, "factor");
        require(factor >= 1, where + ".factor " + factor + ": expected at least 1");
        return factor;
    }

    /** The context that the model was made for before it was extended. */
    private int original(String where, ObjectNode rope) {
        String key = "original_max_position_embeddings";
        ObjectNode holder = given(rope, key) ? rope : config;
        double original = given(holder, key) ? number(holder, key) : integer("max_position_embeddings");
        require(
                original == Math.rint(original) && original >= 1 && original <= Integer.MAX_VALUE,
                where + "." + key + " " + original + ": expected a number of tokens");
        return (int) original;
    }

    private double share(ObjectNode object) {
        if (!given(object, "partial_rotary_factor")) {
            return 1;
        }
        double share = number(object, "partial_rotary_factor");
        int rotating = (int) (headDim * share);
        require(
                share <= 1 && rotating >= 2 && rotating % 2 == 0,
                "partial_rotary_factor " + share + ": expected an even number of the " + headDim
                        + " dimensions of a head");
        return share;
    }

    private double theta(ObjectNode object, double otherwise) {
        return given(object, "rope_theta") ? number(object, "rope_theta") : otherwise;
    }

    private static boolean given(JsonNode object, String key) {
        return object.hasNonNull(key);
    }

    private int integer(String key, int otherwise) {
        return given(config, key) ? integer(key) : otherwise;
    }

    /** {@return a setting from 1 on, which has to be there} */
    int integer(String key) {
        return integerFrom(1, key);
    }

    /** {@return a setting from a number on, which has to be there} */
    int integerFrom(int least, String key) {
        JsonNode value = config.path(key);
        require(
                value.isIntegralNumber() && value.canConvertToInt() && value.intValue() >= least,
                key + " = " + Json.shown(value) + ", expected a whole number from " + least + " on");
        return value.intValue();
    }

    /** {@return a list, missing where it is absent or null} */
    JsonNode list(String key) {
        JsonNode list = given(config, key) ? config.path(key) : MissingNode.getInstance();
        require(list.isMissingNode() || list.isArray(), key + " = " + Json.shown(list) + ", expected a list");
        return list;
    }

    /** {@return a setting above 0, which has to be there} */
    double number(String key) {
        return number(config, key);
    }

    private double number(ObjectNode object, String key) {
        JsonNode value = object.path(key);
        double number = value.doubleValue();
        require(
                value.isNumber() && number > 0 && number < Double.POSITIVE_INFINITY,
                key + " = " + Json.shown(value) + ", expected a number above 0");
        return number;
    }

    /** {@return a setting; false where it is absent or null} */
    boolean bool(String key) {
        JsonNode value = config.path(key);
        require(!given(config, key) || value.isBoolean(), key + " = " + Json.shown(value) + ", expected true or false");
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

    void require(boolean holds, String otherwise) {
        if (!holds) {
            throw Refusal.of(file, otherwise);
        }
    }
}
