package io.humpback.model;

import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/**
 * A causal language model as the method sees it. Implementations are safe for use from many threads.
 *
 * <p>The stream methods are lazy: they pull a window of prompts, work on it as a batch, and hand the results on in the
 * order of the prompts, so that a million prompts need no more memory than a thousand. Closing the returned stream
 * stops the work and closes the stream of prompts; interrupting the thread that pulls ends it with a
 * {@link java.util.concurrent.CancellationException}. A result does not depend on what else is in its batch beyond
 * floating-point rounding.
 *
 * <p>A prompt that does not fit the context throws a {@link PromptTooLongException}; ask {@link #countTokens} first
 * where a stream must go on.
 */
public interface LanguageModel extends AutoCloseable {

    /**
     * Continues each prompt.
     *
     * @param prompts what to continue; the n-th one is item n, which seeds its noise
     * @param sampling how tokens are chosen and when completions end
     * @return a completion for each prompt, in order
     */
    Stream<Completion> complete(Stream<? extends Prompt> prompts, Sampling sampling);

    /**
     * Asks for the probability of each of a few continuations, from one prefill and without generating. The options
     * are tokenised where they stand, after the prompt; all must share every token but the last, in which they differ.
     *
     * @param prompts what comes before the options
     * @param options at least two texts, such as {@code " 1"} to {@code " 5"}
     * @return the probabilities for each prompt, in order
     * @throws IllegalArgumentException if the options do not differ in exactly one token at the same place
     */
    Stream<Choice> choose(Stream<? extends Prompt> prompts, List<String> options);

    /**
     * Asks how probable given completions are, from one prefill each.
     *
     * @param continuations prompts with their completions
     * @return the log-probabilities of each completion's tokens, in order
     */
    Stream<Likelihood> logLikelihood(Stream<Continuation> continuations);

    /**
     * {@return the completion of one prompt}
     *
     * @param prompt what to continue
     * @param sampling how
     */
    default Completion complete(Prompt prompt, Sampling sampling) {
        return complete(Stream.of(prompt), sampling).findFirst().orElseThrow();
    }

    /**
     * {@return the probabilities for one prompt}
     *
     * @param prompt what comes before
     * @param options what may follow
     */
    default Choice choose(Prompt prompt, List<String> options) {
        return choose(Stream.of(prompt), options).findFirst().orElseThrow();
    }

    /**
     * {@return the likelihood of one completion}
     *
     * @param continuation a prompt with its completion
     */
    default Likelihood logLikelihood(Continuation continuation) {
        return logLikelihood(Stream.of(continuation)).findFirst().orElseThrow();
    }

    /**
     * {@return the number of tokens of a prompt as the model will see it}
     *
     * @param prompt any prompt
     * @throws IllegalArgumentException if it holds ids that the model does not know
     */
    int countTokens(Prompt prompt);

    /** {@return how many tokens, prompt and completion together, the model can take} */
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
    LanguageModel listening(Listener listener);

    /**
     * {@return this model with what a training has left} A low-rank change of the same base costs no reload and shares
     * its memory with this model; a whole model is loaded separately. Close both.
     *
     * @param adapter made by a {@link Trainer} or by PEFT, for this model's base
     * @throws IOException if its folder cannot be read
     * @throws ModelException if it does not fit this model; the message names the tensor or setting
     */
    default LanguageModel with(Adapter adapter) throws IOException {
        throw new ModelException(this + ": takes no adapters");
    }

    /**
     * {@return a trainer of this model's base weights, in the precision they were stored in}
     *
     * @throws ModelException if this kind of model cannot be trained, or what it was made from is not at hand any more
     */
    default Trainer trainer() {
        throw new ModelException(this + ": cannot be trained");
    }

    /**
     * Frees what can be made again, such as sessions with their weights: the next use makes it again, which takes as long as
     * loading did. Work that is under way goes on. Does nothing by default.
     */
    default void release() {}

    /** Frees native memory. Idempotent. Later calls throw an {@link IllegalStateException}. */
    @Override
    void close();
}
