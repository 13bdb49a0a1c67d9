package io.humpback.quality;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Looks for the widest set of best rows of which a precision can be promised; see {@link Worth#promise}. */
final class PromiseSearch {

    /** Each set is larger than the one before by this factor, whatever the labels say. */
    private static final double STEP = 1.1;

    /**
     * Where tests begin, each with its part of the error: at the least number of labels that could be enough, and at multiples.
     * The later ones are for where one bad row among the first would end all.
     */
    private static final int[] STARTS = {1, 2, 4};

    /** How many times as many labels are considered for advice. */
    private static final double[] MORE = {1.25, 1.5, 2, 3, 4, 6, 8, 12, 16};

    private final Worth worth;
    private final double precision;
    private final double error;
    private final List<TopSet> sets = new ArrayList<>(); // from the strictest, those with labels

    private record TopSet(double threshold, long rows, PoweredMean mean) {}

    PromiseSearch(Worth worth, double[] scores, double precision, double error) {
        this.worth = worth;
        this.precision = precision;
        this.error = error;
        double[] sorted = scores.clone();
        Arrays.sort(sorted);
        double[] sums = new double[sorted.length + 1]; // of the best rows
        for (int i = 0; i < sorted.length; i++) {
            sums[i + 1] = sums[i] + sorted[sorted.length - 1 - i];
        }
        double last = Double.NEGATIVE_INFINITY;
        for (double size = sorted.length; size >= 1; size /= STEP) {
            double threshold = sorted[sorted.length - (int) Math.round(size)];
            int rows = (int) Math.round(size);
            while (rows < sorted.length && sorted[sorted.length - 1 - rows] == threshold) {
                rows++; // all of one score
            }
            PoweredMean mean = worth.top(threshold, rows, sums[rows] / rows);
            if (mean != null && threshold > last) {
                sets.add(new TopSet(threshold, rows, mean));
                last = threshold;
            }
        }
        Collections.reverse(sets);
    }

    private double errorOfStart() {
        return error / STARTS.length;
    }

    /** {@return how many labels are the least that could be enough, if all of them are good} */
    private double least() {
        return Math.log(errorOfStart()) / Math.log(precision);
    }

    /** {@return the least score that may be kept; positive infinity if nothing can be promised} */
    double threshold() {
        double threshold = Double.POSITIVE_INFINITY;
        double left = 0; // error that earlier sets have not used up
        int start = 0;
        boolean allKnown = !sets.isEmpty() && sets.get(sets.size() - 1).mean.isKnown();
        for (TopSet set : sets) {
            if (set.mean.isKnown()) { // without error, but of hardly any row unless all have labels
                boolean holds = set.mean.estimate() >= precision && (allKnown || set.rows >= least());
                threshold = holds ? set.threshold : threshold;
                continue;
            }
            while (start < STARTS.length && set.mean.size() >= STARTS[start] * least()) {
                left += errorOfStart();
                start++;
            }
            if (left > 0 && set.mean.lower(1 - left, 1) >= precision) {
                threshold = set.threshold;
            } else {
                left = 0;
            }
        }
        return threshold;
    }

    /** {@return what would help where nothing can be promised} */
    String advice() {
        int labels = worth.labels();
        if (sets.isEmpty() || sets.get(sets.size() - 1).mean.size() < least()) {
            return String.format(
                    Locale.ROOT,
                    "%d labels are too few even if all were good: it takes at least %.0f, and more where some are bad",
                    labels,
                    Math.ceil(least()));
        }
        for (double times : MORE) {
            for (int i = sets.size() - 1; i >= 0; i--) {
                TopSet set = sets.get(i);
                if (set.mean.lower(1 - errorOfStart(), times) >= precision) {
                    return String.format(
                            Locale.ROOT,
                            "about %.0f labels more, drawn as these %d, would do for the best %d rows if they turn out as these",
                            Math.ceil((times - 1) * labels),
                            labels,
                            set.rows);
                }
            }
        }
        TopSet best = sets.stream()
                .filter(set -> set.mean.size() >= least())
                .max(Comparator.comparingDouble(set -> set.mean.estimate()))
                .orElseThrow();
        return String.format(
                Locale.ROOT,
                "the best that is seen is about %.2f, of the best %d rows: more labels would hardly help, a judge that agrees"
                        + " better with them would",
                best.mean.estimate(),
                best.rows);
    }
}
