package io.humpback.onnx;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.internal.LfsPointer;
import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Json;
import io.humpback.onnx.text.ChatTemplates;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A folder with a graph, its weights, and what is known of them: what {@link OnnxExport} writes. */
final class ExportedModel {

    static final String GRAPH = "model.onnx";
    static final String WEIGHTS = "model.onnx.data";
    static final String CONFIG = "config.json";
    static final String TOKENIZER = "tokenizer.json";
    static final String TOKENIZER_CONFIG = "tokenizer_config.json";
    static final String TEMPLATE = "chat_template.jinja";

    /** Files of text larger than this are not read. */
    private static final int MAX_TEXT = 64 << 20;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder;
    private final int contextLength;
    private final List<Integer> endIds;
    private final String fingerprint;
    private final String precision;
    private final String tokenizerJson;
    private final @Nullable String tokenizerConfig;
    private final @Nullable String template;

    private ExportedModel(Path folder) throws IOException {
        this.folder = folder;
        for (String name : List.of(GRAPH, WEIGHTS)) {
            Path file = folder.resolve(name);
            if (Files.isRegularFile(file) && LfsPointer.isAt(file)) {
                throw new ModelException(file + ": " + LfsPointer.FOUND);
            }
        }
        JsonNode config = config(folder.resolve(CONFIG));
        contextLength = number(folder, config, "max_position_embeddings");
        endIds = new ArrayList<>();
        JsonNode ends = config.path("eos_token_id");
        for (JsonNode id : ends) {
            endIds.add(id.isInt() ? id.intValue() : -1);
        }
        if (!ends.isArray() || endIds.stream().anyMatch(id -> id < 0)) {
            throw new ModelException(folder.resolve(CONFIG) + ": eos_token_id: expected ids, found " + ends);
        }
        fingerprint = text(folder, config, "fingerprint");
        precision = text(folder, config, "precision");
        String json = file(TOKENIZER);
        if (json == null) {
            throw new ModelException(folder + ": no " + TOKENIZER);
        }
        tokenizerJson = json;
        tokenizerConfig = file(TOKENIZER_CONFIG);
        template = file(TEMPLATE);
        GraphFile.check(graph(), WEIGHTS);
    }

    static boolean isAt(Path path) {
        return Files.isRegularFile(path.resolve(GRAPH));
    }

    static ExportedModel read(Path folder) throws IOException {
        return new ExportedModel(folder);
    }

    private JsonNode config(Path file) throws IOException {
        String text = file(CONFIG);
        try {
            JsonNode config = text == null ? JSON.missingNode() : JSON.readTree(text);
            if (!config.path("humpback").isObject()) {
                throw new ModelException(file + ": expected the object \"humpback\" of a folder written by an export");
            }
            return config;
        } catch (JsonProcessingException e) {
            throw new ModelException(file + ": not JSON: " + e.getOriginalMessage(), e);
        }
    }

    private static int number(Path folder, JsonNode config, String name) {
        JsonNode value = config.path(name);
        if (!value.isInt() || value.asInt() < 1) {
            throw new ModelException(
                    folder.resolve(CONFIG) + ": " + name + ": expected a positive number, found " + value);
        }
        return value.asInt();
    }

    private static String text(Path folder, JsonNode config, String name) {
        JsonNode value = config.path("humpback").path(name);
        if (!value.isTextual()) {
            throw new ModelException(
                    folder.resolve(CONFIG) + ": humpback." + name + ": expected a text, found " + value);
        }
        return value.asText();
    }

    private @Nullable String file(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            return null;
        }
        return Json.text(file, MAX_TEXT);
    }

    Path graph() {
        return folder.resolve(GRAPH);
    }

    int contextLength() {
        return contextLength;
    }

    List<Integer> endIds() {
        return endIds;
    }

    String fingerprint() {
        return fingerprint;
    }

    String precision() {
        return precision;
    }

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

    /** Deletes what was written for one load; where the system still holds a file, when the JVM ends. */
    static void delete(Path folder) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> listed = Files.list(folder)) {
            listed.forEach(files::add);
        }
        files.add(folder);
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException e) {
                file.toFile().deleteOnExit();
            }
        }
    }
}
