package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import java.util.List;

/**
 * Stanford Alpaca's rows: {@code instruction}, {@code input} (often empty) and {@code output}. An input, or {@code context},
 * follows its instruction after an empty line; written rows have none.
 */
public final class Alpaca implements PairFormat {

    private Alpaca() {}

    /** {@return the format} */
    public static Alpaca format() {
        return new Alpaca();
    }

    @Override
    public String key() {
        return "alpaca";
    }

    @Override
    public boolean matches(ObjectNode row) {
        return row.path("instruction").isTextual() && row.path("output").isTextual();
    }

    @Override
    public Example example(ObjectNode row) {
        return Context.example(row, "instruction", "output");
    }

    @Override
    public List<String> fields(ObjectNode row) {
        return Context.fields(row, "instruction", "output");
    }

    @Override
    public ObjectNode row(Example example) {
        return JsonLines.row()
                .put("instruction", example.instruction())
                .put("input", "")
                .put("output", example.response());
    }
}
