package io.humpback.report;

import java.util.Arrays;

/** Counts of numbers in bins of equal width; memory does not grow with the numbers. Not thread-safe. */
public final class Histogram {

    private final double low;
    private final double high;
    private final long[] counts;

    /**
     * @param low where the first bin begins; lower numbers are counted there
     * @param high where the last one ends; higher numbers are counted there
     * @param bins how many
     */
    public Histogram(double low, double high, int bins) {
        if (!(high > low) || bins < 1) {
            throw new IllegalArgumentException(
                    bins + " bins from " + low + " to " + high + ": expected at least one, and a range");
        }
        this.low = low;
        this.high = high;
        this.counts = new long[bins];
    }

    /** {@return an empty histogram of ratings from 1 to 5, in steps of a quarter} */
    public static Histogram ofRatings() {
        return new Histogram(1, 5, 16);
    }

    /** {@return a histogram of scores: on the scale of ratings where all lie on it, else on their own} */
    static Histogram ofScores(double[] scores) {
        double[] finite = Arrays.stream(scores).filter(Double::isFinite).toArray();
        double low = Arrays.stream(finite).min().orElse(1);
        double high = Arrays.stream(finite).max().orElse(5);
        Histogram histogram = low >= 1 && high <= 5 ? ofRatings() : new Histogram(low, high > low ? high : low + 1, 16);
        Arrays.stream(finite).forEach(histogram::add);
        return histogram;
    }

    /** {@return an empty histogram of lengths in characters, two bins for each doubling from 1 to 65,536; see {@link #addLength}} */
    public static Histogram ofLengths() {
        return new Histogram(0, 16, 32);
    }

    /** Counts a number; NaN is not counted. */
    public void add(double value) {
        if (!Double.isNaN(value)) {
            double bin = Math.floor((value - low) / (high - low) * counts.length);
            counts[(int) Math.max(0, Math.min(counts.length - 1, bin))]++;
        }
    }

    /** Counts a length in characters by its logarithm to base 2. */
    public void addLength(int characters) {
        add(Math.log(Math.max(1, characters)) / Math.log(2));
    }

    /** {@return how many numbers were counted} */
    public long total() {
        return Arrays.stream(counts).sum();
    }

    /** {@return how many numbers are in each bin} */
    public long[] counts() {
        return counts.clone();
    }

    /** {@return where the bins begin, and the last one ends; one more than there are bins} */
    public double[] edges() {
        double[] edges = new double[counts.length + 1];
        for (int i = 0; i < edges.length; i++) {
            edges[i] = low + (high - low) * i / counts.length;
        }
        return edges;
    }
}
