package io.humpback.onnx.run;

import io.humpback.model.Completion;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** What computes tokens: with caches and a step a token, or whole generations in one run. Safe for use from many threads. */
public interface Decoder extends AutoCloseable {

    /**
     * What a prompt's computation gave: the values asked for, and the number of first tokens that were not computed
     * again.
     */
    record Computed(float[] values, int shared) {}

    /** Natural logarithms of the probabilities of some tokens, and the number of first tokens that were not computed again. */
    record Chosen(double[] logs, int shared) {}

    /** {@return the number of tokens the model knows} */
    int vocabulary();

    /** {@return the number of prompts that are best computed at a time} */
    int preferredBatch();

    /** {@return for each prompt, of at least one token, the logits [vocabulary] of the token after it} */
    List<Computed> next(List<int[]> prompts);

    /** {@return for each prompt what is said of the tokens after it} */
    default List<Chosen> choose(List<TokenChoice> choices) {
        List<Computed> computed = next(choices.stream().map(TokenChoice::prompt).toList());
        return IntStream.range(0, choices.size())
                .mapToObj(i -> new Chosen(
                        choices.get(i).logs(computed.get(i).values()),
                        computed.get(i).shared()))
                .toList();
    }

    /**
     * {@return for each continuation the natural logarithms of the probabilities of the completion's tokens, each after
     * those before it}
     */
    List<Computed> logProbabilities(List<TokenContinuation> continuations);

    /** {@return the number of blocks whose states it gives; 0 if it gives none} */
    default int stateLayers() {
        return 0;
    }

    /** {@return for each request the states [layers, rows, width]: that of the last token, then the mean if one is wanted} */
    default List<Computed> states(List<StateRequest> requests) {
        throw new UnsupportedOperationException("no states"); // not asked for where there are no layers of them
    }

    /** {@return the completions of a stream of prompts, in order; computed as they are asked for} */
    Iterator<Completion> complete(DecodeRequest request);

    /** Gives the file of a graph for as long as something is made of it. */
    @FunctionalInterface
    interface GraphFile {
        void to(Consumer<Path> user) throws IOException;
    }

    /**
     * Frees the memory of the graph's session, which the next computation opens again.
     *
     * @param again the same graph
     */
    void release(GraphFile again);

    @Override
    void close();
}
