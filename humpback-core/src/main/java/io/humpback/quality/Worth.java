package io.humpback.quality;

import static io.humpback.internal.Arguments.require;

import io.humpback.data.DataException;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Locale;
import java.util.function.IntPredicate;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * What scored rows are worth, of which people have labelled some: how many of those that are kept are good, with an interval.
 * Scores of rows without a label make the interval narrower, the more the better they agree with the labels
 * (prediction-powered inference: arXiv 2301.09633, 2311.01453, 2606.05308). The labels have to be of rows drawn at random, with
 * equal or with known probabilities. Immutable.
 *
 * <p>In 20,949 simulated samples (500 to 5,000 rows, 5 to 95 % good, judges with a ROC-AUC from .5 to 1, 30 to 300 labels
 * drawn evenly or more among the best scores; all, the best half or the best fifth kept) intervals of 95 % hold the truth in
 * 96.3 %, and in 94.9 to 97.4 % for each judge but the perfect one (99.2 %); they are .91 times as wide as those of the labels
 * alone (.57 for the perfect judge), and never more than 1.05 times. Harder are judges whose scores are nothing but yes and no
 * and that err in 1 to 10 % of the rows: 94.7 to 97.4 % for each, and as low as 88 to 90 % for some where all rows are kept
 * and none of the labels shows the rarest error.
 */
public final class Worth {

    private final double[] scores; // of all rows
    private final int[] rows; // those with a label, the best first
    private final boolean[] good;
    private final double[] weights; // rows that each label stands for

    private Worth(double[] scores, int[] rows, boolean[] good, double[] weights) {
        this.scores = scores;
        this.rows = rows;
        this.good = good;
        this.weights = weights;
    }

