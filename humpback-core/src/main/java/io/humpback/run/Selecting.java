package io.humpback.run;

import io.humpback.Judge;
import io.humpback.Keep;
import io.humpback.quality.Drop;
import io.humpback.quality.NearDuplicates;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Ranked;
import io.humpback.run.store.RunStore.Stored;
import java.util.Iterator;
import java.util.stream.Stream;

/** The stages {@code curate-k}: which of the judged candidates are kept. */
final class Selecting {

    private final Run run;
    private final RunStore store;

    Selecting(Run run) {
        this.run = run;
        this.store = run.store();
    }

    void select(String stage, int round) {
        store.together(stage, () -> {
            store.beginRanking();
            if (run.settings().judge == Judge.NONE) {
                try (Stream<Stored> all = store.candidates()) {
                    all.forEach(candidate -> store.rank(candidate.n(), 0));
                }
                store.pickBest(round, store.rankedCount());
                return;
            }
            rank(round);
            Keep keep = run.settings().keep;
            long scored = store.rankedCount();
            long count = keep instanceof Keep.TopShare top
                    ? Math.round(top.share() * scored)
                    : keep instanceof Keep.Budget budget ? budget.count() : scored;
            double least = keep instanceof Keep.AtLeast atLeast ? atLeast.score() : Double.NEGATIVE_INFINITY;
            if (run.settings().diversity > 0) {
                passOver(round, count, least);
            }
            if (keep instanceof Keep.AtLeast) {
                store.pickAtLeast(round, least);
            } else {
                store.pickBest(round, count);
            }
        });
    }

    /** Scores, corrected as the settings say. */
    private void rank(int round) {
        double penalty = run.settings().variancePenalty;
        Line line = run.settings().lengthControl ? Line.through(store, round) : new Line(0, 0);
        try (Stream<Ranked> all = store.ranked(round)) {
            all.forEach(one -> store.rank(
                    one.n(),
                    one.value()
                            - penalty * one.spread() * one.spread()
                            - line.slope * (Math.log(Math.max(1, one.length())) - line.mean)));
        }
    }

    /**
     * The line of least squares of score over the logarithm of the response's length.
     *
     * @param slope rating a unit of the logarithm
     * @param mean of the logarithm
     */
    private record Line(double slope, double mean) {

        static Line through(RunStore store, int round) {
            double[] sums = new double[5]; // n, x, y, xx, xy
            try (Stream<Ranked> all = store.ranked(round)) {
                all.forEach(one -> {
                    double x = Math.log(Math.max(1, one.length()));
                    sums[0]++;
                    sums[1] += x;
                    sums[2] += one.value();
                    sums[3] += x * x;
                    sums[4] += x * one.value();
                });
            }
            double n = sums[0];
            double variance = sums[3] - sums[1] * sums[1] / n;
            return n < 2 || variance < 1e-9 * n
                    ? new Line(0, 0)
                    : new Line((sums[4] - sums[1] * sums[2] / n) / variance, sums[1] / n);
        }
    }

    /** From the best on, leaves out what nearly repeats the instruction of a better one, until enough are kept. */
    private void passOver(int round, long count, double least) {
        NearDuplicates kept = NearDuplicates.above(run.settings().diversity);
        long diverse = 0;
        try (Stream<Ranked> best = store.best()) {
            for (Iterator<Ranked> each = best.iterator(); diverse < count && each.hasNext(); ) {
                Ranked next = each.next();
                if (next.value() < least) {
                    return;
                }
                if (kept.add(store.candidate(next.n()).candidate().instruction())) {
                    diverse++;
                } else {
                    store.passOver(
                            round,
                            next.n(),
                            new Drop(Drop.Reason.NEAR_DUPLICATE, "nearly repeats an instruction that is kept"));
                }
            }
        }
    }
}
