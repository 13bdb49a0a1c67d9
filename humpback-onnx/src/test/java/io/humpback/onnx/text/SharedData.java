package io.humpback.onnx.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.ReferenceData;
import io.humpback.model.Message;
import io.humpback.onnx.checkpoint.Gguf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Reference files outside the repository; a test that asks for one that is absent is skipped. */
final class SharedData {

    private static final ObjectMapper JSON = new ObjectMapper();

    private SharedData() {}

    static Path file(String name) {
        return ReferenceData.file(name);
    }

    static String text(String name) {
        try {
            return Files.readString(file(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode json(String name) {
        try {
            return JSON.readTree(text(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Tokenizer tinyLlama3() {
        return tokenizer("data/golden/tiny-llama3/");
    }

    static Tokenizer llama3() {
        return tokenizer("models/llama3-tokenizer/");
    }

    static Tokenizer smolLm2() {
        return Tokenizer.ofGguf(gguf("models/SmolLM2-135M-Instruct.Q4_1.gguf"));
    }

    private static Tokenizer tokenizer(String folder) {
        return Tokenizer.of(text(folder + "tokenizer.json"), text(folder + "tokenizer_config.json"));
    }

    static int[] ids(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }

    static List<Message> messages(JsonNode array) {
        List<Message> messages = new ArrayList<>();
        array.forEach(message -> messages.add(new Message(
                Message.Role.of(message.get("role").textValue()),
                message.get("content").textValue())));
        return messages;
    }

    /** Turns of any role, also of roles that a Message does not have. */
    static List<Map<String, String>> turns(JsonNode array) {
        List<Map<String, String>> turns = new ArrayList<>();
        array.forEach(message -> turns.add(Map.of(
                "role", message.get("role").textValue(),
                "content", message.get("content").textValue())));
        return turns;
    }

    static Map<String, Object> gguf(String name) {
        try (Gguf gguf = Gguf.open(file(name))) {
            return gguf.metadata();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
