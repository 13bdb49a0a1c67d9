package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.PairFormat;
import io.humpback.data.format.Pairs;
import io.humpback.internal.JsonFields;
import io.humpback.internal.Turns;
import io.humpback.model.LanguageModel;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads the fields of rows that commands know. */
public final class Fields {

    /** Far more than any context holds; a longer text is rejected before time is spent on it. */
    public static final int MAX_TEXT = 400_000;

    private Fields() {}

    /** {@return a text, which may be empty} */
    public static String text(ObjectNode row, String name) throws BadRow {
        JsonNode value = row.get(name);
        if (value == null || !value.isTextual()) {
            throw new BadRow(name + ": " + JsonFields.found(value) + ", expected a text");
        }
        String text = value.textValue();
        if (text.length() > MAX_TEXT) {
            throw new BadRow(name + ": " + text.length() + " characters, expected at most " + MAX_TEXT);
        }
        return text;
    }

    /** {@return a text, empty where there is none} */
    public static String textOrEmpty(ObjectNode row, String name) throws BadRow {
        return row.hasNonNull(name) ? text(row, name) : "";
    }

    /** {@return the pair of a row with instruction and response} */
    public static Example example(ObjectNode row) throws BadRow {
        return new Example(text(row, "instruction"), text(row, "response"));
    }

    /** {@return a row with instruction and response in place of the fields that a format has for them} */
    public static ObjectNode pair(PairFormat format, ObjectNode row) throws BadRow {
        try {
            boolean plain = format instanceof Pairs && format.fields(row).size() == 2; // with no context beside
            return plain ? row : format.pair(row);
        } catch (IllegalArgumentException e) {
            throw new BadRow(String.valueOf(e.getMessage()));
        }
    }

    /** {@return the pair of a row in a format; a {@link DataException} if it has none} */
    public static Example example(PairFormat format, Row row) {
        try {
            return example(pair(format, row.fields()));
        } catch (BadRow e) {
            throw new DataException(
                    row.rejection(String.valueOf(e.getMessage())).toString());
        }
    }

    /** {@return a list of token ids, not empty} */
    public static List<Integer> ids(ObjectNode row, String name) throws BadRow {
        JsonNode list = row.get(name);
        if (list == null || !list.isArray() || list.isEmpty()) {
            throw new BadRow(name + ": " + JsonFields.found(list) + ", expected a list of token ids");
        }
        List<Integer> ids = new ArrayList<>(list.size());
        for (JsonNode id : list) {
            if (!id.isInt() || id.intValue() < 0) {
                throw new BadRow(name + "[" + ids.size() + "]: " + JsonFields.found(id) + ", expected a token id");
            }
            ids.add(id.intValue());
        }
        return ids;
    }

    /** {@return the prompt of a row: its {@code messages}, {@code prompt} or {@code prompt_ids}, of which it has one} */
    public static Prompt prompt(ObjectNode row) throws BadRow {
        List<String> forms = Stream.of("messages", "prompt", "prompt_ids")
                .filter(row::hasNonNull)
                .toList();
        if (forms.size() != 1) {
            throw new BadRow((forms.isEmpty() ? "no prompt" : String.join(" and ", forms))
                    + ", expected one of messages, prompt, prompt_ids");
        }
        return switch (forms.get(0)) {
            case "messages" -> Prompt.chat(messages(row.get("messages")));
            case "prompt" -> Prompt.text(nonEmpty(row, "prompt"));
            default -> Prompt.ids(ids(row, "prompt_ids"));
        };
    }

    /** {@return a text with at least one character} */
    public static String nonEmpty(ObjectNode row, String name) throws BadRow {
        String text = text(row, name);
        if (text.isEmpty()) {
            throw new BadRow(name + ": empty, expected a text");
        }
        return text;
    }

    /** Refuses a prompt that the model cannot take, or that leaves no room for {@code room} more tokens. */
    public static void requireRoom(LanguageModel model, Prompt prompt, int room) throws BadRow {
        long tokens;
        try {
            tokens = (long) model.countTokens(prompt) + room;
        } catch (IllegalArgumentException | ModelException e) { // ids beyond the vocabulary, a template that refuses
            throw new BadRow(String.valueOf(e.getMessage()));
        }
        if (tokens > model.contextLength()) {
            throw new BadRow(
                    "prompt and completion need " + tokens + " tokens, expected at most " + model.contextLength());
        }
    }

    /**
     * {@return the conversation of a row, under any of the names that people give to its fields, or of its lists prompt and
     * completion together; empty if it has none}
     */
    public static List<Message> conversation(ObjectNode row) throws BadRow {
        List<Message> messages = new ArrayList<>();
        String field = Turns.field(row);
        try {
            for (String name : field != null ? List.of(field) : List.of("prompt", "completion")) {
                if (Turns.are(row, name)) {
                    Turns.all(name, Turns.list(row, name))
                            .forEach(turn -> messages.add(new Message(role(turn.speaker()), turn.text())));
                }
            }
        } catch (IllegalArgumentException e) {
            throw new BadRow(String.valueOf(e.getMessage()));
        }
        while (!messages.isEmpty() && messages.get(0).role() == Message.Role.ASSISTANT) {
            messages.remove(0); // ShareGPT's rows may go on from others
        }
        return messages;
    }

    private static Message.Role role(Turns.Speaker speaker) {
        return switch (speaker) {
            case SYSTEM -> Message.Role.SYSTEM;
            case PERSON -> Message.Role.USER;
            case MODEL -> Message.Role.ASSISTANT;
        };
    }

    private static List<Message> messages(JsonNode list) throws BadRow {
        if (!list.isArray() || list.isEmpty()) {
            throw new BadRow(
                    "messages: " + JsonFields.found(list) + ", expected a list of objects with role and content");
        }
        List<Message> messages = new ArrayList<>(list.size());
        for (JsonNode item : list) {
            String place = "messages[" + messages.size() + "]";
            if (!(item instanceof ObjectNode message)) {
                throw new BadRow(place + ": " + JsonFields.found(item) + ", expected an object with role and content");
            }
            try {
                messages.add(new Message(Message.Role.of(text(message, "role")), text(message, "content")));
            } catch (IllegalArgumentException | BadRow e) {
                throw new BadRow(place + ": " + e.getMessage());
            }
        }
        return messages;
    }
}
