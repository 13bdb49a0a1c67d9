package io.humpback.data;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Stanford Alpaca's rows: {@code instruction}, {@code input} (often empty) and {@code output}. An input follows its
 * instruction after an empty line; written rows have none.
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
        return Texts.isText(row, "instruction") && Texts.isText(row, "output");
    }

    @Override
    public Example example(ObjectNode row) {
        return new Example(
                withInput(Texts.of(row, "instruction"), Texts.orEmpty(row, "input")), Texts.of(row, "output"));
    }

    static String withInput(String instruction, String input) {
        return input.isBlank() ? instruction : instruction + "\n\n" + input;
    }

    @Override
    public ObjectNode row(Example example) {
        return JsonLines.object()
                .put("instruction", example.instruction())
                .put("input", "")
                .put("output", example.response());
    }
}
