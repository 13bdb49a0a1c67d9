package io.humpback.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Texts.Speaker;
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
                ? isPlain(row) || Texts.isTurns(row, "prompt", "role") && Texts.isTurns(row, "completion", "role")
                : Texts.isTurns(row, "messages", "role");
    }

    private static boolean isPlain(ObjectNode row) {
        return Texts.isText(row, "prompt") && Texts.isText(row, "completion");
    }

    @Override
    public Example example(ObjectNode row) {
        if (!split) {
            return firstTurn("messages", row.path("messages"));
        } else if (isPlain(row)) {
            return new Example(Texts.of(row, "prompt"), Texts.of(row, "completion"));
        }
        JsonNode prompt = row.path("prompt");
        JsonNode completion = row.path("completion");
        if (!prompt.isArray() || !completion.isArray()) {
            throw new IllegalArgumentException("prompt: " + Texts.found(row.get("prompt")) + ", completion: "
                    + Texts.found(row.get("completion")) + ", expected two texts or two lists of turns");
        }
        ArrayNode turns = JsonLines.MAPPER.createArrayNode();
        prompt.forEach(turns::add);
        completion.forEach(turns::add);
        return firstTurn("prompt + completion", turns);
    }

    private static Example firstTurn(String place, JsonNode turns) {
        return Texts.firstTurn(place, turns, "role", "content", ROLES);
    }

    @Override
    public ObjectNode row(Example example) {
        ObjectNode row = JsonLines.object();
        ArrayNode asked = row.putArray(split ? "prompt" : "messages");
        asked.addObject().put("role", "user").put("content", example.instruction());
        ArrayNode answered = split ? row.putArray("completion") : asked;
        answered.addObject().put("role", "assistant").put("content", example.response());
        return row;
    }
}
