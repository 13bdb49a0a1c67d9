package io.humpback.onnx.run;

import io.humpback.model.Sampling;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Set;
import java.util.function.Function;

/**
 * A stream of prompts to be completed, and how.
 *
 * @param prompts their ids, each shorter than the context
 * @param sampling how tokens are chosen
 * @param ends tokens that end a completion: the model's, of which the sampling may ignore all, and the sampling's own
 * @param contextLength tokens of prompt and completion together, at most
 * @param batch completions written at the same time, at most
 * @param text makes text of ids
 * @param meter takes note of what is computed
 */
public record DecodeRequest(
        Iterator<int[]> prompts,
        Sampling sampling,
        Set<Integer> ends,
        int contextLength,
        int batch,
        Function<int[], String> text,
        Meter meter) {

    /** Takes note of each item when it has ended, and of tokens when they are computed. */
    @FunctionalInterface
    public interface Meter {
        /**
         * Something was computed.
         *
         * @param items ended
         * @param prompt tokens
         * @param shared of them
         * @param written tokens
         */
        void add(int items, int prompt, int shared, int written);
    }

    /** Adds the sampling's own ends to the model's. */
    public DecodeRequest {
        Set<Integer> all = new HashSet<>(sampling.stopTokens());
        if (!sampling.ignoreEnd()) {
            all.addAll(ends);
        }
        ends = Set.copyOf(all);
    }
}
