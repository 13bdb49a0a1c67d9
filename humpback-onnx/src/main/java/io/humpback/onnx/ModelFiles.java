package io.humpback.onnx;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Checkpoint.TextFiles;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** The files other than weights, in Hugging Face's layout, of a checkpoint of either format. */
final class ModelFiles {

    private ModelFiles() {}

    /** {@return what a model's texts give; the message of a refusal then begins with the model's path} */
    static <T extends @Nullable Object> T namingModel(Path model, Supplier<T> texts) {
        try {
            return texts.get();
        } catch (ModelException e) {
            throw new ModelException(model + ": " + e.getMessage(), e);
        }
    }

    /** Writes what makes the tokenizer and the chat template; refused if there is no tokenizer. */
    static void writeText(Checkpoint checkpoint, Path folder) throws IOException {
        TextFiles text = checkpoint.text();
        if (text.ggufMetadata() != null) {
            Map<String, Object> metadata = text.ggufMetadata();
            namingModel(checkpoint.path(), () -> Tokenizer.ofGguf(metadata)).close(); // refuses what cannot be opened
            Files.writeString(folder.resolve(ExportedModel.TOKENIZER), Tokenizer.jsonOfGguf(metadata));
            ObjectNode config = Tokenizer.configOfGguf(metadata);
            ChatTemplates.findInGguf(metadata).ifPresent(template -> config.put("chat_template", template));
            Files.writeString(folder.resolve(ExportedModel.TOKENIZER_CONFIG), Json.pretty(config));
            return;
        }
        if (text.tokenizerJson() == null) {
            throw new ModelException(checkpoint.path() + ": no tokenizer.json");
        }
        Files.writeString(folder.resolve(ExportedModel.TOKENIZER), text.tokenizerJson());
        if (text.tokenizerConfigJson() != null) {
            Files.writeString(folder.resolve(ExportedModel.TOKENIZER_CONFIG), text.tokenizerConfigJson());
        }
        if (text.chatTemplateJinja() != null) {
            Files.writeString(folder.resolve(ExportedModel.TEMPLATE), text.chatTemplateJinja());
        }
    }

    /**
     * {@return sizes and features in the layout of transformers}
     * Scaling by a divisor for each frequency is left out.
     */
    static ObjectNode config(LlamaConfig config) {
        LlamaConfig.Features features = config.features();
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("model_type", features.family());
        json.put("vocab_size", config.vocabSize());
        json.put("hidden_size", config.hiddenSize());
        json.put("intermediate_size", config.intermediateSize());
        json.put("num_hidden_layers", config.layers());
        json.put("num_attention_heads", config.heads());
        json.put("num_key_value_heads", config.kvHeads());
        json.put("head_dim", config.headDim());
        json.put("max_position_embeddings", config.maxPositions());
        json.put("rms_norm_eps", config.rmsNormEps());
        json.put("tie_word_embeddings", config.tiedEmbeddings());
        putSights(json, config);
        if (config.has(Part.O_BIAS)) {
            json.put("attention_bias", true);
        }
        if (config.has(Part.DOWN_BIAS)) {
            json.put("mlp_bias", true);
        }
        if (features.activation() != LlamaConfig.Activation.SILU) {
            json.put("hidden_activation", features.activation().inConfig());
        }
        LlamaConfig.Scales scales = features.scales();
        if (features.family().equals("granite")) {
            json.put("embedding_multiplier", scales.embedding());
            json.put("residual_multiplier", scales.residual());
            json.put("attention_multiplier", scales.attention());
            json.put("logits_scaling", 1 / scales.logits());
        } else if (scales.attention() != 0) {
            json.put("query_pre_attn_scalar", 1 / (scales.attention() * scales.attention()));
        }
        LlamaConfig.Reward reward = features.reward();
        if (reward != null) {
            json.putArray("architectures").add(reward.architecture());
            json.put("num_labels", 1);
            reward.padId().ifPresent(id -> json.put("pad_token_id", id));
        }
        config.bosId().ifPresent(id -> json.put("bos_token_id", id));
        ArrayNode ends = json.putArray("eos_token_id");
        config.endIds().forEach(ends::add);
        return json;
    }

    private static void putSights(ObjectNode json, LlamaConfig config) {
        List<LlamaConfig.Sight> sights =
                IntStream.range(0, config.layers()).mapToObj(config::sight).toList();
        Rope rope = sights.stream()
                .filter(sight -> sight.window() == 0 && sight.rope() != null)
                .map(LlamaConfig.Sight::rope)
                .findFirst()
                .orElse(config.rope());
        json.put("rope_theta", rope.theta());
        if (rope.share() != 1) {
            json.put("partial_rotary_factor", rope.share());
        }
        Rope.Scaling scaling = rope.scaling();
        if (scaling instanceof Rope.Llama3 llama3) {
            json.putObject("rope_scaling")
                    .put("rope_type", "llama3")
                    .put("factor", llama3.factor())
                    .put("low_freq_factor", llama3.lowFactor())
                    .put("high_freq_factor", llama3.highFactor())
                    .put("original_max_position_embeddings", llama3.originalPositions());
        } else if (scaling instanceof Rope.Linear linear) {
            json.putObject("rope_scaling").put("rope_type", "linear").put("factor", linear.factor());
        } else if (scaling instanceof Rope.Yarn yarn) {
            json.putObject("rope_scaling")
                    .put("rope_type", "yarn")
                    .put("factor", yarn.factor())
                    .put("beta_slow", yarn.slow())
                    .put("beta_fast", yarn.fast())
                    .put("original_max_position_embeddings", yarn.originalPositions())
                    .put("attention_factor", yarn.attention())
                    .put("truncate", yarn.whole());
        }
        if (sights.stream().anyMatch(sight -> sight.rope() == null)) {
            ArrayNode rotating = json.putArray("no_rope_layers");
            sights.forEach(sight -> rotating.add(sight.rope() == null ? 0 : 1));
        }
        int window = sights.stream().mapToInt(LlamaConfig.Sight::window).max().orElse(0);
        if (window > 0) {
            json.put("sliding_window", window).put("use_sliding_window", true);
            ArrayNode types = json.putArray("layer_types");
            sights.forEach(sight -> types.add(sight.window() > 0 ? "sliding_attention" : "full_attention"));
            sights.stream()
                    .filter(sight -> sight.window() > 0 && sight.rope() != null)
                    .findFirst()
                    .filter(sight -> !rope.equals(sight.rope()))
                    .ifPresent(sight -> json.put(
                            "rope_local_base_freq",
                            Objects.requireNonNull(sight.rope()).theta()));
        } else if (!config.features().family().equals("llama")) {
            json.putNull("sliding_window"); // an absent one means 4096 to some
        }
    }
}
