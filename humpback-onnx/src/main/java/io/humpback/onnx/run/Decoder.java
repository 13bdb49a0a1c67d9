package io.humpback.onnx.run;

import io.humpback.model.Completion;
import java.util.Iterator;
import java.util.List;

/** What computes tokens: with caches and a step a token, or whole generations in one run. Safe for use from many threads. */
public interface Decoder extends AutoCloseable {

    /**
     * What a prompt's computation gave: the values asked for, and the number of first tokens that were not computed
     * again.
     */
    record Computed(float[] values, int shared) {}

    /** {@return the number of tokens the model knows} */
    int vocabulary();

    /** {@return the number of prompts that are best computed at a time} */
    int preferredBatch();

    /** {@return for each prompt, of at least one token, the logits [vocabulary] of the token after it} */
    List<Computed> next(List<int[]> prompts);

    /**
     * {@return for each continuation the natural logarithms of the probabilities of the completion's tokens, each after
     * those before it}
     */
    List<Computed> logProbabilities(List<TokenContinuation> continuations);

    /** {@return the completions of a stream of prompts, in order; computed as they are asked for} */
    Iterator<Completion> complete(DecodeRequest request);

    @Override
    void close();
}
