package io.humpback.model;

import java.util.List;
import java.util.Objects;

/**
 * What a model wrote after a prompt.
 *
 * @param text the new text, without control tokens and without a stop text
 * @param ids the new token ids, the token that ended the completion included
 * @param finish why it ended
 * @param promptTokens tokens of the prompt
 */
public record Completion(String text, List<Integer> ids, Finish finish, int promptTokens) {

    /** Why a completion ended. */
    public enum Finish {
        /** The model wrote an end-of-sequence token or a stop text appeared. */
        STOP,
        /** The bound of new tokens or the model's context was reached. */
        LENGTH
    }

    /** Copies the list and checks that nothing is null. */
    public Completion {
        Objects.requireNonNull(text, "text");
        Objects.requireNonNull(finish, "finish");
        ids = List.copyOf(ids);
    }
}
