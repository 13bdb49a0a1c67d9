package io.humpback;

import io.humpback.data.Example;
import io.humpback.quality.Attack;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.jspecify.annotations.Nullable;

/**
 * What one kind of attack does to the scores of a judge.
 *
 * @param scored attacked pairs that were scored
 * @param refused attacked pairs that the judge was not shown, because a check turned them away
 * @param mean the mean of the score with the attack minus the score without; NaN if none was scored
 * @param deviation the standard deviation of that difference; NaN if none was scored
 * @param greatest the greatest of these differences; NaN if none was scored
 * @param lifted attacked pairs that reach the threshold only with the attack
 */
public record Shift(long scored, long refused, double mean, double deviation, double greatest, long lifted) {

    /** A pair as it is, or attacked. */
    private record Shown(@Nullable Attack attack, Example pair) {}

    /** Gathers the shifts of one kind. */
    private static final class Tally {
        private final SummaryStatistics differences = new SummaryStatistics();
        private long refused;
        private long lifted;

        Shift end() {
            return new Shift(
                    differences.getN(),
                    refused,
                    differences.getMean(),
                    differences.getStandardDeviation(),
                    differences.getMax(),
                    lifted);
        }
    }

    /**
     * {@return the shift of the score for each kind of attack} Each pair is scored as it is and with every attack,
     * which is about twenty times the work of scoring it; a pair that has no score as it is counts nowhere. Memory does
     * not grow with the number of pairs.
     *
     * @param pairs such as responses that are known to be poor; closed at the end
     * @param threshold the least score that is kept
     */
    public static Map<Attack, Shift> underAttack(Judge judge, Stream<Example> pairs, double threshold) {
        Map<Attack, Tally> tallies = new EnumMap<>(Attack.class);
        try (Stream<Scored<Shown>> scored = judge.score(pairs.flatMap(pair -> shown(pair).stream()), Shown::pair)) {
            double[] honest = {Double.NaN};
            scored.forEachOrdered(next -> {
                Attack attack = next.item().attack();
                Score score = next.score();
                if (attack == null) {
                    honest[0] = score == null ? Double.NaN : score.value();
                } else if (!Double.isNaN(honest[0])) {
                    count(tallies.computeIfAbsent(attack, kind -> new Tally()), honest[0], score, threshold);
                }
            });
        }
        Map<Attack, Shift> shifts = new EnumMap<>(Attack.class);
        for (Attack attack : Attack.values()) {
            shifts.put(attack, tallies.getOrDefault(attack, new Tally()).end());
        }
        return shifts;
    }

    private static void count(Tally tally, double honest, @Nullable Score score, double threshold) {
        if (score == null) {
            tally.refused++;
            return;
        }
        tally.differences.addValue(score.value() - honest);
        tally.lifted += honest < threshold && score.value() >= threshold ? 1 : 0;
    }

    private static List<Shown> shown(Example pair) {
        List<Shown> shown = new ArrayList<>(List.of(new Shown(null, pair)));
        for (Attack attack : Attack.values()) {
            attack.on(pair).forEach(changed -> shown.add(new Shown(attack, changed)));
        }
        return shown;
    }
}
