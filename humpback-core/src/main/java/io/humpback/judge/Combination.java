package io.humpback.judge;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What several judges say of a pair as one probability. None is left out: a weak one gets a small weight.
 *
 * @param line through their signals and the log odds of the probe, in that order
 * @param map from its log odds to probabilities; null for the logistic curve
 */
record Combination(Line line, @Nullable Isotonic map) {

    /** Weights are few; a light penalty keeps those of judges that say much the same from running apart. */
    private static final double STRENGTH = 1;

    /** {@return the probability that a pair is good} */
    double at(Evidence evidence, double probe) {
        double logOdds = line.at(opinions(evidence, probe));
        return map == null ? Line.probability(logOdds) : map.at(logOdds);
    }

    private static double[] opinions(Evidence evidence, double probe) {
        double[] opinions = Arrays.copyOf(evidence.signals(), evidence.signals().length + 1);
        opinions[opinions.length - 1] = probe;
        return opinions;
    }

    /**
     * {@return the combination that does best}
     *
     * @param unseen the log odds of the probe for each row, of a probe that has not learned from it
     * @param isotonic whether the curve to probabilities is free to bend
     */
    static Combination fit(Rows rows, double[] unseen, boolean isotonic) {
        double[][] opinions = new double[rows.size()][];
        for (int i = 0; i < opinions.length; i++) {
            opinions[i] = opinions(rows.evidence().get(i), unseen[i]);
        }
        double[] ones = new double[opinions[0].length];
        Arrays.fill(ones, 1);
        Line line = LogisticRegression.fit(opinions, rows.good(), ones, STRENGTH);
        if (!isotonic) {
            return new Combination(line, null);
        }
        double[] logOdds = Arrays.stream(opinions).mapToDouble(line::at).toArray();
        return new Combination(line, Isotonic.fit(logOdds, rows.good()));
    }
}
