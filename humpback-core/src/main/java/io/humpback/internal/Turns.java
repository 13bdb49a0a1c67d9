package io.humpback.internal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns of conversations in rows, under the names that people give to them; whatever is not as expected is an
 * {@link IllegalArgumentException}.
 */
public final class Turns {

    private static final JsonMapper MAPPER = new JsonMapper();
    private static final List<String> LISTS = List.of(
            "messages", "conversations", "conversation", "items", "turns", "dialogue", "dialog", "chat", "history");
    private static final List<String> ROLES = List.of("role", "from", "speaker");
    private static final List<String> TEXTS = List.of("content", "value", "text");
    private static final Map<String, Speaker> SPEAKERS = new TreeMap<>();

    static {
        List.of("system", "developer").forEach(name -> SPEAKERS.put(name, Speaker.SYSTEM));
        List.of("user", "human", "person", "prompter").forEach(name -> SPEAKERS.put(name, Speaker.PERSON));
        List.of("assistant", "gpt", "chatgpt", "model", "bot", "chatbot", "ai", "bing", "bard", "claude")
                .forEach(name -> SPEAKERS.put(name, Speaker.MODEL));
    }

    private Turns() {}

    /** Who speaks. */
    public enum Speaker {
        /** Sets the scene. */
        SYSTEM,
        /** Asks. */
        PERSON,
        /** Answers. */
        MODEL
    }

    /** Who says what, which may be empty. */
    public record Turn(Speaker speaker, String text) {}

    /** {@return the name of the field that holds a row's conversation, null if none does} */
    public static @Nullable String field(ObjectNode row) {
        return LISTS.stream().filter(name -> are(row, name)).findFirst().orElse(null);
    }

    /** {@return whether a field is a list of turns, as far as the first tells} */
    public static boolean are(ObjectNode row, String field) {
        JsonNode first = list(row, field).path(0);
        return key(first, ROLES) != null && key(first, TEXTS) != null;
    }

    /** {@return a field's list, also where it is written as a text, as in CSV; what is no list as it is} */
    public static JsonNode list(ObjectNode row, String field) {
        JsonNode value = row.path(field);
        if (value.isTextual() && value.textValue().stripLeading().startsWith("[")) {
            try {
                return MAPPER.readTree(value.textValue());
            } catch (JsonProcessingException e) {
                return value;
            }
        }
        return value;
    }

    /**
     * {@return all turns}
     *
     * @param place names the list in messages
     */
    public static List<Turn> all(String place, JsonNode turns) {
        List<Turn> all = new ArrayList<>();
        for (int i = 0; i < turns.size(); i++) {
            all.add(new Turn(speaker(place, turns, i), text(place, turns, i)));
        }
        return all;
    }

    /** {@return who speaks in a turn} */
    public static Speaker speaker(String place, JsonNode turns, int i) {
        String key = key(turns.path(i), ROLES);
        JsonNode name = key == null ? null : turns.get(i).get(key);
        String role = name == null ? "" : name.asText().toLowerCase(Locale.ROOT);
        Speaker speaker = role.startsWith("gpt") ? Speaker.MODEL : SPEAKERS.get(role);
        if (speaker == null) {
            throw new IllegalArgumentException(place + "[" + i + "]." + (key == null ? ROLES.get(0) : key) + ": "
                    + JsonFields.found(name) + ", expected one of " + String.join(", ", SPEAKERS.keySet()));
        }
        return speaker;
    }

    /** {@return what is said in a turn; of a list of parts, those of text, each on a line of its own} */
    public static String text(String place, JsonNode turns, int i) {
        String key = key(turns.path(i), TEXTS);
        String field = place + "[" + i + "]." + (key == null ? TEXTS.get(0) : key);
        JsonNode said = key == null ? null : turns.get(i).get(key);
        if (said != null && said.isArray()) {
            List<String> parts = new ArrayList<>();
            for (JsonNode part : said) {
                JsonNode text = part.isTextual() ? part : part.path("text");
                if (!text.isTextual()) {
                    throw new IllegalArgumentException(field + ": found a part of type "
                            + part.path("type").asText("unknown") + ", expected text");
                }
                parts.add(text.textValue());
            }
            return String.join("\n", parts);
        } else if (said == null || !said.isTextual()) {
            throw new IllegalArgumentException(field + ": " + JsonFields.found(said) + ", expected a text");
        }
        return said.textValue();
    }

    private static @Nullable String key(JsonNode turn, List<String> names) {
        return names.stream().filter(turn::has).findFirst().orElse(null);
    }
}
