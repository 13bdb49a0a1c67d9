package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import java.util.List;

/** Rows with the instruction in one field and the response in another; the form that this library writes itself. */
public final class Pairs implements PairFormat {

    private final String instruction;
    private final String response;

    private Pairs(String instruction, String response) {
        if (instruction.isEmpty() || response.isEmpty() || instruction.equals(response)) {
            throw new IllegalArgumentException(
                    "fields: found \"" + instruction + "\" and \"" + response + "\", expected two names");
        }
        this.instruction = instruction;
        this.response = response;
    }

    /** {@return rows with {@code instruction} and {@code response}} */
    public static Pairs format() {
        return new Pairs("instruction", "response");
    }

    /** {@return rows with other names for the instruction and the response, which are not empty and differ} */
    public static Pairs fields(String instruction, String response) {
        return new Pairs(instruction, response);
    }

    @Override
    public String key() {
        return "pairs";
    }

    @Override
    public boolean matches(ObjectNode row) {
        return row.path(instruction).isTextual() && row.path(response).isTextual();
    }

    @Override
    public Example example(ObjectNode row) {
        return Context.example(row, instruction, response);
    }

    @Override
    public List<String> fields(ObjectNode row) {
        return Context.fields(row, instruction, response);
    }

    @Override
    public ObjectNode row(Example example) {
        return JsonLines.row().put(instruction, example.instruction()).put(response, example.response());
    }
}
