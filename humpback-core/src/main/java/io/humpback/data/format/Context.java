package io.humpback.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.internal.JsonFields;
import java.util.ArrayList;
import java.util.List;

/** Texts that stand in fields of their own and belong to an instruction, which they follow after an empty line. */
final class Context {

    private static final List<String> FIELDS =
            List.of("input", "context", "text", "passage", "document", "article", "background");

    private Context() {}

    /** {@return the example of a row with the instruction in one field and the response in another} */
    static Example example(ObjectNode row, String instruction, String response) {
        StringBuilder asked = new StringBuilder(JsonFields.text(row, instruction));
        for (String name : beside(row, instruction, response)) {
            String text = text(name, row.get(name));
            asked.append(text.isBlank() ? "" : "\n\n" + text);
        }
        return new Example(asked.toString(), JsonFields.text(row, response));
    }

    /** {@return the names of the fields of a row that its example is made of} */
    static List<String> fields(ObjectNode row, String instruction, String response) {
        List<String> fields = beside(row, instruction, response);
        fields.add(instruction);
        fields.add(response);
        return fields;
    }

    private static List<String> beside(ObjectNode row, String instruction, String response) {
        List<String> fields = new ArrayList<>(FIELDS);
        fields.removeIf(name -> !row.has(name) || name.equals(instruction) || name.equals(response));
        if (isWholePair(row.path("text").asText(), row.path(instruction), row.path(response))) {
            fields.remove("text");
        }
        return fields;
    }

    /** Whether a text is the pair as some prompt lays it out, which the published rows of Alpaca have too. */
    private static boolean isWholePair(String text, JsonNode instruction, JsonNode response) {
        return text.contains(instruction.asText().strip())
                && text.contains(response.asText().strip());
    }

    /** {@return a context, of a list its texts in order} */
    private static String text(String name, JsonNode value) {
        List<String> texts = new ArrayList<>();
        for (JsonNode text : value.isArray() ? value : List.of(value)) {
            if (!text.isTextual() && !text.isNull()) {
                throw new IllegalArgumentException(name + ": " + JsonFields.found(value) + ", expected a text");
            }
            texts.add(text.isNull() ? "" : text.textValue());
        }
        return String.join("\n\n", texts);
    }
}
