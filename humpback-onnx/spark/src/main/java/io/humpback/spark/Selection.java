package io.humpback.spark;

import java.util.Comparator;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;

/**
 * Finds the n-th best of any number of rows without sorting them: they are counted by the first 16 bits of their numbers, then those
 * that share these bits with the one looked for by the next 16, and so on. The driver sees 65,536 counts at most.
 *
 * @param rank of the last row on the good side, see {@link #rank(Column)}
 * @param place of rows of this rank those up to this place are on the good side
 */
record Selection(long rank, long place) {

    private static final int BITS = 16;

    private static final UserDefinedFunction RANK = functions.udf(
            (UDF1<Double, Long>) score -> score == null ? null : rank(score.doubleValue()), DataTypes.LongType);

    /** {@return a long for each score, smaller for better ones} */
    static Column rank(Column scores) {
        return RANK.apply(scores);
    }

    static long rank(double score) {
        long bits = Double.doubleToLongBits(score + 0.0); // of the two zeros one
        return ~(bits ^ bits >> 63 & Long.MAX_VALUE);
    }

    /**
     * {@return the line between a number of the best rows and the others}
     *
     * @param rows with a {@code rank} and a {@code place}, longs, by which rows of one rank are ordered
     * @param count of rows on the good side, from 1 to all
     */
    static Selection best(Dataset<Row> rows, long count) {
        Found rank = find(rows, "rank", count);
        Found place = find(rows.filter(functions.col("rank").equalTo(rank.number)), "place", rank.left);
        return new Selection(rank.number, place.number);
    }

    /** {@return whether rows are on the good side} */
    Column keeps(Column scores, Column places) {
        Column ranks = rank(scores);
        return ranks.lt(rank).or(ranks.equalTo(rank).and(places.leq(place)));
    }

    /**
     * The n-th of some numbers.
     *
     * @param left its number among those that are equal, from 1
     */
    private record Found(long number, long left) {}

    private static Found find(Dataset<Row> rows, String column, long n) {
        Column unsigned = functions.col(column).bitwiseXOR(functions.lit(Long.MIN_VALUE));
        long found = 0;
        long left = n;
        for (int shift = Long.SIZE - BITS; shift >= 0; shift -= BITS) {
            Dataset<Row> candidates = shift + BITS == Long.SIZE
                    ? rows
                    : rows.filter(
                            functions.shiftrightunsigned(unsigned, shift + BITS).equalTo(found));
            Column digit = functions.shiftrightunsigned(unsigned, shift).bitwiseAND((1L << BITS) - 1);
            List<Row> counts = candidates.groupBy(digit.as("digit")).count().collectAsList().stream()
                    .sorted(Comparator.comparingLong(row -> row.getLong(0)))
                    .toList();
            int at = 0;
            while (left > counts.get(at).getLong(1)) {
                left -= counts.get(at++).getLong(1);
            }
            found = found << BITS | counts.get(at).getLong(0);
        }
        return new Found(found ^ Long.MIN_VALUE, left);
    }
}
