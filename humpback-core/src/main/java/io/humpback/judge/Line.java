package io.humpback.judge;

/**
 * A weighted sum: the log odds that a row is good.
 *
 * @param weights one for each number of a row
 * @param intercept the log odds of a row of zeros
 */
record Line(double[] weights, double intercept) {

    /** {@return the log odds of a row} */
    double at(double[] row) {
        double sum = intercept;
        for (int i = 0; i < weights.length; i++) {
            sum += weights[i] * row[i];
        }
        return sum;
    }

    /** {@return the probability of log odds} */
    static double probability(double logOdds) {
        return 1 / (1 + Math.exp(-logOdds));
    }

    /** {@return the natural logarithm, negated, of the probability that log odds give to what came} */
    static double loss(double logOdds, boolean good) {
        double against = good ? -logOdds : logOdds;
        return against > 0 ? against + Math.log1p(Math.exp(-against)) : Math.log1p(Math.exp(against));
    }
}
