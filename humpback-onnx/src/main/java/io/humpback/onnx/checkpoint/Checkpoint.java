package io.humpback.onnx.checkpoint;

import io.humpback.model.ModelException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A Llama checkpoint on disk, checked and ready to read: every tensor that its configuration asks for is there in the right
 * shape. Names and row order are Hugging Face's, whatever the format. Weights are read where they are asked for, so the
 * files must stay as they are until it is closed. Safe for use by many threads.
 */
public interface Checkpoint extends Closeable {

    /**
     * {@return the checkpoint at a path}
     *
     * @param path a Hugging Face folder ({@code config.json} and {@code model.safetensors}, whole or in shards with their
     *     index), or a GGUF file
     * @throws ModelException if it is no such thing, damaged, or of an architecture or feature that is not supported
     * @throws IOException if a file cannot be read
     */
    static Checkpoint open(Path path) throws IOException {
        return Files.isDirectory(path) ? HuggingFace.open(path) : GgufLlama.open(path);
    }

    /** {@return the path it was opened from} */
    Path path();

    /** {@return what the checkpoint says of itself} */
    LlamaConfig config();

    /** {@return the names of the tensors that are stored, in the order of the computation} */
    Set<WeightName> names();

    /**
     * {@return a tensor of the model: a stored one, or the rows of one that are a part of it}
     *
     * @throws ModelException if the model has none of this name
     */
    Tensor tensor(WeightName name);

    /** {@return what is needed to make the tokenizer and the chat template} */
    TextFiles text();

    /**
     * {@return the SHA-256, in hexadecimal, over all weights, configuration and tokenizer files: for a GGUF file that of the
     * file, for a folder that of the names, lengths and contents of those files. Reads all weights the first time}
     */
    String fingerprint();

    /** Lets the files go; tensors read afterwards fail. Closing twice is harmless. */
    @Override
    void close();

    /**
     * What a checkpoint holds about text: from a folder the content of its files, from a GGUF file its metadata.
     *
     * @param tokenizerJson content of {@code tokenizer.json}; null where there is none
     * @param tokenizerConfigJson content of {@code tokenizer_config.json}; null where there is none
     * @param chatTemplateJinja content of {@code chat_template.jinja}; null where there is none
     * @param ggufMetadata see {@link Gguf#metadata()}; null for a folder
     */
    record TextFiles(
            @Nullable String tokenizerJson,
            @Nullable String tokenizerConfigJson,
            @Nullable String chatTemplateJinja,
            @Nullable Map<String, Object> ggufMetadata) {}
}
