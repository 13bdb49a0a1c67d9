package io.humpback.data.format;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.ExampleFunnel.Reason;
import io.humpback.internal.JsonFields;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * OpenAssistant's conversation trees, as one tree a row or as one message a row. An example is the first message of a
 * tree with the answer that people ranked best, rank 0 (paper, section 3.1); both in one language.
 *
 * <p>Of messages, those of one tree stand together, as in the published files, in any order; one tree's first turn is
 * in memory at a time.
 */
public final class Oasst implements Format {

    private final boolean trees;
    private final String language;

    private Oasst(boolean trees, String language) {
        this.trees = trees;
        this.language = Objects.requireNonNull(language, "language");
    }

    /** {@return rows that are trees, in English} */
    public static Oasst trees() {
        return new Oasst(true, "en");
    }

    /** {@return rows that are messages, in English} */
    public static Oasst messages() {
        return new Oasst(false, "en");
    }

    /** {@return a copy for another language, as in the field {@code lang}, such as "de" or "pt-BR"} */
    public Oasst language(String code) {
        return new Oasst(trees, code);
    }

    @Override
    public String key() {
        return trees ? "oasst-trees" : "oasst-messages";
    }

    @Override
    public boolean matches(ObjectNode row) {
        return trees
                ? row.path("prompt").path("replies").isArray()
                : row.path("message_id").isTextual() && row.path("role").isTextual() && row.has("text");
    }

    @Override
    public Stream<Taken> take(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
        return (trees ? new Trees(rows, funnel, rejects) : new Messages(rows, funnel, rejects)).stream();
    }

    /** Why a message is not wanted, or null if it is. */
    private @Nullable Reason unwanted(JsonNode message) {
        if (message.path("deleted").asBoolean(false)) {
            return Reason.DELETED;
        }
        return JsonFields.text(message, "lang").equals(language) ? null : Reason.OTHER_LANGUAGE;
    }

    private static boolean isBest(JsonNode reply) {
        JsonNode rank = reply.path("rank");
        return rank.isNumber() && rank.doubleValue() == 0;
    }

    private static void requireRole(JsonNode message, String role) {
        if (!JsonFields.text(message, "role").equals(role)) {
            throw new IllegalArgumentException("role: " + JsonFields.found(message.get("role")) + ", expected " + role);
        }
    }

    private final class Trees extends Assembly {

        Trees(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
            super(rows, funnel, rejects);
        }

        @Override
        void take(Row row) {
            JsonNode prompt = row.fields().path("prompt");
            requireRole(prompt, "prompter");
            String instruction = JsonFields.text(prompt, "text");
            Reason reason = unwanted(prompt);
            if (reason == null) {
                reason = Reason.UNANSWERED;
                for (JsonNode reply : prompt.path("replies")) {
                    if (isBest(reply)) {
                        requireRole(reply, "assistant");
                        reason = unwanted(reply);
                        if (reason == null) {
                            give(new Example(instruction, JsonFields.text(reply, "text")), row, List.of("prompt"));
                            return;
                        }
                    }
                }
            }
            passOver(reason);
        }
    }

    private final class Messages extends Assembly {

        private String tree = "";
        private @Nullable Row question;
        private @Nullable Reason questionUnwanted;
        private @Nullable Row answer;

        Messages(Stream<Row> rows, ExampleFunnel funnel, Rejects rejects) {
            super(rows, funnel, rejects);
        }

        @Override
        void take(Row row) {
            JsonNode message = row.fields();
            String id = JsonFields.text(message, "message_id");
            String parent = JsonFields.textOrEmpty(message, "parent_id");
            String of = JsonFields.textOrEmpty(message, "message_tree_id");
            of = !of.isEmpty() ? of : parent.isEmpty() ? id : tree; // where trees are not named, they begin at roots
            String role = JsonFields.text(message, "role");
            JsonFields.text(message, "text");
            Reason reason = unwanted(message);
            boolean root = parent.isEmpty();
            if (root || parent.equals(of)) {
                requireRole(message, root ? "prompter" : "assistant");
            } else if (!role.equals("prompter") && !role.equals("assistant")) {
                throw new IllegalArgumentException("role: \"" + role + "\", expected prompter or assistant");
            }
            if (root && !id.equals(of)) {
                throw new IllegalArgumentException("parent_id: missing, expected one in tree " + of);
            }
            if (!of.equals(tree)) {
                end();
                tree = of;
            }
            if (root) {
                if (question != null) {
                    throw new IllegalArgumentException("message_id: found " + id + " twice");
                }
                question = row;
                questionUnwanted = reason;
            } else if (!parent.equals(tree)) {
                passOver(Reason.LATER_TURN);
            } else if (reason != null) {
                passOver(reason);
            } else if (!isBest(message) || answer != null) {
                passOver(Reason.LOWER_RANK);
            } else {
                answer = row;
            }
        }

        /** The tree is whole: what was kept of it becomes an example. */
        @Override
        void end() {
            Row asked = question;
            Row answered = answer;
            Reason unwanted = questionUnwanted;
            question = null;
            answer = null;
            if (asked == null) {
                if (answered != null) {
                    reject(
                            answered,
                            "parent_id: message " + tree + " does not stand with it, expected the messages of a tree "
                                    + "together");
                }
            } else if (unwanted != null) {
                passOver(unwanted);
                if (answered != null) {
                    passOver(unwanted);
                }
            } else if (answered == null) {
                passOver(Reason.UNANSWERED);
            } else {
                passOver(Reason.QUESTION);
                give(
                        new Example(
                                JsonFields.text(asked.fields(), "text"), JsonFields.text(answered.fields(), "text")),
                        asked,
                        List.of("text"));
            }
        }
    }
}
