package io.humpback.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.data.Example;
import io.humpback.internal.JsonFields;
import io.humpback.internal.Turns;
import io.humpback.internal.Turns.Speaker;

/** The first turn of a conversation: what the person says, and what the model answers at once. */
final class FirstTurn {

    private FirstTurn() {}

    /**
     * {@return what the person says first and what the model answers; what is set or said before is left out}
     *
     * @param place names the list in messages
     * @param turns objects; an {@link IllegalArgumentException} says how they differ
     */
    static Example of(String place, JsonNode turns) {
        if (!turns.isArray() || turns.isEmpty()) {
            throw new IllegalArgumentException(place + ": "
                    + (turns.isMissingNode() ? "missing" : JsonFields.found(turns)) + ", expected a list of turns");
        }
        int i = 0;
        while (i < turns.size() && Turns.speaker(place, turns, i) != Speaker.PERSON) {
            i++;
        }
        if (i + 1 >= turns.size()) {
            throw new IllegalArgumentException(
                    place + ": " + turns.size() + " turns, expected a question and an answer");
        } else if (Turns.speaker(place, turns, i + 1) != Speaker.MODEL) {
            throw new IllegalArgumentException(
                    place + "[" + (i + 1) + "]: not the model's, expected an answer to the question before");
        }
        return new Example(said(place, turns, i), said(place, turns, i + 1));
    }

    private static String said(String place, JsonNode turns, int i) {
        String said = Turns.text(place, turns, i);
        if (said.isBlank()) {
            throw new IllegalArgumentException(place + "[" + i + "]: empty, expected a text");
        }
        return said;
    }
}
