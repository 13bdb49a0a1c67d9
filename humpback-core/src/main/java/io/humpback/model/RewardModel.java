package io.humpback.model;

import java.util.stream.Stream;

/**
 * A model that gives a number for a conversation, the higher the better its last turn; it was trained on people's
 * preferences, writes nothing and knows no ratings. Its numbers have no range, and those of two models cannot be
 * compared. Implementations are safe for use from many threads.
 *
 * <p>The stream is lazy: it pulls a window of conversations, works on it as a batch, and hands the results on in their
 * order. Closing it stops the work and closes the stream of conversations; interrupting the thread that pulls ends it with
 * a {@link java.util.concurrent.CancellationException}. A result does not depend on what else is in its batch beyond
 * floating-point rounding.
 */
public interface RewardModel extends AutoCloseable {

    /**
     * {@return the reward of each turn, finite, in order}
     *
     * @param turns each a conversation with the turn of the assistant that follows it, which the model's chat template
     *     lays out together; or raw text or ids with what follows
     * @throws PromptTooLongException if one does not fit the context; ask {@link #countTokens} first where a stream must
     *     go on
     */
    Stream<Double> reward(Stream<Continuation> turns);

    /** {@return the reward of one turn, as {@link #reward(Stream)} gives it} */
    default double reward(Continuation turn) {
        return reward(Stream.of(turn)).findFirst().orElseThrow();
    }

    /**
     * {@return the number of tokens of a conversation with its last turn, as the model will see it}
     *
     * @param turn any turn
     */
    int countTokens(Continuation turn);

    /** {@return how many tokens the model can take} */
    int contextLength();

    /**
     * {@return a text that identifies weights, tokenizer, template and precision: two models with the same fingerprint
     * give the same results}
     */
    String fingerprint();

    /**
     * {@return this model, reporting to a listener} The two share everything else; closing either closes both.
     *
     * @param listener called for every batch
     */
    RewardModel listening(Listener listener);

    /** Frees native memory. Idempotent. Later calls throw an {@link IllegalStateException}. */
    @Override
    void close();
}
