package io.humpback.model;

import java.util.Objects;

/**
 * A prompt with the completion that a model is to learn. Laid out exactly as at inference; the completion is followed
 * by the token that ends a reply, which is learnt too, unless it is given as ids, which are taken as they are.
 *
 * @param id names the row in messages
 * @param continuation the prompt and its completion
 */
public record TrainingExample(String id, Continuation continuation) {

    /** Checks that both are there. */
    public TrainingExample {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(continuation, "continuation");
    }
}
