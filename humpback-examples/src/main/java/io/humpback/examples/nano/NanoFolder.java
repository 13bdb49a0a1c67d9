package io.humpback.examples.nano;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.bench.RandomCheckpoint;
import io.humpback.internal.Folders;
import io.humpback.internal.TemporaryFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Writes nano as a Hugging Face folder: with random weights, or with those that come with the program. */
final class NanoFolder {

    /** Tokens of context; texts of the world have 110, and prompts with a few of them are no longer than this. */
    static final int POSITIONS = 2048;

    static final String WEIGHTS = "model.safetensors";
    static final String TOKENIZER = "tokenizer.json";

    /** What comes with the program. */
    private static final List<String> FILES =
            List.of("config.json", TOKENIZER, "tokenizer_config.json", "chat_template.jinja", WEIGHTS);

    private static final JsonMapper JSON = new JsonMapper();

    private NanoFolder() {}

    /**
     * Writes an untrained model.
     *
     * @param folder is made; must not exist
     */
    static void writeUntrained(Path folder, long seed) throws IOException {
        Path text = TemporaryFiles.newFolder("nano");
        try {
            writeText(text);
            new RandomCheckpoint(config(), seed, Long.MAX_VALUE).write(folder, text);
        } finally {
            Folders.delete(text);
        }
    }

    /** Writes the trained model as it comes with the program. */
    static void writeTrained(Path folder) throws IOException {
        for (String name : FILES) {
            try (InputStream file = NanoFolder.class.getResourceAsStream(name)) {
                if (file == null) {
                    throw new IOException(
                            "nano: found no " + name + " on the class path; the command nano make makes it");
                }
                Files.copy(file, folder.resolve(name));
            }
        }
    }

    /** {@return the configuration: a Llama of 1.3 million parameters} */
    static ObjectNode config() {
        Vocabulary vocabulary = new Vocabulary();
        ObjectNode config = JSON.createObjectNode();
        config.putArray("architectures").add("LlamaForCausalLM");
        return config.put("model_type", "llama")
                .put("vocab_size", vocabulary.size())
                .put("hidden_size", 160)
                .put("intermediate_size", 448)
                .put("num_hidden_layers", 4)
                .put("num_attention_heads", 5)
                .put("num_key_value_heads", 5)
                .put("head_dim", 32)
                .put("hidden_act", "silu")
                .put("max_position_embeddings", POSITIONS)
                .put("rms_norm_eps", 1e-5)
                .put("rope_theta", 10000.0)
                .put("initializer_range", 0.02)
                .put("tie_word_embeddings", true)
                .put("bos_token_id", vocabulary.id(Vocabulary.BEGIN))
                .put("eos_token_id", vocabulary.id(Vocabulary.END))
                .put("torch_dtype", "bfloat16");
    }

    private static void writeText(Path folder) throws IOException {
        Vocabulary vocabulary = new Vocabulary();
        write(folder.resolve(TOKENIZER), vocabulary.tokenizer());
        write(folder.resolve("tokenizer_config.json"), vocabulary.tokenizerConfig());
        Files.writeString(folder.resolve("chat_template.jinja"), Vocabulary.CHAT_TEMPLATE);
    }

    private static void write(Path file, JsonNode json) throws IOException {
        Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(json));
    }
}
