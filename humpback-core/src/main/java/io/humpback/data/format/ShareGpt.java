package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.internal.Turns;
import java.util.List;

/**
 * ShareGPT's rows: {@code conversations}, a list of turns with {@code from} and {@code value}. The other names of these
 * fields and of who speaks that people use are read too.
 */
public final class ShareGpt implements PairFormat {

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
        String field = Turns.field(row);
        return field != null
                && (!field.equals("messages") || Turns.list(row, field).get(0).has("from"));
    }

    @Override
    public Example example(ObjectNode row) {
        String field = field(row);
        return FirstTurn.of(field, Turns.list(row, field));
    }

    @Override
    public List<String> fields(ObjectNode row) {
        return List.of(field(row));
    }

    private static String field(ObjectNode row) {
        String field = Turns.field(row);
        return field == null ? "conversations" : field;
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
