package io.humpback.model;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a model is asked to continue. Three kinds: a conversation, laid out by the model's own chat template; raw text;
 * token ids.
 */
public sealed interface Prompt {

    /**
     * A conversation that the model's chat template lays out. User text in it is data and never becomes a control
     * token. The model goes on after {@code replyStart}, which is put at the beginning of its turn.
     *
     * @param messages the turns so far, not empty
     * @param replyStart the forced beginning of the reply, empty for none; the completion does not repeat it
     */
    record Chat(List<Message> messages, String replyStart) implements Prompt {
        /** Copies the list and checks that it is not empty. */
        public Chat {
            messages = List.copyOf(Objects.requireNonNull(messages, "messages"));
            Objects.requireNonNull(replyStart, "replyStart");
            if (messages.isEmpty()) {
                throw new IllegalArgumentException("messages: expected at least one");
            }
        }

        /** {@return the same conversation with a forced beginning of the reply} */
        public Chat replyingWith(String start) {
            return new Chat(messages, start);
        }

        /** {@return the same conversation after a system turn; empty for none} */
        public Chat after(String system) {
            if (system.isEmpty()) {
                return this;
            }
            List<Message> all = new ArrayList<>(List.of(Message.system(system)));
            all.addAll(messages);
            return new Chat(all, replyStart);
        }
    }

    /**
     * Raw text from a trusted source, tokenised as it is: the text of special tokens becomes those tokens, and one
     * beginning-of-sequence token is put first where the model wants one and the text has none.
     *
     * @param text the text, not empty
     */
    record Text(String text) implements Prompt {
        /** Checks that there is text. */
        public Text {
            if (Objects.requireNonNull(text, "text").isEmpty()) {
                throw new IllegalArgumentException("prompt text: expected at least one character");
            }
        }
    }

    /** Token ids, taken as they are: not empty, each in [0, vocabulary size). */
    record Ids(List<Integer> ids) implements Prompt {
        /** Copies the list and checks that it is not empty. */
        public Ids {
            ids = List.copyOf(Objects.requireNonNull(ids, "ids"));
            if (ids.isEmpty()) {
                throw new IllegalArgumentException("prompt ids: expected at least one");
            }
        }
    }

    /** {@return a conversation to be continued by the model} */
    static Chat chat(List<Message> messages) {
        return new Chat(messages, "");
    }

    /** {@return a conversation to be continued by the model} */
    static Chat chat(Message... messages) {
        return new Chat(List.of(Objects.requireNonNull(messages, "messages")), "");
    }

    /** {@return raw, trusted text} */
    static Text text(String text) {
        return new Text(text);
    }

    /** {@return token ids} */
    static Ids ids(List<Integer> ids) {
        return new Ids(ids);
    }
}
