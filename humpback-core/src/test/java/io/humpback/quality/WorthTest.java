package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.quality.Worth.Estimate;
import io.humpback.quality.Worth.Promise;
import io.humpback.quality.Worth.Range;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class WorthTest {

    /** Rows of which every tenth has a label, as the script that made the reference has them. */
    private static final int ROWS = 2000;

    private static final double[] SCORES =
            IntStream.range(0, ROWS).mapToDouble(i -> i * 7919 % 1009 / 1009.0).toArray();

    private static boolean good(int row) {
        return (row * 104729L + 17) % 997 / 997.0 < 0.2 + 0.7 * SCORES[row];
    }

    private static Worth worth(IntPredicate labelled, double many, double few) {
        int[] rows = IntStream.range(0, ROWS).filter(labelled).toArray();
        boolean[] good = new boolean[rows.length];
        double[] drawnWith = new double[rows.length];
        for (int i = 0; i < rows.length; i++) {
            good[i] = good(rows[i]);
            drawnWith[i] = SCORES[rows[i]] >= 0.5 ? many : few;
        }
        return Worth.of(SCORES, rows, good, drawnWith);
    }

    private static final Worth EVEN = worth(row -> row % 10 == 5, 0.1, 0.1);

    private static void same(double value, double low, double high, Range range) {
        assertEquals(value, range.value(), 1e-9);
        assertEquals(low, range.low(), 1e-7);
        assertEquals(high, range.high(), 1e-7);
    }

    /** By statsmodels' weighted least squares and scipy's Beta distribution. */
    @Test
    void theReferenceIsMet() {
        Estimate all = EVEN.of(row -> true, 0.95);
        assertEquals(2000, all.rows());
        assertEquals(200, all.labels());
        same(0.5717928617317778, 0.5111791941319348, 0.6308207110722646, all.precision());
        same(0.565, 0.49932809677631307, 0.6289910158628802, all.labelsOnly());
        Estimate best = EVEN.of(row -> SCORES[row] >= 0.5, 0.95);
        same(0.7424407029772515, 0.6553874922562519, 0.8169834812288679, best.precision());
        assertEquals(999, best.rows());
        assertEquals(0.6553874922562519 * 999, best.good().low(), 1e-4);
    }

    @Test
    void labelsOfUnequalProbabilityStandForUnequallyManyRows() {
        Worth uneven = worth(row -> SCORES[row] >= 0.5 ? row % 5 == 1 : row % 20 == 3, 0.2, 0.05);
        Estimate all = uneven.of(row -> true, 0.95);
        assertEquals(252, all.labels());
        same(0.5255515185606072, 0.4563813753899345, 0.593987763777622, all.precision());
        same(0.5294117647058822, 0.4545447698312939, 0.603290181304921, all.labelsOnly());
        Worth scaled = worth(row -> SCORES[row] >= 0.5 ? row % 5 == 1 : row % 20 == 3, 0.1, 0.025);
        assertEquals(all, scaled.of(row -> true, 0.95));
    }

    /** By ppi-python 0.2.3, whose slope has the variance of all scores; its interval knows no end of the rows. */
    @Test
    void theEstimateIsThatOfPredictionPoweredInference() {
        Range range = EVEN.of(row -> true, 0.95).precision();
        assertEquals(0.57176858, range.value(), 1e-4);
        double ofOneInTen = Math.sqrt(0.9);
        assertEquals((0.63527144 - 0.50826572) * ofOneInTen, range.high() - range.low(), 0.002);
    }

    @Test
    void whereAllRowsHaveALabelNothingIsUncertain() {
        Range range =
                worth(row -> true, 1, 1).of(row -> SCORES[row] >= 0.5, 0.95).precision();
        long rows = IntStream.range(0, ROWS).filter(row -> SCORES[row] >= 0.5).count();
        long good = IntStream.range(0, ROWS)
                .filter(row -> SCORES[row] >= 0.5 && good(row))
                .count();
        same((double) good / rows, (double) good / rows, (double) good / rows, range);
    }

    @Test
    void withoutALabelNothingIsKnown() {
        Estimate none = EVEN.of(row -> row % 10 == 1, 0.95);
        assertEquals(200, none.rows());
        assertEquals(new Range(Double.NaN, 0, 1), none.precision());
        assertEquals(0, EVEN.of(row -> false, 0.95).rows());
    }

    @Test
    void labelsThatAreAllGoodLeaveRoomForBadOnes() {
        double[] scores = IntStream.range(0, 1000).mapToDouble(i -> i).toArray();
        boolean[] good = new boolean[40];
        Arrays.fill(good, true);
        double[] drawnWith = new double[40];
        Arrays.fill(drawnWith, 0.04);
        Worth worth =
                Worth.of(scores, IntStream.range(0, 40).map(i -> 25 * i + 7).toArray(), good, drawnWith);
        Estimate all = worth.of(row -> true, 0.95);
        assertEquals(all.labelsOnly(), all.precision());
        assertEquals(1, all.precision().high());
        assertEquals(0.94, all.precision().low(), 0.005); // Jeffreys' for 41.7 of 41.7
    }

    @Test
    void whatIsWrongIsNamed() {
        assertEquals(
                "drawnWith = 0.0: expected a probability in (0, 1]",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Worth.of(SCORES, new int[] {1}, new boolean[1], new double[1]))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> Worth.of(SCORES, new int[1], new boolean[2], new double[1]));
        assertThrows(
                IllegalArgumentException.class,
                () -> Worth.of(new double[] {Double.NaN}, new int[0], new boolean[0], new double[0]));
        assertThrows(IllegalArgumentException.class, () -> EVEN.of(row -> true, 1));
        assertThrows(IllegalArgumentException.class, () -> EVEN.promise(0, 0.95));
        assertThrows(IllegalArgumentException.class, () -> EVEN.promise(0.9, 0));
    }

    @Property(tries = 300)
    void intervalsHoldTheEstimateAndAreNeverMuchWiderThanThoseOfTheLabels(
            @ForAll @IntRange(min = 5, max = 300) int rows,
            @ForAll @IntRange(min = 1, max = 9) int kinds,
            @ForAll long seed) {
        SimulatedWorld world = SimulatedWorld.of(seed, rows, 1 + (int) Math.abs(seed % rows), kinds / 10.0, 0.8);
        Estimate all = world.worth().of(row -> row % 2 == 0, 0.9);
        for (Range range : new Range[] {all.precision(), all.labelsOnly()}) {
            assertTrue(
                    all.labels() == 0 || range.low() <= range.value() && range.value() <= range.high(), all::toString);
            assertTrue(range.low() >= 0 && range.high() <= 1, all::toString);
        }
        double wide = all.labelsOnly().high() - all.labelsOnly().low();
        assertTrue(all.precision().high() - all.precision().low() <= 1.05 * wide + 1e-9, all::toString);
    }

    private static final double[] BASE_RATES = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};
    private static final double[] AREAS = {0.5, 0.6, 0.7, 0.8, 0.9, 0.97, 1};
    private static final int[] LABELS = {30, 60, 100, 300};

    /** Counts of worlds by what they have in common. */
    private static final class Tally {
        private final Map<String, double[]> sums = new TreeMap<>();

        void add(boolean holds, double width, double alone, String... kinds) {
            for (String kind : kinds) {
                double[] sum = sums.computeIfAbsent(kind, any -> new double[4]);
                sum[0]++;
                sum[1] += holds ? 1 : 0;
                sum[2] += width;
                sum[3] += alone;
            }
        }

        double rate(String kind) {
            return sums.get(kind)[1] / sums.get(kind)[0];
        }

        double width(String kind) {
            return sums.get(kind)[2] / sums.get(kind)[3];
        }
    }

    @Test
    void intervalsOfSimulatedWorldsHoldTheTruthAsOftenAsTheySay() {
        Tally tally = new Tally();
        Tally alone = new Tally();
        for (int i = 0; i < 7 * 7 * 4 * 30; i++) {
            double base = BASE_RATES[i % 7];
            double area = AREAS[i / 7 % 7];
            int labels = LABELS[i / 49 % 4];
            SimulatedWorld world = SimulatedWorld.of(i, i % 2 == 0 ? 500 : 2000, labels, base, area);
            double share = new double[] {1, 0.5, 0.2}[i % 3];
            Estimate kept = world.worth().of(row -> row < share * world.rows(), 0.95);
            double truth = world.precision(share);
            double width = kept.precision().high() - kept.precision().low();
            double wide = kept.labelsOnly().high() - kept.labelsOnly().low();
            assertTrue(width <= 1.05 * wide + 1e-9, kept::toString);
            String[] kinds = {"all", "base " + base, "area " + area, "labels " + labels, "share " + share};
            tally.add(holds(kept.precision(), truth), width, wide, kinds);
            alone.add(holds(kept.labelsOnly(), truth), wide, wide, kinds);
        }
        assertTrue(tally.width("all") < 0.92, () -> "width " + tally.width("all"));
        assertTrue(tally.width("area 1.0") < 0.6, () -> "width " + tally.width("area 1.0"));
        for (String kind : tally.sums.keySet()) {
            double rate = tally.rate(kind);
            boolean perfect = kind.equals("area 1.0"); // of which labels cannot show how good it is
            boolean some = kind.startsWith("base") || kind.startsWith("area"); // a seventh: the rate is known to 1.3 %
            assertTrue(rate > 0.93 && rate < (perfect ? 0.995 : some ? 0.98 : 0.97), () -> kind + ": " + rate);
        }
    }

    @Test
    void aBestRowWithALabelIsNoPromise() {
        double[] scores = IntStream.range(0, 100).mapToDouble(i -> -i).toArray();
        Worth worth = Worth.of(scores, new int[] {0, 50}, new boolean[] {true, false}, new double[] {0.02, 0.02});
        assertFalse(worth.promise(0.9, 0.95).holds());
        boolean[] good = new boolean[100];
        Arrays.fill(good, 0, 20, true);
        double[] drawnWith = new double[100];
        Arrays.fill(drawnWith, 1);
        Worth known = Worth.of(scores, IntStream.range(0, 100).toArray(), good, drawnWith);
        assertEquals(24, known.promise(0.8, 0.95).kept().rows()); // of which 20 are good; the next set has 26
    }

    @Test
    void aPromiseIsSeldomBroken() {
        int broken = 0;
        int promised = 0;
        int worlds = 7 * 7 * 4 * 12;
        for (int i = 0; i < worlds; i++) {
            SimulatedWorld world = SimulatedWorld.of(
                    i, i % 2 == 0 ? 500 : 2000, LABELS[i / 49 % 4], BASE_RATES[i % 7], AREAS[i / 7 % 7]);
            double precision = new double[] {0.7, 0.8, 0.9, 0.95}[i / 196 % 4];
            Promise promise = world.worth().promise(precision, 0.95);
            long kept = promise.kept().rows();
            assertEquals(promise.holds(), kept > 0);
            promised += promise.holds() ? 1 : 0;
            broken += promise.holds() && world.precision((double) kept / world.rows()) < precision - 1e-9 ? 1 : 0;
        }
        assertTrue(broken <= 0.02 * worlds, broken + " of " + worlds);
        assertTrue(promised >= 0.3 * worlds, promised + " of " + worlds);
    }

    @Test
    void asManyAreKeptAsThePrecisionAllows() {
        SimulatedWorld world = SimulatedWorld.of(7, 4000, 300, 0.6, 0.95);
        Promise high = world.worth().promise(0.9, 0.95);
        Promise low = world.worth().promise(0.7, 0.95);
        assertTrue(high.holds() && low.holds());
        assertTrue(low.kept().rows() > high.kept().rows());
        long best = IntStream.rangeClosed(1, 4000)
                .filter(kept -> world.precision(kept / 4000.0) >= 0.9)
                .max()
                .orElseThrow();
        assertTrue(high.kept().rows() <= best, () -> high + ", best " + best);
        assertTrue(high.kept().rows() >= 0.8 * best, () -> high + ", best " + best);
        assertEquals(
                high.kept().rows(),
                Arrays.stream(world.scores())
                        .filter(score -> score >= high.threshold())
                        .count());
    }

    @Test
    void whatCannotBePromisedSaysWhatWouldHelp() {
        Promise few = SimulatedWorld.of(1, 1000, 30, 0.9, 0.9).worth().promise(0.95, 0.95);
        assertFalse(few.holds());
        assertEquals(0, few.kept().rows());
        assertEquals(Double.POSITIVE_INFINITY, few.threshold());
        assertEquals(
                "30 labels are too few even if all were good: it takes at least 80, and more where some are bad",
                few.advice());
        assertEquals(
                "about 30 labels more, drawn as these 60, would do for the best 1242 rows if they turn out as these",
                SimulatedWorld.of(2, 2000, 60, 0.9, 0.8)
                        .worth()
                        .promise(0.9, 0.95)
                        .advice());
        assertEquals(
                "the best that is seen is about 0.61, of the best 1242 rows: more labels would hardly help, a judge that"
                        + " agrees better with them would",
                SimulatedWorld.of(2, 2000, 100, 0.5, 0.5)
                        .worth()
                        .promise(0.9, 0.95)
                        .advice());
        assertEquals(
                "0 labels are too few even if all were good: it takes at least 39, and more where some are bad",
                Worth.of(SCORES, new int[0], new boolean[0], new double[0])
                        .promise(0.9, 0.95)
                        .advice());
    }

    private static boolean holds(Range range, double truth) {
        return range.low() - 1e-9 <= truth && truth <= range.high() + 1e-9;
    }
}
