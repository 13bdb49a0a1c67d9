package io.humpback.run;

import io.humpback.quality.Drop;
import io.humpback.quality.FunnelStep;
import io.humpback.quality.NearDuplicates;
import io.humpback.run.Humpback.JudgedBy;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.Picks;
import io.humpback.run.store.Picks.Choice;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Verdicts.Ranked;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Keeps the best of the candidates that a round has judged.
 *
 * @param round from 1
 */
record CuratingStage(int round) implements Stage {

    private static final String PENALTY = "variance penalty";
    private static final String LENGTH_CONTROL = "length control";

    @Override
    public String name() {
        return "curate-" + round;
    }

    @Override
    public Map<String, String> settings(RunSettings settings) {
        Map<String, String> used = new HashMap<>(JudgingStage.judge(settings));
        used.put("keep", rule(settings));
        used.put(PENALTY, "" + settings.variancePenalty());
        used.put("diversity", settings.diversity() == 0 ? "off" : "below " + settings.diversity());
        used.put(LENGTH_CONTROL, settings.lengthControl() ? "on" : "off");
        return used;
    }

    static String rule(RunSettings settings) {
        return settings.judge() == JudgedBy.NONE ? "all" : settings.keep().toString();
    }

    /** {@return whether a stored run corrects the scores before it keeps the best} */
    static boolean isCorrecting(RunStore store) {
        return !store.settings.value(PENALTY).equals("0.0")
                || store.settings.value(LENGTH_CONTROL).equals("on");
    }

    @Override
    public void run(Run run) {
        RunStore store = run.store();
        store.transaction(name(), () -> keep(store, run.settings()));
        Double lowest = store.picks.lowest(round);
        run.listener()
                .curated(
                        round,
                        store.picks.count(round),
                        judged(store),
                        rule(run.settings()),
                        lowest == null ? Double.NaN : lowest);
    }

    private void keep(RunStore store, RunSettings settings) {
        Picks picks = store.picks;
        picks.beginSelection();
        if (settings.judge() == JudgedBy.NONE) {
            try (Stream<Stored> all = store.candidates.all()) {
                all.forEach(candidate -> picks.select(new Choice(candidate.n(), 0)));
            }
            picks.keepBest(round, picks.selected(), Double.NEGATIVE_INFINITY);
            return;
        }
        rank(store, settings);
        double least = settings.keep().least();
        long most = settings.keep().most(picks.selected());
        if (settings.diversity() > 0) {
            passOver(store, settings.diversity(), most, least);
        }
        picks.keepBest(round, most, least);
    }

    /** Scores, corrected as the settings say. */
    private void rank(RunStore store, RunSettings settings) {
        double penalty = settings.variancePenalty();
        Line line = settings.lengthControl() ? Line.through(store, round) : new Line(0, 0);
        try (Stream<Ranked> all = store.verdicts.judged(round)) {
            all.forEach(one -> store.picks.select(new Choice(
                    one.n(),
                    one.value()
                            - penalty * one.spread() * one.spread()
                            - line.slope * (Math.log(Math.max(1, one.length())) - line.mean))));
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
            try (Stream<Ranked> all = store.verdicts.judged(round)) {
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
    private void passOver(RunStore store, double similarity, long count, double least) {
        NearDuplicates kept = NearDuplicates.above(similarity);
        long diverse = 0;
        try (Stream<Choice> best = store.picks.best()) {
            for (Iterator<Choice> each = best.iterator(); diverse < count && each.hasNext(); ) {
                Choice next = each.next();
                if (next.value() < least) {
                    return;
                }
                if (kept.add(store.candidates.get(next.n()).candidate().instruction())) {
                    diverse++;
                } else {
                    store.picks.passOver(
                            round,
                            next.n(),
                            new Drop(Drop.Reason.NEAR_DUPLICATE, "nearly repeats an instruction that is kept"));
                }
            }
        }
    }

    @Override
    public void forget(RunStore store) {
        store.picks.clear(round);
    }

    @Override
    public Optional<FunnelStep> funnel(RunStore store) {
        long judged = judged(store);
        Map<String, Long> dropped = new LinkedHashMap<>(store.picks.passedOver(round));
        long kept = store.picks.count(round);
        dropped.put(Drop.Reason.SCORE_BELOW.key(), judged - kept - Stage.sum(dropped));
        return Optional.of(step("kept for M_" + round, judged, dropped, kept));
    }

    private long judged(RunStore store) {
        long scored = store.verdicts.count(round);
        return scored == 0
                ? store.candidates.count() // all are kept without a judge
                : scored - Stage.sum(store.verdicts.dropCounts(round));
    }
}
