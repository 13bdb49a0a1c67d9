package io.humpback.quality;

import io.humpback.quality.Worth.Range;
import org.apache.commons.math3.distribution.BetaDistribution;

/**
 * The share of good rows in a set of which all scores and some labels are known: PPI++ with power tuning (Angelopoulos et al.,
 * arXiv 2311.01453), which for a mean is the regression estimator of survey sampling (Cochran 1977, chapter 7). The labels'
 * weighted mean is moved by how far the scores of all rows lie from those of the labelled rows.
 *
 * <p>The scores count as labels: what they explain makes the sample effectively larger. An interval is that of a Beta
 * distribution with this effective size, which stays inside [0, 1] and holds where a normal one fails, with few labels and at
 * shares near 0 and 1.
 */
final class PoweredMean {

    /** The most by which an interval with scores may be wider than one of the labels alone. */
    private static final double WIDER = 1.05;

    /** Of so many labels it is assumed that the scores explain nothing, so that a judge without a seen fault has some. */
    private static final double UNEXPLAINED = 2;

    private final double[] y; // labels: 1 for good, 0 for bad
    private final double[] f; // their scores
    private final double[] w; // rows that each stands for; they sum to the rows
    private final double rows;
    private final double all; // mean score of all rows
    private final double mean; // weighted, of the labels
    private final double meanScore; // weighted, of the labelled rows
    private final double scoreSpread;
    private final double slope;
    private final double kish; // labels of equal weight that would be worth the same
    private final double left; // share of the variance that is left as not all rows are labelled
    private final double spread; // variance of the labels' mean
    private final double least; // share of good rows that are known
    private final double most; // one less the share of bad rows that are known

    /**
     * At least one label.
     *
     * @param good labels
     * @param scores of the labelled rows
     * @param weights of the labels, in proportion to the rows that each stands for
     * @param rows in the set
     * @param meanScore of all of them
     */
    PoweredMean(double[] good, double[] scores, double[] weights, long rows, double meanScore) {
        y = good;
        f = scores;
        w = weights.clone();
        this.rows = rows;
        all = meanScore;
        double total = 0;
        for (double weight : w) {
            total += weight;
        }
        double squares = 0;
        double free = 0;
        double sum = 0;
        double sumOfScores = 0;
        double found = 0;
        for (int i = 0; i < w.length; i++) {
            w[i] *= rows / total;
            squares += w[i] * w[i];
            free += w[i] * open(i);
            sum += w[i] * y[i];
            sumOfScores += w[i] * f[i];
            found += y[i];
        }
        mean = found == 0 || found == w.length ? y[0] : sum / rows; // exactly 0 or 1
        this.meanScore = sumOfScores / rows;
        kish = (double) rows * rows / squares;
        left = free / squares;
        least = found / rows;
        most = (rows - (w.length - found)) / rows;
        double covariance = 0;
        double variance = 0;
        for (int i = 0; i < w.length; i++) {
            covariance += w[i] * (f[i] - this.meanScore) * (y[i] - mean) / rows;
            variance += w[i] * (f[i] - this.meanScore) * (f[i] - this.meanScore) / rows;
        }
        scoreSpread = variance;
        slope = variance > 0 ? covariance / variance : 0;
        spread = variance(0);
    }

    /** {@return how many of the rows that a label stands for are not known} */
    private double open(int label) {
        return w[label] > 1 + 1e-9 ? w[label] - 1 : 0;
    }

    /**
     * {@return the variance of the mean of what a slope leaves of the labels} The larger of two: as the weights say, and as if
     * they had nothing to do with what is left, which few labels of large weight can hide.
     */
    private double variance(double slope) {
        double weighted = 0;
        double even = 0;
        for (int i = 0; i < w.length; i++) {
            double e = y[i] - mean - slope * (f[i] - meanScore);
            weighted += w[i] * open(i) * e * e / rows / rows;
            even += w[i] * e * e / rows;
        }
        return Math.max(weighted, even * left / kish);
    }

    /** {@return the share of good rows as the labels alone say it} */
    Range labelsOnly(double confidence) {
        return range(estimate(0), labels(), confidence);
    }

    /** {@return the number of labels of equal weight, from a set without end, that would be worth the same as these} */
    private double labels() {
        return spread > 0 ? mean * (1 - mean) / spread : kish / left;
    }

    /** {@return how many times more labels there would have to be without scores, at least 1} */
    private double gain(double slope) {
        if (slope == 0 || spread == 0 || w.length < 4) {
            return 1;
        }
        double unexplained = variance(slope) / spread + UNEXPLAINED / kish;
        double fitted = (w.length - 1.0) / (w.length - 2.0) * (1 + (all - meanScore) * (all - meanScore) / scoreSpread);
        return Math.max(1, 1 / (unexplained * fitted));
    }

    private double estimate(double slope) {
        return Math.max(least, Math.min(most, mean + slope * (all - meanScore)));
    }

    /**
     * {@return the share of good rows as scores and labels say it} Any slope is without bias; a lesser one is taken where the
     * whole would lead to an interval that is wider than that of the labels by more than a twentieth.
     */
    Range powered(double confidence) {
        Range alone = labelsOnly(confidence);
        for (double share = 1; share > 0; share -= 0.25) {
            Range range = range(estimate(share * slope), labels() * gain(share * slope), confidence);
            if (range.high() - range.low() <= WIDER * (alone.high() - alone.low())) {
                return range;
            }
        }
        return alone;
    }

    /** {@return whether all rows have a label} */
    boolean isKnown() {
        return left == 0;
    }

    /** {@return the number of labels of equal weight, from a set without end, whose mean is as certain without the scores} */
    double size() {
        return left == 0 ? Double.POSITIVE_INFINITY : kish / left;
    }

    /** {@return the share of good rows as scores and labels say it} */
    double estimate() {
        return estimate(slope);
    }

    /**
     * {@return the bound above which the share lies at a one-sided confidence, by Jeffreys' interval; that of a whole number of
     * rows}
     *
     * @param times as if there were so many times as many labels, which turn out as these
     */
    double lower(double confidence, double times) {
        double share = estimate(slope);
        double size = times * labels() * gain(slope);
        if (left == 0) {
            return share;
        }
        double bound = share == 0 ? 0 : quantile(share * size + 0.5, (1 - share) * size + 0.5, 1 - confidence);
        return Math.floor(bound * rows + 1e-9) / rows;
    }

    /** Jeffreys' interval: Beta quantiles with half a good and half a bad label more. */
    private Range range(double share, double size, double confidence) {
        if (left == 0) {
            return new Range(share, share, share);
        }
        double tail = (1 - confidence) / 2;
        double a = share * size + 0.5;
        double b = (1 - share) * size + 0.5;
        double low = share == 0 ? 0 : quantile(a, b, tail);
        double high = share == 1 ? 1 : quantile(a, b, 1 - tail);
        return new Range(share, Math.max(least, low), Math.min(most, high));
    }

    private static double quantile(double a, double b, double probability) {
        return new BetaDistribution(null, a, b).inverseCumulativeProbability(probability);
    }
}
