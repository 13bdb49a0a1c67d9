package io.humpback.quality;

import static io.humpback.internal.Arguments.require;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.Function;
import org.apache.commons.math3.stat.descriptive.rank.Percentile;
import org.apache.commons.math3.stat.descriptive.rank.Percentile.EstimationType;

/**
 * Percentile bootstrap (Efron 1979): a statistic is computed on resamples of the rows, drawn with replacement, and the
 * interval holds the middle of what came out. The same seed gives the same intervals.
 *
 * @param resamples how many; 1,000 give the ends of a 95 % interval to about a tenth of its width
 * @param seed fixes which rows are drawn
 * @param level the share of resamples that lie in the interval, in (0, 1)
 */
public record Bootstrap(int resamples, long seed, double level) {

    /** Rows drawn in all resamples together. */
    private static final int MOST_DRAWN = 20_000_000;

    /**
     * Where a statistic probably lies.
     *
     * @param low its lower end
     * @param high its upper end; both are NaN if the statistic was never defined
     * @param undefined resamples in which it was not defined, and that were left out
     */
    public record Interval(double low, double high, int undefined) {

        /** {@return whether a number is inside or at an end} */
        public boolean contains(double value) {
            return value >= low && value <= high;
        }
    }

    /** Checks the ranges. */
    public Bootstrap {
        require(resamples >= 1, "resamples", resamples, "at least 1");
        require(level > 0 && level < 1, "level", level, "a share in (0, 1)");
    }

    /** {@return 1,000 resamples for 95 % intervals} */
    public static Bootstrap of(long seed) {
        return new Bootstrap(1000, seed, 0.95);
    }

    /** {@return the same with fewer resamples, at least 100, beyond 20,000 rows: the intervals are narrow by then} */
    public static Bootstrap of(long seed, int rows) {
        return new Bootstrap(Math.max(100, Math.min(1000, MOST_DRAWN / Math.max(1, rows))), seed, 0.95);
    }

    /**
     * {@return an interval for each of several statistics, all from the same resamples}
     *
     * @param rows how many rows there are
     * @param statistics computed on a resample, given as the numbers of its rows from 0, which may repeat; always the
     *     same number of values, NaN where undefined
     * @throws CancellationException if the thread is interrupted
     */
    public List<Interval> intervals(int rows, Function<int[], double[]> statistics) {
        SplittableRandom random = new SplittableRandom(seed);
        double[][] values = new double[resamples][];
        int[] drawn = new int[rows];
        for (int r = 0; r < resamples; r++) {
            if (Thread.currentThread().isInterrupted()) {
                throw new CancellationException("interrupted");
            }
            for (int i = 0; i < rows; i++) {
                drawn[i] = random.nextInt(rows);
            }
            values[r] = statistics.apply(drawn);
        }
        List<Interval> intervals = new ArrayList<>();
        for (int s = 0; s < values[0].length; s++) {
            int column = s;
            intervals.add(
                    interval(Arrays.stream(values).mapToDouble(of -> of[column]).toArray(), level));
        }
        return intervals;
    }

    /** {@return the middle of some values, between order statistics linearly; NaN are left out} */
    static Interval interval(double[] values, double level) {
        double[] defined =
                Arrays.stream(values).filter(value -> !Double.isNaN(value)).toArray();
        int undefined = values.length - defined.length;
        if (defined.length == 0) {
            return new Interval(Double.NaN, Double.NaN, undefined);
        }
        Percentile percentile = new Percentile().withEstimationType(EstimationType.R_7);
        percentile.setData(defined);
        double tail = 50 * (1 - level);
        return new Interval(percentile.evaluate(tail), percentile.evaluate(100 - tail), undefined);
    }
}
