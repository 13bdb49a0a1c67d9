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
     * Asks for the probability of each of a few texts that may follow a prompt, without generating. The texts are
     * tokenised where they stand, after the prompt, and may be several tokens long: their probabilities are multiplied.
     * What all texts of a prompt begin with is taken as given. Where the tokens of one begin those of another, its
     * probability is that it ends there: that one of the model's end tokens follows. Texts that differ in one last token
     * cost one prefill; else each branching of their tokens costs some tokens more.
     *
     * @param options prompts, each with what may follow it
     * @return the probabilities for each prompt, in order
     * @throws IllegalArgumentException if two texts are the same tokens, or if a text must end and the model knows no end
     *     token
     */
    Stream<Choice> choose(Stream<Choice.Options> options);

    /**
     * Asks how probable given completions are, from one prefill each.
     *
     * @param continuations prompts with their completions
     * @return the log-probabilities of each completion's tokens, in order
     */
    Stream<Likelihood> logLikelihood(Stream<Continuation> continuations);

    /**
     * Asks what the model has made of prompts, from one prefill each: the states of the last token, and the mean over a span.
     *
     * @param requests the prompts
     * @param layers numbers of the blocks after which states are read, each from 1 to {@link #layers}
     * @return the states of each prompt, in order
     * @throws ModelException if the model gives none
     * @throws IllegalArgumentException if there is no layer of that number
     */
    default Stream<HiddenStates> hiddenStates(Stream<HiddenStates.Request> requests, List<Integer> layers) {
        throw new ModelException(this + ": gives no hidden states");
    }

    /** {@return the number of blocks after which states can be read; 0 if it gives none} */
    default int layers() {
        return 0;
    }

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
     * {@return the probabilities of the same few texts after each prompt, in order}
     *
     * @param prompts what comes before
     * @param texts what may follow, at least two different ones, such as {@code " 1"} to {@code " 5"}
     */
    default Stream<Choice> choose(Stream<? extends Prompt> prompts, List<String> texts) {
        return choose(prompts.map(prompt -> new Choice.Options(prompt, texts)));
    }

    /**
     * {@return the probabilities for one prompt}
     *
     * @param prompt what comes before
     * @param texts what may follow, at least two different ones
     */
    default Choice choose(Prompt prompt, List<String> texts) {
        return choose(Stream.of(prompt), texts).findFirst().orElseThrow();
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
