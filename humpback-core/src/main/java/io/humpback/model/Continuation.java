package io.humpback.model;

import java.util.List;
import java.util.Objects;

/**
 * A prompt and a given completion of it, whose likelihood is asked.
 *
 * @param prompt what comes before
 * @param text the completion as text, tokenised as plain text; null where {@code ids} is given
 * @param ids the completion as token ids; null where {@code text} is given
 */
public record Continuation(
        Prompt prompt,
        @org.jspecify.annotations.Nullable String text,
        @org.jspecify.annotations.Nullable List<Integer> ids) {

    /** Checks that exactly one form is given and that it is not empty. */
    public Continuation {
        Objects.requireNonNull(prompt, "prompt");
        if ((text == null) == (ids == null)) {
            throw new IllegalArgumentException("continuation: expected either text or ids");
        }
        if (text != null && text.isEmpty() || ids != null && ids.isEmpty()) {
            throw new IllegalArgumentException("continuation: expected at least one token");
        }
        ids = ids == null ? null : List.copyOf(ids);
    }

    /** {@return a completion given as text} */
    public static Continuation of(Prompt prompt, String text) {
        return new Continuation(prompt, text, null);
    }

    /** {@return a completion given as ids} */
    public static Continuation of(Prompt prompt, List<Integer> ids) {
        return new Continuation(prompt, null, ids);
    }
}
