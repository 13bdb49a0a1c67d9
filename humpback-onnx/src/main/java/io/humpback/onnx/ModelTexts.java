package io.humpback.onnx;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** What a folder has beside a graph to make tokenizer and chat template of, in Hugging Face's layout. */
record ModelTexts(
        String tokenizerJson,
        @Nullable String tokenizerConfig,
        @Nullable String template) {

    /** Files of text larger than this are not read. */
    private static final int MAX_TEXT = 64 << 20;

    /** {@return the texts of a folder; refused if there is no tokenizer} */
    static ModelTexts read(Path folder) throws IOException {
        String json = text(folder.resolve(ExportedModel.TOKENIZER));
        if (json == null) {
            throw new ModelException(folder + ": no " + ExportedModel.TOKENIZER);
        }
        return new ModelTexts(
                json,
                text(folder.resolve(ExportedModel.TOKENIZER_CONFIG)),
                text(folder.resolve(ExportedModel.TEMPLATE)));
    }

    /** {@return the content of a file; null if it is not there} */
    static @Nullable String text(Path file) throws IOException {
        return Files.exists(file) ? Json.text(file, MAX_TEXT) : null;
    }

    /** {@return the tokenizer, to be closed} */
    Tokenizer tokenizer() {
        return Tokenizer.of(tokenizerJson, tokenizerConfig);
    }

    /** {@return the chat template, or null for a model without one} */
    @Nullable
    ChatTemplates templates(Tokenizer tokenizer) {
        return ChatTemplates.find(template, tokenizerConfig)
                .map(found -> ChatTemplates.of(found, tokenizer.bosToken(), tokenizer.eosToken()))
                .orElse(null);
    }
}
