package io.humpback.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.JsonFields;
import io.humpback.internal.Turns;
import java.util.List;

/**
 * The two forms that TRL's trainer for supervised fine-tuning takes: {@code messages}, and {@code prompt} with
 * {@code completion}. The loss of the second counts the completion alone, which is what the paper does.
 */
public final class Trl implements PairFormat {

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
                ? isPlain(row) || Turns.are(row, "prompt") && Turns.are(row, "completion")
                : Turns.field(row) != null;
    }

    private static boolean isPlain(ObjectNode row) {
        return row.path("prompt").isTextual() && row.path("completion").isTextual() && !Turns.are(row, "prompt");
    }

    @Override
    public Example example(ObjectNode row) {
        if (!split) {
            String field = field(row);
            return FirstTurn.of(field, Turns.list(row, field));
        } else if (isPlain(row)) {
            return Context.example(row, "prompt", "completion");
        }
        JsonNode prompt = Turns.list(row, "prompt");
        JsonNode completion = Turns.list(row, "completion");
        if (!prompt.isArray() || !completion.isArray()) {
            throw new IllegalArgumentException("prompt: " + JsonFields.found(row.get("prompt")) + ", completion: "
                    + JsonFields.found(row.get("completion")) + ", expected two texts or two lists of turns");
        }
        ArrayNode turns = row.arrayNode();
        prompt.forEach(turns::add);
        completion.forEach(turns::add);
        return FirstTurn.of("prompt + completion", turns);
    }

    @Override
    public List<String> fields(ObjectNode row) {
        return split ? Context.fields(row, "prompt", "completion") : List.of(field(row));
    }

    private static String field(ObjectNode row) {
        String field = Turns.field(row);
        return field == null ? "messages" : field;
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
