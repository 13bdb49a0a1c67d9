package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class KeepTest {

    private static List<Integer> kept(Keep keep, List<Double> scores) {
        Keep.Cut cut = keep.cut(scores.stream().mapToDouble(s -> s).toArray());
        return IntStream.range(0, scores.size())
                .filter(i -> cut.keeps(scores.get(i), i))
                .boxed()
                .toList();
    }

    private static List<Integer> best(List<Double> scores, long count) {
        List<Integer> order =
                new ArrayList<>(IntStream.range(0, scores.size()).boxed().toList());
        order.sort(Comparator.comparing(scores::get).reversed()); // stable: of equal scores the first stays first
        return order.stream().limit(count).sorted().toList();
    }

    // few different scores, so that there are ties
    @Property(tries = 500)
    void aBudgetIsTheHeadOfTheSortedScores(
            @ForAll List<@IntRange(min = 1, max = 5) Integer> ratings, @ForAll @IntRange(min = 1, max = 12) int count) {
        List<Double> scores = ratings.stream().map(Integer::doubleValue).toList();
        assertEquals(best(scores, count), kept(new Keep.Budget(count), scores));
    }

    @Property(tries = 500)
    void aShareIsTheHeadOfTheSortedScores(
            @ForAll List<@IntRange(min = 1, max = 5) Integer> ratings,
            @ForAll @DoubleRange(min = 0.01, max = 1) double share) {
        List<Double> scores = ratings.stream().map(Integer::doubleValue).toList();
        assertEquals(
                best(scores, scores.isEmpty() ? 0 : Math.max(1, Math.round(share * scores.size()))),
                kept(new Keep.TopShare(share), scores));
    }

    @Test
    void theStandardRuleKeepsSomethingWhateverTheJudge() {
        assertEquals(List.of(1), kept(Keep.standard(), List.of(3.12, 3.53, 3.2)));
        assertEquals(List.of(), kept(Keep.standard(), List.of()));
    }

    @Test
    void aThresholdIsInclusive() {
        assertEquals(List.of(0, 2), kept(new Keep.AtLeast(4.5), List.of(4.5, 4.49, 5.0)));
    }

    @Test
    void ofEqualScoresTheFirstAreKept() {
        assertEquals(List.of(0, 1, 3), kept(new Keep.Budget(3), List.of(3.0, 4.0, 2.0, 3.0, 3.0)));
    }

    @Test
    void wrongSettingsAreRefused() {
        assertEquals("keepAtLeast = NaN: expected a finite score", message(() -> new Keep.AtLeast(Double.NaN)));
        assertEquals("keepTopShare = 0.0: expected a share in (0, 1]", message(() -> new Keep.TopShare(0)));
        assertEquals("keepTopShare = 1.1: expected a share in (0, 1]", message(() -> new Keep.TopShare(1.1)));
        assertEquals("keepBudget = 0: expected at least 1", message(() -> new Keep.Budget(0)));
    }

    @Test
    void aThresholdIsOnTheScaleOfTheScores() {
        Keep half = new Keep.AtLeast(0.5);
        half.requireWithin(0, 1);
        half.requireWithin(Double.NEGATIVE_INFINITY, Double.POSITIVE_INFINITY);
        Keep.standard().requireWithin(7, 8); // a share has none
        assertEquals("keepAtLeast = 0.5: expected a score in [1.0, 5.0]", message(() -> half.requireWithin(1, 5)));
        assertEquals(
                "keepAtLeast = 0.5: expected a score of at most 0.0",
                message(() -> half.requireWithin(Double.NEGATIVE_INFINITY, 0)));
    }

    private static String message(Runnable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
    }
}