    /**
     * {@return what rows are worth}
     *
     * @param scores of all rows, finite, on any scale
     * @param rows numbers, from 0, of those with a label; each once
     * @param good their labels
     * @param drawnWith the probabilities, in (0, 1], with which each of them was drawn to be labelled; a common factor does not
     *     matter
     */
    public static Worth of(double[] scores, int[] rows, boolean[] good, double[] drawnWith) {
        if (good.length != rows.length || drawnWith.length != rows.length) {
            throw new IllegalArgumentException("labels: found " + good.length + " and " + drawnWith.length
                    + " probabilities, expected " + rows.length + " of each");
        }
        for (double score : scores) {
            require(Double.isFinite(score), "score", score, "a finite number");
        }
        int[] order = IntStream.range(0, rows.length)
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -scores[rows[i]]))
                .mapToInt(i -> i)
                .toArray();
        boolean[] labels = new boolean[rows.length];
        double[] weights = new double[rows.length];
        for (int i = 0; i < order.length; i++) {
            double probability = drawnWith[order[i]];
            require(probability > 0 && probability <= 1, "drawnWith", probability, "a probability in (0, 1]");
            labels[i] = good[order[i]];
            weights[i] = 1 / probability;
        }
        return new Worth(scores.clone(), Arrays.stream(order).map(i -> rows[i]).toArray(), labels, weights);
    }

    /** Scored rows, taken one after the other; some have labels. Not thread-safe. */
    public static final class Rows {
        private final DoubleStream.Builder scores = DoubleStream.builder();
        private final IntStream.Builder rows = IntStream.builder();
        private final DoubleStream.Builder labels = DoubleStream.builder();
        private final DoubleStream.Builder drawnWith = DoubleStream.builder();
        private int count;
        private int labelled;
        private int drawn;

        /** Makes an empty list. */
        public Rows() {}

        /**
         * Takes a row.
         *
         * @param score finite
         * @param label NaN if the row has none
         * @param probability with which it was drawn to be labelled; NaN if that is not known
         */
        public void add(double score, double label, double probability) {
            scores.add(score);
            if (!Double.isNaN(label)) {
                rows.add(count);
                labels.add(label);
                drawnWith.add(Double.isNaN(probability) ? 1 : probability);
                labelled++;
                drawn += Double.isNaN(probability) ? 0 : 1;
            }
            count++;
        }

        /** {@return the number of labels so far} */
        public int labelled() {
            return labelled;
        }

        /**
         * {@return what the rows are worth that have been taken; none can be added any more}
         *
         * @param goodFrom of all labels, the least one of a good row
         * @throws DataException if the probabilities are known of some labels alone; without any all are taken as equal
         */
        public Worth worth(ToDoubleFunction<double[]> goodFrom) {
            if (drawn > 0 && drawn < labelled) {
                throw new DataException("drawn_with: found for " + drawn + " of " + labelled
                        + " labels, expected for all of them or for none");
            }
            double[] each = labels.build().toArray();
            double least = goodFrom.applyAsDouble(each);
            boolean[] good = new boolean[each.length];
            for (int i = 0; i < each.length; i++) {
                good[i] = each[i] >= least;
            }
            return of(
                    scores.build().toArray(),
                    rows.build().toArray(),
                    good,
                    drawnWith.build().toArray());
        }
    }

    /** {@return the scores of all rows} */
    public double[] scores() {
        return scores.clone();
    }

    /** {@return the number of labels} */
    public int labels() {
        return rows.length;
    }

    /**
     * A share, and where it lies at some confidence.
     *
     * @param value the estimate, in [0, 1]; NaN without labels
     * @param low lower end of the interval
     * @param high upper end
     */
    public record Range(double value, double low, double high) {

        /** {@return such as {@code 0.92 (0.87 to 0.96)}, or {@code unknown}} */
        @Override
        public String toString() {
            return Double.isNaN(value)
                    ? "unknown"
                    : String.format(Locale.ROOT, "%.2f (%.2f to %.2f)", value, low, high);
        }
    }

    /**
     * What some rows are worth.
     *
     * @param rows how many they are
     * @param labels how many of them have a label
     * @param precision the share of them that is good, from labels and scores
     * @param labelsOnly the same from the labels alone
     */
    public record Estimate(long rows, int labels, Range precision, Range labelsOnly) {

        /** {@return the number of good rows among them, not rounded} */
        public Range good() {
            return new Range(precision.value() * rows, precision.low() * rows, precision.high() * rows);
        }
    }

    /**
     * {@return what the rows are worth that are kept}
     *
     * @param kept whether a row is kept, by its number; decided without a look at the labels, else the estimate flatters
     * @param confidence of the intervals, in (0, 1)
     */
    public Estimate of(IntPredicate kept, double confidence) {
        require(confidence > 0 && confidence < 1, "confidence", confidence, "a share in (0, 1)");
        long count = 0;
        double sum = 0;
        for (int row = 0; row < scores.length; row++) {
            if (kept.test(row)) {
                count++;
                sum += scores[row];
            }
        }
        int[] labelled =
                IntStream.range(0, rows.length).filter(i -> kept.test(rows[i])).toArray();
        return estimate(labelled, count, sum / count, confidence);
    }

    private Estimate estimate(int[] labelled, long count, double meanScore, double confidence) {
        PoweredMean mean = mean(labelled, count, meanScore);
        Range unknown = new Range(Double.NaN, 0, 1);
        return mean == null
                ? new Estimate(count, 0, unknown, unknown)
                : new Estimate(count, labelled.length, mean.powered(confidence), mean.labelsOnly(confidence));
    }

    private @Nullable PoweredMean mean(int[] labelled, long count, double meanScore) {
        return labelled.length == 0
                ? null
                : new PoweredMean(
                        Arrays.stream(labelled)
                                .mapToDouble(i -> good[i] ? 1 : 0)
                                .toArray(),
                        Arrays.stream(labelled)
                                .mapToDouble(i -> scores[rows[i]])
                                .toArray(),
                        Arrays.stream(labelled).mapToDouble(i -> weights[i]).toArray(),
                        count,
                        meanScore);
    }

    /** {@return the mean of the labels at the best rows; null if none of them has a label} */
    @Nullable
    PoweredMean top(double threshold, long count, double meanScore) {
        return mean(labelledFrom(threshold), count, meanScore);
    }

    private int[] labelledFrom(double threshold) {
        return IntStream.range(0, rows.length)
                .takeWhile(i -> scores[rows[i]] >= threshold)
                .toArray();
    }

    /**
     * Rows of which a precision is promised.
     *
     * @param threshold rows of at least this score are kept; positive infinity where nothing can be promised
     * @param kept what they are worth; none where nothing can be promised. The interval is that of this one set, as {@link #of}
     *     gives it: the promise itself rests on a stricter bound
     * @param advice what would help where nothing can be promised; else empty
     */
    public record Promise(double threshold, Estimate kept, String advice) {

        /** {@return whether rows can be kept with the precision asked for} */
        public boolean holds() {
            return advice.isEmpty();
        }
    }

    /**
     * {@return as many of the best rows as can be kept so that at least a share of them is good} The confidence is that of the
     * whole choice, however many thresholds are tried: sets are tested from the strictest on, each wider one at the error that
     * the one before has left over (the fallback procedure of Wiens 2003), against the lower end of a one-sided interval. A
     * set is tested once it has enough labels to pass by Clopper and Pearson's bound if all were good. In 20,736 simulated
     * samples the promise at 95 % was broken in 0.2 %, at worst in 6 % of the 72 of one kind.
     *
     * @param precision in (0, 1]
     * @param confidence in (0, 1)
     */
    public Promise promise(double precision, double confidence) {
        require(precision > 0 && precision <= 1, "precision", precision, "a share in (0, 1]");
        require(confidence > 0 && confidence < 1, "confidence", confidence, "a share in (0, 1)");
        PromiseSearch search = new PromiseSearch(this, scores, precision, 1 - confidence);
        double threshold = search.threshold();
        boolean none = threshold == Double.POSITIVE_INFINITY;
        return new Promise(threshold, of(row -> scores[row] >= threshold, confidence), none ? search.advice() : "");
    }
}
