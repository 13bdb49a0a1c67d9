package io.humpback.examples.bench.job;

import java.util.List;

/**
 * A job with what it is done on, the same for all sides.
 *
 * @param job what is done
 * @param prompts what a model reads, one a row; none for the loop, which makes its own
 * @param tokens written for each row
 */
public record Work(Job job, List<AskedPrompt> prompts, int tokens) {

    /** Copies the list. */
    public Work {
        prompts = List.copyOf(prompts);
    }

    /** {@return the same with the first row alone} */
    public Work first() {
        return new Work(job, prompts.subList(0, 1), tokens);
    }

    int rows() {
        return prompts.size();
    }

    long promptTokens() {
        return prompts.stream().mapToLong(AskedPrompt::tokens).sum();
    }
}
