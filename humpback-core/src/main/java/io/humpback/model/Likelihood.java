package io.humpback.model;

/**
 * How probable a given completion is after a prompt.
 *
 * @param tokens natural logarithm of the probability of each completion token given all before it
 * @param promptTokens tokens of the prompt
 */
public record Likelihood(double[] tokens, int promptTokens) {

    /** {@return the log-probability of the whole completion: the sum over its tokens} */
    public double sum() {
        double sum = 0;
        for (double value : tokens) {
            sum += value;
        }
        return sum;
    }

    /** {@return the mean log-probability a token; NaN for an empty completion} */
    public double mean() {
        return sum() / tokens.length;
    }
}
