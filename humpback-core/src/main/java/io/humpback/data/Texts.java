package io.humpback.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes texts and turns from rows; whatever is not as expected is an {@link IllegalArgumentException}. */
final class Texts {

    private Texts() {}

    /** A text that is not blank. */
    static String of(JsonNode row, String field) {
        String text = orEmpty(row, field);
        if (text.isBlank()) {
            throw new IllegalArgumentException(
                    row.hasNonNull(field) ? field + ": empty, expected a text" : field + ": missing, expected a text");
        }
        return text;
    }

    /** A text, empty where there is none. */
    static String orEmpty(JsonNode row, String field) {
        JsonNode value = row.get(field);
        if (value != null && !value.isTextual() && !value.isNull()) {
            throw new IllegalArgumentException(field + ": " + found(value) + ", expected a text");
        }
        return value == null || value.isNull() ? "" : value.textValue();
    }

    static boolean isText(ObjectNode row, String field) {
        return row.path(field).isTextual();
    }

    /** Whether a field is a list of objects that have a field of another name. */
    static boolean isTurns(ObjectNode row, String field, String inner) {
        return row.path(field).isArray() && row.get(field).path(0).has(inner);
    }

    /** What stands in place of something else, in a few words. */
    static String found(@Nullable JsonNode value) {
        if (value == null) {
            return "missing";
        }
        String text = value.toString();
        return "found " + (text.length() <= 40 ? text : text.substring(0, 40) + "...");
    }

    /** Who speaks. */
    enum Speaker {
        SYSTEM,
        PERSON,
        MODEL
    }

    /**
     * The first turn of a conversation: what the person says, and what the model answers at once.
     *
     * @param place names the list in messages
     * @param turns objects; system turns before the first are left out
     * @param role the field that says who speaks
     * @param text the field that says what
     * @param names of the roles
     */
    static Example firstTurn(String place, JsonNode turns, String role, String text, Map<String, Speaker> names) {
        if (!turns.isArray() || turns.isEmpty()) {
            throw new IllegalArgumentException(place + ": " + found(turns) + ", expected a list of turns");
        }
        int i = 0;
        while (i < turns.size() && speaker(place, turns, i, role, names) == Speaker.SYSTEM) {
            i++;
        }
        if (i + 1 >= turns.size()) {
            throw new IllegalArgumentException(
                    place + ": " + turns.size() + " turns, expected a question and an answer");
        }
        if (speaker(place, turns, i, role, names) != Speaker.PERSON
                || speaker(place, turns, i + 1, role, names) != Speaker.MODEL) {
            throw new IllegalArgumentException(
                    place + ": begins with " + found(turns.get(i).get(role)).substring(6)
                            + " and " + found(turns.get(i + 1).get(role)).substring(6)
                            + ", expected a question and an answer");
        }
        return new Example(said(place, turns, i, text), said(place, turns, i + 1, text));
    }

    private static Speaker speaker(String place, JsonNode turns, int i, String role, Map<String, Speaker> names) {
        JsonNode name = turns.get(i).get(role);
        Speaker speaker = name == null || !name.isTextual() ? null : names.get(name.textValue());
        if (speaker == null) {
            throw new IllegalArgumentException(
                    place + "[" + i + "]." + role + ": " + found(name) + ", expected one of " + names.keySet());
        }
        return speaker;
    }

    private static String said(String place, JsonNode turns, int i, String field) {
        try {
            return of(turns.get(i), field);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(place + "[" + i + "]." + e.getMessage());
        }
    }
}
