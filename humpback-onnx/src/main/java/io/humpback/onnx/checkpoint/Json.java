package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.FileKind;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Small JSON files, read strictly: one object, no key twice, nothing after it. */
public final class Json {

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private Json() {}

    /** {@return the object that a text holds; the file is named by the error message} */
    public static ObjectNode object(Path file, String text) {
        try {
            JsonNode node = MAPPER.readTree(text);
            if (node instanceof ObjectNode object) {
                return object;
            }
            throw Refusal.of(file, "expected one JSON object, found " + node.getNodeType());
        } catch (JsonProcessingException e) {
            throw Refusal.of(file, "not a JSON object: " + e.getOriginalMessage());
        }
    }

    /** {@return a value for an error message, shortened if it is long} */
    public static String shown(JsonNode value) {
        String text = value.isMissingNode() ? "(absent)" : value.toString();
        return text.length() <= 100 ? text : text.substring(0, 100) + "...";
    }

    /** {@return an object as text, indented, with a line's end} */
    public static String pretty(ObjectNode json) {
        return json.toPrettyString() + "\n";
    }

    /** {@return the content of a file that has at most a number of bytes} */
    public static String text(Path file, int maxBytes) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw Refusal.of(file, Files.exists(file) ? "not a regular file" : "no such file");
        }
        if (FileKind.isLfsPointer(file)) {
            throw Refusal.of(file, FileKind.LFS_POINTER);
        }
        byte[] bytes;
        try (InputStream in = Files.newInputStream(file)) {
            bytes = in.readNBytes(maxBytes + 1);
        }
        if (bytes.length > maxBytes) {
            throw Refusal.of(file, "expected at most " + maxBytes + " bytes");
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw Refusal.of(file, "not UTF-8");
        }
    }
}
