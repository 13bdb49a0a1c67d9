package io.humpback.onnx.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.Message;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;

/** Reference files outside the repository; a test that asks for one that is absent is skipped. */
final class SharedData {

    private static final ObjectMapper JSON = new ObjectMapper();

    private SharedData() {}

    static Path file(String name) {
        Path path = Path.of(System.getProperty("humpback.shared", "")).resolve(name);
        Assumptions.assumeTrue(Files.exists(path), () -> "reference file " + name + " is not there");
        return path;
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

    /** The metadata of a trusted GGUF file. */
    static Map<String, Object> gguf(String name) {
        try (FileChannel channel = FileChannel.open(file(name))) {
            ByteBuffer in = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())
                    .order(ByteOrder.LITTLE_ENDIAN);
            in.position(16);
            long pairs = in.getLong();
            Map<String, Object> metadata = new LinkedHashMap<>();
            for (long i = 0; i < pairs; i++) {
                String key = ggufString(in);
                metadata.put(key, ggufValue(in, in.getInt()));
            }
            return metadata;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String ggufString(ByteBuffer in) {
        byte[] bytes = new byte[Math.toIntExact(in.getLong())];
        in.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Object ggufValue(ByteBuffer in, int type) {
        return switch (type) {
            case 0, 1 -> (int) in.get();
            case 2, 3 -> (int) in.getShort();
            case 4, 5 -> in.getInt();
            case 6 -> in.getFloat();
            case 7 -> in.get() != 0;
            case 8 -> ggufString(in);
            case 9 -> {
                int element = in.getInt();
                int length = Math.toIntExact(in.getLong());
                List<Object> list = new ArrayList<>(length);
                for (int i = 0; i < length; i++) {
                    list.add(ggufValue(in, element));
                }
                yield list;
            }
            case 10, 11 -> in.getLong();
            case 12 -> in.getDouble();
            default -> throw new IllegalStateException("GGUF type " + type);
        };
    }
}
