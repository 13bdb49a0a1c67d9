package io.humpback.quality;

import java.util.Objects;

/**
 * How far the scores of a judge agree with the labels that people gave to the same rows. What is undefined is NaN: a
 * correlation with a constant, a mean of nothing. Immutable; time at most n log n.
 */
public final class Agreement {

    private static final int RATINGS = 5;

    private final double[] scores;
    private final double[] labels;

    private Agreement(double[] scores, double[] labels) {
        this.scores = scores;
        this.labels = labels;
    }

    /** {@return the agreement of scores on any scale with a label for each, such as ratings from 1 to 5; all finite} */
    public static Agreement of(double[] scores, double[] labels) {
        Correlation.requireRows(Objects.requireNonNull(scores, "scores"), Objects.requireNonNull(labels, "labels"));
        return new Agreement(scores.clone(), labels.clone());
    }

    /** {@return the number of rows} */
    public int rows() {
        return scores.length;
    }

    /** {@return the agreement on some of the rows, given by their numbers from 0, which may repeat} */
    public Agreement on(int[] rows) {
        double[] some = new double[rows.length];
        double[] theirs = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            some[i] = scores[rows[i]];
            theirs[i] = labels[rows[i]];
        }
        return new Agreement(some, theirs);
    }

    /** {@return the product-moment correlation} */
    public double pearson() {
        return Correlation.pearson(scores, labels);
    }

    /** {@return the correlation of ranks} */
    public double spearman() {
        return Correlation.spearman(scores, labels);
    }

    /** {@return Kendall's tau-b} */
    public double kendall() {
        return Correlation.kendall(scores, labels);
    }

    /** {@return whether scores and labels all are ratings, in [1, 5]: only then the next four mean something} */
    public boolean onOneScale() {
        for (int i = 0; i < scores.length; i++) {
            if (!isRating(scores[i]) || !isRating(labels[i])) {
                return false;
            }
        }
        return true;
    }

    private static boolean isRating(double value) {
        return value >= 1 && value <= RATINGS;
    }

    /**
     * {@return Cohen's kappa with quadratic weights, of both sides rounded half up and clipped to 1 ... 5} One for equal,
     * zero for what chance gives, NaN if all of both sides is one and the same rating.
     */
    public double quadraticKappa() {
        double[][] observed = new double[RATINGS][RATINGS];
        for (int i = 0; i < scores.length; i++) {
            observed[rating(scores[i]) - 1][rating(labels[i]) - 1]++;
        }
        double[] ofScores = new double[RATINGS];
        double[] ofLabels = new double[RATINGS];
        double found = 0;
        for (int i = 0; i < RATINGS; i++) {
            for (int j = 0; j < RATINGS; j++) {
                ofScores[i] += observed[i][j];
                ofLabels[j] += observed[i][j];
                found += (i - j) * (i - j) * observed[i][j];
            }
        }
        double byChance = 0;
        for (int i = 0; i < RATINGS; i++) {
            for (int j = 0; j < RATINGS; j++) {
                byChance += (i - j) * (i - j) * ofScores[i] * ofLabels[j] / scores.length;
            }
        }
        return byChance == 0 ? Double.NaN : 1 - found / byChance;
    }

    /** {@return the share of rows, in [0, 1], where both, rounded half up and clipped to 1 ... 5, are the same} */
    public double exact() {
        long equal = 0;
        for (int i = 0; i < scores.length; i++) {
            equal += rating(scores[i]) == rating(labels[i]) ? 1 : 0;
        }
        return (double) equal / scores.length;
    }

    /** {@return the mean of score minus label} */
    public double meanError() {
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            sum += scores[i] - labels[i];
        }
        return sum / scores.length;
    }

    /** {@return the mean distance between score and label} */
    public double meanAbsoluteError() {
        double sum = 0;
        for (int i = 0; i < scores.length; i++) {
            sum += Math.abs(scores[i] - labels[i]);
        }
        return sum / scores.length;
    }

    private static int rating(double value) {
        return (int) Math.max(1, Math.min(RATINGS, Math.floor(value + 0.5)));
    }

    /** {@return how well the scores tell rows of at least a label from the others} */
    public Detection detecting(double label) {
        boolean[] positive = new boolean[labels.length];
        for (int i = 0; i < labels.length; i++) {
            positive[i] = labels[i] >= label;
        }
        return Detection.of(scores, positive);
    }
}
