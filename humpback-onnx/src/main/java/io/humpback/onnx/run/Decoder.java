package io.humpback.onnx.run;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** What computes tokens: with caches and a step a token, or whole generations in one run. Safe for use from many threads. */
public interface Decoder extends AutoCloseable {

    /**
     * What a prompt's computation gave.
     *
     * @param values asked for
     * @param shared first tokens that were not computed
     */
    record Computed(float[] values, int shared) {}

    /** {@return the number of tokens the model knows} */
    int vocabulary();

    /** {@return how many prompts it computes best at a time} */
    int together();

    /**
     * {@return for each prompt the logits [vocabulary] of the token after it}
     *
     * @param prompts at least one id each
     */
    List<Computed> next(List<int[]> prompts);

    /**
     * {@return the natural logarithms of the probabilities of some tokens after each prompt, each after those before it}
     *
     * @param prompts at least one id each
     * @param completions as many, at least one id each
     */
    List<Computed> logProbabilities(List<int[]> prompts, List<int[]> completions);

    /**
     * {@return completions of a stream of prompts, in order}
     *
     * @param prompts ids of the prompts, each shorter than the context
     * @param decode makes text of ids
     * @param sampling how tokens are chosen
     * @param ends tokens that end a completion
     * @param contextLength tokens of prompt and completion together, at most
     * @param batch rows written side by side, at most
     * @param meter told of what is computed
     */
    Iterator<Completion> complete(
            Iterator<int[]> prompts,
            Function<int[], String> decode,
            Sampling sampling,
            Set<Integer> ends,
            int contextLength,
            int batch,
            StepGeneration.Meter meter);

    @Override
    void close();
}
