package io.humpback;

/**
 * How probable a model finds a response, in natural logarithms.
 *
 * @param given the mean log-probability of a token of the response after the instruction, at most 0
 * @param alone the same after an instruction without text; NaN where it was not asked for
 * @param tokens tokens of the response, at least 1
 */
public record LikelihoodScore(double given, double alone, int tokens) {

    /** Checks the ranges. */
    public LikelihoodScore {
        if (!Double.isFinite(given) || Double.isInfinite(alone) || tokens < 1) {
            throw new IllegalArgumentException("log-probabilities " + given + " and " + alone + " of " + tokens
                    + " tokens: expected finite numbers, and at least one token");
        }
    }

    /** {@return what pairs are compared by: the {@link #gain} where there is one, else {@link #given}} Higher is better. */
    public double value() {
        return Double.isNaN(alone) ? given : gain();
    }

    /** {@return how much more probable the instruction makes a token of the response; NaN where it was not asked for} */
    public double gain() {
        return given - alone;
    }

    /**
     * {@return the instruction-following difficulty (Li et al. 2023, arXiv 2308.12032): the response's perplexity after
     * the instruction over that without; from 1 on the instruction does not help. NaN where it was not asked for}
     */
    public double ifd() {
        return Math.exp(-gain());
    }
}
