package io.humpback.quality;

import java.util.Objects;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;

/**
 * How the scores of the same rows differ between two judges, such as one round's model and the next.
 *
 * @param rows how many
 * @param meanChange the mean of later minus earlier score; NaN without rows
 * @param deviation the standard deviation of the change; NaN without rows
 * @param meanAbsoluteChange its mean size; NaN without rows
 * @param spearman how far both put the rows in the same order; NaN where undefined
 * @param entered rows that reach the threshold only with the later judge
 * @param left rows that reach it only with the earlier one
 */
public record Drift(
        int rows,
        double meanChange,
        double deviation,
        double meanAbsoluteChange,
        double spearman,
        int entered,
        int left) {

    /**
     * {@return the drift between the finite scores of an earlier and a later judge, row by row}
     *
     * @param threshold the least score that is kept
     */
    public static Drift between(double[] before, double[] after, double threshold) {
        Correlation.requireRows(Objects.requireNonNull(before, "before"), Objects.requireNonNull(after, "after"));
        SummaryStatistics change = new SummaryStatistics();
        SummaryStatistics size = new SummaryStatistics();
        int entered = 0;
        int left = 0;
        for (int i = 0; i < before.length; i++) {
            change.addValue(after[i] - before[i]);
            size.addValue(Math.abs(after[i] - before[i]));
            boolean was = before[i] >= threshold;
            boolean is = after[i] >= threshold;
            entered += is && !was ? 1 : 0;
            left += was && !is ? 1 : 0;
        }
        return new Drift(
                before.length,
                change.getMean(),
                change.getStandardDeviation(),
                size.getMean(),
                Correlation.spearman(before, after),
                entered,
                left);
    }
}
