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
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Supplier;
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

    /** {@return the sizes in the layout of transformers} Scaling by divisors, which only GGUF files have, is left out. */
    static ObjectNode config(LlamaConfig config) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("model_type", config.features().family());
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
        json.put("rope_theta", config.rope().theta());
        if (config.rope().scaling() instanceof Rope.Llama3 scaling) {
            json.putObject("rope_scaling")
                    .put("rope_type", "llama3")
                    .put("factor", scaling.factor())
                    .put("low_freq_factor", scaling.lowFactor())
                    .put("high_freq_factor", scaling.highFactor())
                    .put("original_max_position_embeddings", scaling.originalPositions());
        }
        config.bosId().ifPresent(id -> json.put("bos_token_id", id));
        ArrayNode ends = json.putArray("eos_token_id");
        config.endIds().forEach(ends::add);
        return json;
    }
}
