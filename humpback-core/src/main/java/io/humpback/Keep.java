package io.humpback;

import static io.humpback.internal.Arguments.require;

import io.humpback.quality.Drop;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Which scored items are kept: the best, at most a number of them, of those that reach a score. */
public sealed interface Keep {

    /**
     * {@return the best fifth} It keeps something whatever the judge: expected ratings of small models crowd about the middle of
     * the scale and do not reach the paper's 4.5. The paper's A_5 is the best 8 % of its candidates, its A_4 the best 39 %.
     */
    static Keep standard() {
        return new TopShare(0.2);
    }

    /** {@return the lowest score that may be kept; negative infinity if any may} */
    double least();

    /** {@return how many of a number of scored items are kept at most; of equal scores those that come first} */
    long most(long scored);

    /** {@return whether an item is decided by its own score, whatever the others have} */
    default boolean isThreshold() {
        return least() > Double.NEGATIVE_INFINITY;
    }

    /**
     * Refuses a threshold that is on another scale than the scores.
     *
     * @param least the least score there is; negative infinity where nothing bounds it
     * @param most the greatest
     * @throws IllegalArgumentException if the threshold is not between them
     */
    default void requireWithin(double least, double most) {
        require(
                !isThreshold() || least() >= least && least() <= most,
                "keepAtLeast",
                least(),
                least == Double.NEGATIVE_INFINITY
                        ? "a score of at most " + most
                        : "a score in [" + least + ", " + most + "]");
    }

    /** {@return where the line is drawn among the scores of all items, in their order; a threshold needs none} */
    default Cut cut(double[] scores) {
        return isThreshold() ? new Cut(least(), Long.MAX_VALUE) : Cut.best(scores, (int) most(scores.length));
    }

    /**
     * Keeps every item whose score reaches a threshold.
     *
     * @param score finite, on the judge's scale; of ratings the paper's A_5 is at least 4.5, its A_4 at least 4
     */
    record AtLeast(double score) implements Keep {
        /** Checks that it is a number. */
        public AtLeast {
            require(Double.isFinite(score), "keepAtLeast", score, "a finite score");
        }

        @Override
        public double least() {
            return score;
        }

        @Override
        public long most(long scored) {
            return scored;
        }

        @Override
        public String toString() {
            return "at least " + score;
        }
    }

    /**
     * Keeps the best of all scored items; of equal scores those that come first.
     *
     * @param share in (0, 1]; the number kept is rounded to the nearest, and at least 1
     */
    record TopShare(double share) implements Keep {
        /** Checks the range. */
        public TopShare {
            require(share > 0 && share <= 1, "keepTopShare", share, "a share in (0, 1]");
        }

        @Override
        public double least() {
            return Double.NEGATIVE_INFINITY;
        }

        @Override
        public long most(long scored) {
            return Math.min(scored, Math.max(1, Math.round(share * scored)));
        }

        @Override
        public String toString() {
            return "best share " + share;
        }
    }

    /**
     * Keeps a number of the best; of equal scores those that come first.
     *
     * @param count at least 1
     */
    record Budget(int count) implements Keep {
        /** Checks the range. */
        public Budget {
            require(count >= 1, "keepBudget", count, "at least 1");
        }

        @Override
        public double least() {
            return Double.NEGATIVE_INFINITY;
        }

        @Override
        public long most(long scored) {
            return Math.min(count, scored);
        }

        @Override
        public String toString() {
            return "best " + count;
        }
    }

    /**
     * A line between the kept and the others.
     *
     * @param score items above it are kept, items below it are not
     * @param lastEqual number, from 0, of the last item with exactly this score that is kept; -1 for none
     */
    record Cut(double score, long lastEqual) {

        /** {@return whether an item is kept, by its score and its number among the scored, from 0} */
        public boolean keeps(double value, long index) {
            return value > score || value == score && index <= lastEqual;
        }

        /** {@return why an item is not kept; empty if it is} The arguments are those of {@link #keeps}. */
        public Optional<Drop> drop(double value, long index) {
            if (keeps(value, index)) {
                return Optional.empty();
            }
            return Optional.of(new Drop(
                    Drop.Reason.SCORE_BELOW, String.format(Locale.ROOT, "%.2f, kept from %.2f", value, score)));
        }

        private static Cut best(double[] scores, int count) {
            if (count == 0) {
                return new Cut(Double.POSITIVE_INFINITY, -1);
            }
            double[] sorted = scores.clone();
            Arrays.sort(sorted);
            double score = sorted[sorted.length - count];
            int above = 0;
            for (double value : scores) {
                above += value > score ? 1 : 0;
            }
            int equal = count - above; // of those with exactly this score, at least one
            int last = -1;
            while (equal > 0) {
                last++;
                equal -= scores[last] == score ? 1 : 0;
            }
            return new Cut(score, last);
        }
    }
}
