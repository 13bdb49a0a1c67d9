package io.humpback.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.internal.JsonFields;
import java.util.Map;

/** Takes turns of conversations from rows; whatever is not as expected is an {@link IllegalArgumentException}. */
final class Turns {

    private Turns() {}

    /** Whether a field is a list of objects that have a field of another name. */
    static boolean are(ObjectNode row, String field, String inner) {
        return row.path(field).isArray() && row.get(field).path(0).has(inner);
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
    static Example first(String place, JsonNode turns, String role, String text, Map<String, Speaker> names) {
        if (!turns.isArray() || turns.isEmpty()) {
            throw new IllegalArgumentException(place + ": " + JsonFields.found(turns) + ", expected a list of turns");
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
            throw new IllegalArgumentException(place + ": begins with "
                    + JsonFields.found(turns.get(i).get(role)).substring(6)
                    + " and " + JsonFields.found(turns.get(i + 1).get(role)).substring(6)
                    + ", expected a question and an answer");
        }
        return new Example(said(place, turns, i, text), said(place, turns, i + 1, text));
    }

    private static Speaker speaker(String place, JsonNode turns, int i, String role, Map<String, Speaker> names) {
        JsonNode name = turns.get(i).get(role);
        Speaker speaker = name == null || !name.isTextual() ? null : names.get(name.textValue());
        if (speaker == null) {
            throw new IllegalArgumentException(place + "[" + i + "]." + role + ": " + JsonFields.found(name)
                    + ", expected one of " + names.keySet());
        }
        return speaker;
    }

    private static String said(String place, JsonNode turns, int i, String field) {
        try {
            return JsonFields.text(turns.get(i), field);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(place + "[" + i + "]." + e.getMessage());
        }
    }
}
