package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.data.format.Turns.Speaker;
import java.util.Map;
import java.util.TreeMap;

/** ShareGPT's rows: {@code conversations}, a list of turns with {@code from} and {@code value}. */
public final class ShareGpt implements PairFormat {

    private static final Map<String, Speaker> ROLES = new TreeMap<>(Map.of(
            "system", Speaker.SYSTEM,
            "human", Speaker.PERSON,
            "user", Speaker.PERSON,
            "gpt", Speaker.MODEL,
            "chatgpt", Speaker.MODEL,
            "assistant", Speaker.MODEL));

    private ShareGpt() {}

    /** {@return the format} */
    public static ShareGpt format() {
        return new ShareGpt();
    }

    @Override
    public String key() {
        return "sharegpt";
    }

    @Override
    public boolean matches(ObjectNode row) {
        return Turns.are(row, "conversations", "from");
    }

    @Override
    public Example example(ObjectNode row) {
        return Turns.first("conversations", row.path("conversations"), "from", "value", ROLES);
    }

    @Override
    public ObjectNode row(Example example) {
        ObjectNode row = JsonLines.row();
        ArrayNode turns = row.putArray("conversations");
        turns.addObject().put("from", "human").put("value", example.instruction());
        turns.addObject().put("from", "gpt").put("value", example.response());
        return row;
    }
}
