package io.humpback.onnx.peft;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.Refusal;
import io.humpback.onnx.checkpoint.WeightName;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The settings of an adapter, {@code LoraConfig} of PEFT 0.21. Whatever would give another result than PEFT's, were it
 * ignored, is refused by name.
 */
final class PeftConfig {

    /** Settings that do not change what the tensors mean. */
    private static final Set<String> FREE = Set.of(
            "base_model_name_or_path",
            "revision",
            "peft_version",
            "inference_mode",
            "auto_mapping",
            "lora_dropout",
            "loftq_config",
            "eva_config",
            "corda_config",
            "lora_ga_config",
            "megatron_core",
            "qalora_group_size",
            "runtime_config",
            "ensure_weight_tying");

    /** Settings that are read below. */
    private static final Set<String> READ = Set.of(
            "peft_type",
            "task_type",
            "r",
            "lora_alpha",
            "target_modules",
            "exclude_modules",
            "use_rslora",
            "rank_pattern",
            "alpha_pattern",
            "layers_to_transform",
            "layers_pattern",
            "bias",
            "init_lora_weights");

    /** Settings that are only understood where they are absent, null, false or empty. */
    private static final Set<String> OFF = Set.of(
            "fan_in_fan_out",
            "lora_bias",
            "use_dora",
            "modules_to_save",
            "layer_replication",
            "target_parameters",
            "trainable_token_indices",
            "alora_invocation_tokens",
            "use_qalora",
            "use_bdlora",
            "arrow_config",
            "velora_config",
            "kasa_config",
            "monteclora_config",
            "megatron_config");

    /** Ways to begin a training that leave the base as it is. */
    private static final Set<String> INITIAL = Set.of("true", "false", "gaussian", "orthogonal", "eva");

    private static final List<String> OTHER_MODULES = List.of(WeightName.HEAD.module(), WeightName.EMBEDDING.module());

    private static final int MAX_RANK = 1 << 16;
    private static final int MAX_NAMES = 10_000;
    private static final int MAX_PATTERNS = 10_000;

    private final Path file;
    private final ObjectNode config;

    private PeftConfig(Path file, ObjectNode config) {
        this.file = file;
        this.config = config;
    }

    /** {@return the settings in the text of a file, which error messages name} */
    static PeftConfig read(Path file, String text) {
        PeftConfig config = new PeftConfig(file, Json.object(file, text));
        config.check();
        return config;
    }

    private void check() {
        for (Map.Entry<String, JsonNode> entry : config.properties()) {
            String key = entry.getKey();
            JsonNode value = entry.getValue();
            boolean off = value.isNull()
                    || value.isBoolean() && !value.booleanValue()
                    || value.isContainerNode() && value.isEmpty();
            require(
                    !OFF.contains(key) || off,
                    key + " = " + Json.shown(value) + " is not supported, expected it to be absent, null or false");
            require(
                    FREE.contains(key) || READ.contains(key) || OFF.contains(key) || value.isNull(),
                    "unknown setting " + Refusal.shown(key) + " = " + Json.shown(value));
        }
        require(
                text("peft_type", "").equals("LORA"),
                "peft_type = " + Json.shown(config.path("peft_type")) + ", expected \"LORA\"");
        require(
                text("task_type", "CAUSAL_LM").equals("CAUSAL_LM"),
                "task_type = " + Json.shown(config.path("task_type")) + ", expected \"CAUSAL_LM\"");
        require(
                text("bias", "none").equals("none"),
                "bias = " + Json.shown(config.path("bias")) + " is not supported, expected \"none\"");
        require(
                INITIAL.contains(text("init_lora_weights", "true")),
                "init_lora_weights = " + Json.shown(config.path("init_lora_weights"))
                        + " is not supported: it is a change of another base, expected one of true, false, gaussian,"
                        + " orthogonal, eva");
        rank();
        alpha();
        rankStabilised();
        dropout();
        JsonNode targets = config.path("target_modules");
        require(
                targets.isTextual() || isNames(targets) && !targets.isEmpty(),
                "target_modules = " + Json.shown(targets) + ", expected names, a regular expression or all-linear");
        JsonNode excluded = config.path("exclude_modules");
        require(
                none(excluded) || excluded.isTextual() || isNames(excluded),
                "exclude_modules = " + Json.shown(excluded) + ", expected names or a regular expression");
        JsonNode layers = config.path("layers_to_transform");
        for (JsonNode layer : layers.isArray() ? layers : List.of(layers)) {
            require(
                    none(layers) || layer.isInt() && layer.intValue() >= 0,
                    "layers_to_transform = " + Json.shown(layers) + ", expected numbers of layers");
        }
        require(
                none(layers) || targets.isArray(),
                "layers_to_transform = " + Json.shown(layers) + " needs names as target_modules, found "
                        + Json.shown(targets));
        JsonNode patterns = config.path("layers_pattern");
        require(
                none(patterns) || patterns.isTextual() || isNames(patterns),
                "layers_pattern = " + Json.shown(patterns) + ", expected names");
        for (String key : List.of("rank_pattern", "alpha_pattern")) {
            JsonNode pattern = config.path(key);
            require(
                    none(pattern) || pattern.isObject() && pattern.size() <= MAX_PATTERNS,
                    key + " = " + Json.shown(pattern) + ", expected an object of names and numbers");
        }
        for (String module : OTHER_MODULES) {
            require(!targets(module), "target_modules: a change of " + module + " is not supported");
        }
    }

