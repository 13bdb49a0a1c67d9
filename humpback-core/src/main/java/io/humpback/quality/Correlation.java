package io.humpback.quality;

import org.apache.commons.math3.stat.correlation.Covariance;
import org.apache.commons.math3.stat.correlation.KendallsCorrelation;
import org.apache.commons.math3.stat.descriptive.moment.StandardDeviation;
import org.apache.commons.math3.stat.ranking.NaturalRanking;
import org.apache.commons.math3.util.MathArrays;

/**
 * How far two numbers of each row go together: in [-1, 1], NaN where one of the two is the same in all rows or there are
 * fewer than two rows. Time n log n. Also says whether a judge merely likes length: {@code spearman(scores, lengths)}.
 */
final class Correlation {

    private Correlation() {}

    /** {@return the product-moment correlation} */
    static double pearson(double[] x, double[] y) {
        if (isUndefined(x, y)) {
            return Double.NaN;
        }
        StandardDeviation deviation = new StandardDeviation();
        double r = new Covariance().covariance(x, y) / deviation.evaluate(x) / deviation.evaluate(y);
        return Math.max(-1, Math.min(1, r)); // rounding may lead a little outside
    }

    /** {@return the correlation of ranks, equal numbers sharing their mean rank} */
    static double spearman(double[] x, double[] y) {
        return isUndefined(x, y) ? Double.NaN : pearson(ranks(x), ranks(y));
    }

    /** {@return Kendall's tau-b, which allows for ties} */
    static double kendall(double[] x, double[] y) {
        return isUndefined(x, y)
                ? Double.NaN
                : new KendallsCorrelation().correlation(withoutNegativeZero(x), withoutNegativeZero(y));
    }

    /** {@return the ranks from 1, equal numbers sharing their mean rank} */
    static double[] ranks(double[] x) {
        return new NaturalRanking().rank(withoutNegativeZero(x));
    }

    private static boolean isUndefined(double[] x, double[] y) {
        requireRows(x, y);
        return x.length < 2 || isConstant(x) || isConstant(y);
    }

    private static boolean isConstant(double[] x) {
        for (double value : x) {
            if (value != x[0]) {
                return false;
            }
        }
        return true;
    }

    /** The library compares bits. */
    private static double[] withoutNegativeZero(double[] x) {
        return MathArrays.ebeAdd(x, new double[x.length]);
    }

    /** Refuses columns of different lengths and numbers that are none. */
    static void requireRows(double[] x, double[] y) {
        if (x.length != y.length) {
            throw new IllegalArgumentException(
                    "rows: found " + x.length + " and " + y.length + ", expected the same number");
        }
        for (int i = 0; i < x.length; i++) {
            if (!Double.isFinite(x[i]) || !Double.isFinite(y[i])) {
                throw new IllegalArgumentException(
                        "row " + i + ": found " + x[i] + " and " + y[i] + ", expected finite numbers");
            }
        }
    }
}
