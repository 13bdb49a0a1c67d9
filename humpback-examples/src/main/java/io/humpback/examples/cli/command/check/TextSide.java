package io.humpback.examples.cli.command.check;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.Checkpoint.TextFiles;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.PromptEncoder;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A model without its weights: tokenizer and chat template.
 *
 * @param tokenizer is closed with this
 * @param encoder lays out as the model does
 * @param end the token that ends the model's turn, empty for none
 */
public record TextSide(Tokenizer tokenizer, PromptEncoder encoder, OptionalInt end) implements AutoCloseable {

    private static final int MAX_TEXT = 64 << 20;
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * {@return the tokenizer and template of a model}
     *
     * @param model a Hugging Face folder, a GGUF file or an exported folder
     * @throws ModelException if it has no tokenizer, or something is wrong with either
     */
    public static TextSide open(Path model) throws IOException {
        if (Files.isRegularFile(model.resolve("model.onnx"))) {
            JsonNode ends =
                    JSON.readTree(String.valueOf(text(model, "config.json"))).path("eos_token_id");
            return of(
                    new TextFiles(
                            text(model, "tokenizer.json"),
                            text(model, "tokenizer_config.json"),
                            text(model, "chat_template.jinja"),
                            null),
                    ends.isArray() && ends.path(0).isInt()
                            ? List.of(ends.path(0).intValue())
                            : List.of());
        }
        try (Checkpoint checkpoint = Checkpoint.open(model)) {
            return of(checkpoint.text(), checkpoint.config().endIds());
        }
    }

    private static @Nullable String text(Path folder, String name) throws IOException {
        Path file = folder.resolve(name);
        return Files.exists(file) ? Json.text(file, MAX_TEXT) : null;
    }

    private static TextSide of(TextFiles text, List<Integer> ends) {
        Map<String, Object> gguf = text.ggufMetadata();
        if (gguf == null && text.tokenizerJson() == null) {
            throw new ModelException("no tokenizer.json");
        }
        Tokenizer tokenizer = gguf == null
                ? Tokenizer.of(Objects.requireNonNull(text.tokenizerJson()), text.tokenizerConfigJson())
                : Tokenizer.ofGguf(gguf);
        try {
            Optional<String> template = gguf == null
                    ? ChatTemplates.find(text.chatTemplateJinja(), text.tokenizerConfigJson())
                    : ChatTemplates.findInGguf(gguf);
            PromptEncoder encoder = PromptEncoder.of(
                    tokenizer,
                    template.map(found -> ChatTemplates.of(found, tokenizer.bosToken(), tokenizer.eosToken()))
                            .orElse(null));
            return new TextSide(tokenizer, encoder, ends.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ends.get(0)));
        } catch (RuntimeException e) {
            tokenizer.close();
            throw e;
        }
    }

    @Override
    public void close() {
        tokenizer.close();
    }
}