    /** {@return what r says} */
    int rank() {
        return rank("r", config.path("r"));
    }

    /** {@return the rank of a module's change} */
    int rank(String module) {
        JsonNode own = own("rank_pattern", module);
        return none(own) ? rank() : rank("rank_pattern", own);
    }

    private int rank(String key, JsonNode value) {
        require(
                value.isInt() && value.intValue() >= 1 && value.intValue() <= MAX_RANK,
                key + " = " + Json.shown(value) + ", expected a whole number from 1 to " + MAX_RANK);
        return value.intValue();
    }

    /** {@return what lora_alpha says} */
    double alpha() {
        return alpha("lora_alpha", config.path("lora_alpha"));
    }

    /** {@return the alpha of a module's change} */
    double alpha(String module) {
        JsonNode own = own("alpha_pattern", module);
        return none(own) ? alpha() : alpha("alpha_pattern", own);
    }

    private double alpha(String key, JsonNode value) {
        double number = value.doubleValue();
        require(
                value.isNumber() && number > 0 && number < Double.POSITIVE_INFINITY,
                key + " = " + Json.shown(value) + ", expected a number above 0");
        return number;
    }

    /** {@return whether scales are alpha / sqrt(rank)} */
    boolean rankStabilised() {
        JsonNode value = config.path("use_rslora");
        require(none(value) || value.isBoolean(), "use_rslora = " + Json.shown(value) + ", expected true or false");
        return value.booleanValue();
    }

    double dropout() {
        JsonNode value = config.path("lora_dropout");
        double number = value.doubleValue();
        require(
                none(value) || value.isNumber() && number >= 0 && number < 1,
                "lora_dropout = " + Json.shown(value) + ", expected 0 to below 1");
        return number;
    }

    /** {@return the name of the base; empty where there is none} */
    String base() {
        return config.path("base_model_name_or_path").asText("");
    }

    /** The first pattern that is the module's name or its end counts. */
    private JsonNode own(String key, String module) {
        for (Map.Entry<String, JsonNode> entry : config.path(key).properties()) {
            if (matches(key, "(.*\\.)?(" + entry.getKey() + ")$", module)) {
                return entry.getValue();
            }
        }
        return config.path("");
    }

    /** {@return whether a module has a change} */
    boolean targets(String module) {
        if (named("exclude_modules", module)) {
            return false;
        }
        JsonNode targets = config.path("target_modules");
        if (targets.isTextual() && targets.textValue().equalsIgnoreCase("all-linear")) {
            return !OTHER_MODULES.contains(module);
        }
        return named("target_modules", module) && (targets.isTextual() || whole(targets, module) || inLayers(module));
    }

    private static boolean whole(JsonNode names, String module) {
        for (JsonNode name : names) {
            if (name.textValue().equals(module)) {
                return true;
            }
        }
        return false;
    }

    /** By a regular expression for the whole name, or by names or ends of names. */
    private boolean named(String key, String module) {
        JsonNode names = config.path(key);
        if (names.isTextual()) {
            return !names.textValue().isEmpty() && matches(key, names.textValue(), module);
        }
        for (JsonNode name : names) {
            if (module.equals(name.textValue()) || module.endsWith("." + name.textValue())) {
                return true;
            }
        }
        return false;
    }

    private boolean inLayers(String module) {
        JsonNode layers = config.path("layers_to_transform");
        if (none(layers) || layers.isArray() && layers.isEmpty()) {
            return true;
        }
        Matcher layer = Pattern.compile("model\\.([^.]+)\\.(\\d+)\\..*").matcher(module);
        if (!layer.matches() || !isLayers(layer.group(1))) {
            return false;
        }
        List<Integer> chosen = new ArrayList<>();
        (layers.isArray() ? layers : List.of(layers)).forEach(number -> chosen.add(number.intValue()));
        return chosen.contains(Integer.valueOf(layer.group(2)));
    }

    /** {@return whether a name is that of the list of layers, as {@code layers_pattern} has it} */
    private boolean isLayers(String name) {
        JsonNode patterns = config.path("layers_pattern");
        if (none(patterns) || patterns.isContainerNode() && patterns.isEmpty()) {
            return true;
        }
        for (JsonNode pattern : patterns.isArray() ? patterns : List.of(patterns)) {
            if (matches("layers_pattern", "(" + pattern.textValue() + ")", name)) {
                return true;
            }
        }
        return false;
    }

    private boolean matches(String key, String expression, String name) {
        try {
            return ModulePattern.matches(expression, name);
        } catch (IllegalArgumentException e) {
            throw Refusal.of(file, key + ": " + e.getMessage());
        }
    }

    private static boolean isNames(JsonNode list) {
        if (!list.isArray() || list.size() > MAX_NAMES) {
            return false;
        }
        for (JsonNode name : list) {
            if (!name.isTextual()) {
                return false;
            }
        }
        return true;
    }

    private static boolean none(JsonNode value) {
        return value.isMissingNode() || value.isNull();
    }

    private String text(String key, String otherwise) {
        JsonNode value = config.path(key);
        return none(value) ? otherwise : value.asText();
    }

    private void require(boolean holds, String otherwise) {
        if (!holds) {
            throw Refusal.of(file, otherwise);
        }
    }
}
