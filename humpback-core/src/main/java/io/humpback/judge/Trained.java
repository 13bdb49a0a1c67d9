package io.humpback.judge;

import java.util.Arrays;

/**
 * All that is learned from some rows.
 *
 * @param probe the learned judge
 * @param panel the probe and the others together
 */
record Trained(Probe probe, Combination panel) {

    /**
     * How it is learned.
     *
     * @param width of a state
     * @param folds of a cross-validation
     * @param isotonic whether the panel's curve to probabilities is free to bend
     * @param seed of what is in which fold
     */
    record Settings(int width, int folds, boolean isotonic, long seed) {}

    /** What a judge of each kind says of the same rows, probabilities. */
    record Said(double[] probe, double[] panel) {}

    /** {@return what rows teach} They are of both kinds. */
    static Trained on(Rows rows, Settings how) {
        Probe.Learned learned = Probe.learn(rows, how.width, how.folds, how.seed);
        return new Trained(learned.probe(), Combination.fit(rows, learned.unseen(), how.isotonic));
    }

    /** {@return what is said of each row by those that have learned from the other folds, choice of their form included} */
    static Said unseen(Rows rows, Settings how) {
        Folds folds = Folds.of(rows, how.folds, how.seed);
        Said said = new Said(new double[rows.size()], new double[rows.size()]);
        for (int part = 0; part < folds.count(); part++) {
            on(rows.at(folds.rows(part, false)), how).say(rows, folds.rows(part, true), said);
        }
        return said;
    }

    /** {@return what it says of rows} */
    Said of(Rows rows) {
        Said said = new Said(new double[rows.size()], new double[rows.size()]);
        int[] all = new int[rows.size()];
        Arrays.setAll(all, i -> i);
        say(rows, all, said);
        return said;
    }

    private void say(Rows rows, int[] which, Said said) {
        for (int row : which) {
            Evidence evidence = rows.evidence().get(row);
            double logOdds = probe.at(evidence);
            said.probe[row] = Line.probability(logOdds);
            said.panel[row] = panel.at(evidence, logOdds);
        }
    }
}
