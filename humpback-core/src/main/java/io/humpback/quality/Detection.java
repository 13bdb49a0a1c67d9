package io.humpback.quality;

import static io.humpback.internal.Arguments.require;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * How well scores tell rows that are good from those that are not. A row counts as kept where its score reaches a
 * threshold. What is undefined is NaN. Immutable; making one takes n log n time, each answer no more.
 */
public final class Detection {

    private final double[] scores; // descending
    private final int[] good; // among the first i rows, [n + 1]

    private Detection(double[] scores, int[] good) {
        this.scores = scores;
        this.good = good;
    }

    /** {@return the detection of good rows by finite scores on any scale} */
    public static Detection of(double[] scores, boolean[] positive) {
        if (scores.length != positive.length) {
            throw new IllegalArgumentException(
                    "rows: found " + scores.length + " and " + positive.length + ", expected the same number");
        }
        int n = scores.length;
        double[] sorted = new double[n];
        int[] good = new int[n + 1];
        int[] order = IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -scores[i]))
                .mapToInt(i -> i)
                .toArray();
        for (int i = 0; i < n; i++) {
            sorted[i] = scores[order[i]];
            good[i + 1] = good[i] + (positive[order[i]] ? 1 : 0);
        }
        return new Detection(sorted, good);
    }

    /**
     * What a threshold keeps and leaves.
     *
     * @param threshold rows of at least this score are kept
     * @param truePositives good rows that are kept
     * @param falsePositives other rows that are kept
     * @param falseNegatives good rows that are left
     * @param trueNegatives other rows that are left
     */
    public record Cut(double threshold, int truePositives, int falsePositives, int falseNegatives, int trueNegatives) {

        /** {@return the number of rows kept} */
        public int kept() {
            return truePositives + falsePositives;
        }

        /** {@return the share of good rows among the kept; NaN if none is kept} */
        public double precision() {
            return (double) truePositives / kept();
        }

        /** {@return the share of the good rows that are kept; NaN if there are none} */
        public double recall() {
            return (double) truePositives / (truePositives + falseNegatives);
        }

        /** {@return the harmonic mean of precision and recall; 0 if no good row is kept, NaN if none is kept and none is good} */
        public double f1() {
            return 2.0 * truePositives / (2.0 * truePositives + falsePositives + falseNegatives);
        }
    }

    /** {@return the number of rows} */
    public int rows() {
        return scores.length;
    }

    /** {@return the number of good rows} */
    public int positives() {
        return good[rows()];
    }

    /** {@return what a threshold keeps} */
    public Cut at(double threshold) {
        int low = 0; // rows before it reach the threshold
        int high = rows();
        while (low < high) {
            int middle = (low + high) >>> 1;
            if (scores[middle] >= threshold) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return cut(threshold, low);
    }

    private Cut cut(double threshold, int kept) {
        int lost = positives() - good[kept];
        return new Cut(threshold, good[kept], kept - good[kept], lost, rows() - kept - lost);
    }

    /** {@return what each different score keeps as the threshold, from the highest to the lowest} */
    public List<Cut> cuts() {
        List<Cut> cuts = new ArrayList<>();
        for (int kept = 1; kept <= rows(); kept++) {
            if (kept == rows() || scores[kept] != scores[kept - 1]) {
                cuts.add(cut(scores[kept - 1], kept));
            }
        }
        return cuts;
    }

    /**
     * {@return the threshold among the scores that keeps most with at least a precision, in (0, 1]; nothing if none
     * does} A small sample flatters: look at the count too.
     */
    public Optional<Cut> thresholdFor(double precision) {
        require(precision > 0 && precision <= 1, "precision", precision, "a share in (0, 1]");
        return cuts().stream().filter(cut -> cut.precision() >= precision).max(Comparator.comparingInt(Cut::kept));
    }

    /**
     * {@return the probability that a good row scores above another one, ties counting half: the area under the ROC curve}
     * NaN if all rows are good or none is.
     */
    public double rocAuc() {
        double above = 0; // pairs of a good row above another
        int start = 0;
        for (Cut cut : cuts()) {
            double others = cut.kept() - start - (cut.truePositives() - good[start]);
            above += others * (good[start] + cut.truePositives()) / 2;
            start = cut.kept();
        }
        return above / ((double) positives() * (rows() - positives()));
    }

    /** {@return the precision at each different score, weighted by the recall gained there; NaN if no row is good} */
    public double averagePrecision() {
        double sum = 0;
        int before = 0;
        for (Cut cut : cuts()) {
            sum += cut.precision() * (cut.truePositives() - before);
            before = cut.truePositives();
        }
        return sum / positives();
    }

    /**
     * {@return the mean squared difference of probabilities and what came, 1 for a good row and 0 for another (Brier 1950)} NaN
     * unless all scores are in [0, 1], or without rows. Always saying the share of good rows p gives p (1 - p).
     */
    public double brier() {
        if (!areProbabilities()) {
            return Double.NaN;
        }
        double sum = 0;
        for (int i = 0; i < rows(); i++) {
            double difference = scores[i] - (good[i + 1] - good[i]);
            sum += difference * difference;
        }
        return sum / rows();
    }

    /**
     * {@return how far probabilities are from the share of good rows among those with about that probability: the mean over
     * bins of equal width of the absolute difference, weighted by their rows (Naeini et al. 2015)} NaN unless all scores are in
     * [0, 1], or without rows. Of few rows it is large by chance alone.
     *
     * @param bins at least 1; 10 is usual
     */
    public double calibrationError(int bins) {
        if (!areProbabilities()) {
            return Double.NaN;
        }
        return calibration(0, 1, bins).stream()
                .filter(bin -> bin.count() > 0)
                .mapToDouble(bin -> bin.count() * Math.abs(bin.meanScore() - bin.rate()) / rows())
                .sum();
    }

    private boolean areProbabilities() {
        return rows() > 0 && scores[0] <= 1 && scores[rows() - 1] >= 0;
    }

    /**
     * A range of scores.
     *
     * @param low where it begins
     * @param high where it ends; part of the last bin alone
     * @param count rows in it
     * @param meanScore their mean score; NaN without rows
     * @param rate the share of good rows among them; NaN without rows
     */
    public record Bin(double low, double high, int count, double meanScore, double rate) {}

    /**
     * {@return how often rows of a score are good, in bins of equal width, empty ones included} Scores outside are
     * counted in the first and the last bin.
     */
    public List<Bin> calibration(double low, double high, int bins) {
        if (!(high > low) || bins < 1) {
            throw new IllegalArgumentException(
                    bins + " bins from " + low + " to " + high + ": expected at least one, and a range");
        }
        int[] count = new int[bins];
        int[] positive = new int[bins];
        double[] sum = new double[bins];
        for (int i = 0; i < rows(); i++) {
            int bin = (int) Math.max(0, Math.min(bins - 1, Math.floor((scores[i] - low) / (high - low) * bins)));
            count[bin]++;
            positive[bin] += good[i + 1] - good[i];
            sum[bin] += scores[i];
        }
        List<Bin> all = new ArrayList<>();
        for (int i = 0; i < bins; i++) {
            double from = low + (high - low) * i / bins;
            double to = low + (high - low) * (i + 1) / bins;
            all.add(new Bin(from, to, count[i], sum[i] / count[i], (double) positive[i] / count[i]));
        }
        return all;
    }
}
