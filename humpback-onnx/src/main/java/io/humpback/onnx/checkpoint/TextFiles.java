package io.humpback.onnx.checkpoint;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a checkpoint holds about text: from a folder the content of its files, from a GGUF file its metadata.
 *
 * @param tokenizerJson content of {@code tokenizer.json}; null where there is none
 * @param tokenizerConfigJson content of {@code tokenizer_config.json}; null where there is none
 * @param chatTemplateJinja content of {@code chat_template.jinja}; null where there is none
 * @param ggufMetadata see {@link Gguf#metadata()}; null for a folder
 */
public record TextFiles(
        @Nullable String tokenizerJson,
        @Nullable String tokenizerConfigJson,
        @Nullable String chatTemplateJinja,
        @Nullable Map<String, Object> ggufMetadata) {}
