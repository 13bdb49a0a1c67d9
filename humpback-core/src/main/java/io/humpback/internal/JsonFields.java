package io.humpback.internal;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Takes texts from JSON objects; whatever is not as expected is an {@link IllegalArgumentException}. */
public final class JsonFields {

    private JsonFields() {}

    /** {@return a text that is not blank} */
    public static String text(JsonNode row, String field) {
        String text = textOrEmpty(row, field);
        if (text.isBlank()) {
            throw new IllegalArgumentException(
                    row.hasNonNull(field) ? field + ": empty, expected a text" : field + ": missing, expected a text");
        }
        return text;
    }

    /** {@return a text, empty where there is none} */
    public static String textOrEmpty(JsonNode row, String field) {
        JsonNode value = row.get(field);
        if (value != null && !value.isTextual() && !value.isNull()) {
            throw new IllegalArgumentException(field + ": " + found(value) + ", expected a text");
        }
        return value == null || value.isNull() ? "" : value.textValue();
    }

    /** {@return a number, also where it is written as a text, as in CSV; NaN if it is none} */
    public static double number(@Nullable JsonNode value) {
        if (value != null && value.isTextual()) {
            try {
                return Double.parseDouble(value.textValue().strip());
            } catch (NumberFormatException e) {
                return Double.NaN;
            }
        }
        return value != null && value.isNumber() ? value.doubleValue() : Double.NaN;
    }

    /** {@return the same, and of a truth value 1 or 0} */
    public static double numberOrTruth(@Nullable JsonNode value) {
        String truth = value == null ? "" : value.asText().toLowerCase(Locale.ROOT);
        return truth.equals("true") ? 1 : truth.equals("false") ? 0 : number(value);
    }

    /** {@return what was found instead of what was expected, in a few words} */
    public static String found(@Nullable JsonNode value) {
        if (value == null) {
            return "missing";
        }
        String text = value.toString();
        return "found " + (text.length() <= 40 ? text : text.substring(0, 40) + "...");
    }
}
