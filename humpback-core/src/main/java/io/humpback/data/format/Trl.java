package io.humpback.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.data.format.Turns.Speaker;
import io.humpback.internal.JsonFields;
import java.util.Map;
import java.util.TreeMap;

/**
 * The two forms that TRL's trainer for supervised fine-tuning takes: {@code messages}, and {@code prompt} with
 * {@code completion}. The loss of the second counts the completion alone, which is what the paper does.
 */
public final class Trl implements PairFormat {

    private static final Map<String, Speaker> ROLES = new TreeMap<>(Map.of(
            "system", Speaker.SYSTEM,
            "developer", Speaker.SYSTEM,
            "user", Speaker.PERSON,
            "assistant", Speaker.MODEL));

    private final boolean split;

    private Trl(boolean split) {
        this.split = split;
    }

    /** {@return rows with {@code messages}, a list of turns with {@code role} and {@code content}} */
    public static Trl messages() {
        return new Trl(false);
    }

    /**
     * {@return rows with {@code prompt} and {@code completion}} Both are read as texts or as lists of turns. They are
     * written as lists, so that a trainer lays them out with the model's chat template.
     */
    public static Trl promptCompletion() {
        return new Trl(true);
    }

    @Override
    public String key() {
        return split ? "prompt-completion" : "messages";
    }

    @Override
    public boolean matches(ObjectNode row) {
        return split
                ? isPlain(row) || Turns.are(row, "prompt", "role") && Turns.are(row, "completion", "role")
                : Turns.are(row, "messages", "role");
    }

    private static boolean isPlain(ObjectNode row) {
        return row.path("prompt").isTextual() && row.path("completion").isTextual();
    }

    @Override
    public Example example(ObjectNode row) {
        if (!split) {
            return firstTurn("messages", row.path("messages"));
        } else if (isPlain(row)) {
            return new Example(JsonFields.text(row, "prompt"), JsonFields.text(row, "completion"));
        }
        JsonNode prompt = row.path("prompt");
        JsonNode completion = row.path("completion");
        if (!prompt.isArray() || !completion.isArray()) {
            throw new IllegalArgumentException("prompt: " + JsonFields.found(row.get("prompt")) + ", completion: "
                    + JsonFields.found(row.get("completion")) + ", expected two texts or two lists of turns");
        }
        ArrayNode turns = row.arrayNode();
        prompt.forEach(turns::add);
        completion.forEach(turns::add);
        return firstTurn("prompt + completion", turns);
    }

    private static Example firstTurn(String place, JsonNode turns) {
        return Turns.first(place, turns, "role", "content", ROLES);
    }

    @Override
    public ObjectNode row(Example example) {
        ObjectNode row = JsonLines.row();
        ArrayNode asked = row.putArray(split ? "prompt" : "messages");
        asked.addObject().put("role", "user").put("content", example.instruction());
        ArrayNode answered = split ? row.putArray("completion") : asked;
        answered.addObject().put("role", "assistant").put("content", example.response());
        return row;
    }
}
