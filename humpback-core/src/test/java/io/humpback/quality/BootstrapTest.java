package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.quality.Bootstrap.Interval;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BootstrapTest {

    @Test
    void intervalsFromGivenResamplesAreThoseOfTheReference() throws IOException {
        JsonNode golden = AgreementTest.goldens().get("bootstrap");
        Agreement all =
                Agreement.of(AgreementTest.numbers(golden.get("scores")), AgreementTest.numbers(golden.get("human")));
        JsonNode resamples = golden.get("resamples");
        double[] spearman = new double[resamples.size()];
        double[] error = new double[resamples.size()];
        for (int r = 0; r < resamples.size(); r++) {
            int[] rows = Arrays.stream(AgreementTest.numbers(resamples.get(r)))
                    .mapToInt(row -> (int) row)
                    .toArray();
            Agreement some = all.on(rows);
            spearman[r] = some.spearman();
            error[r] = some.meanAbsoluteError();
        }
        Interval interval = Bootstrap.interval(spearman, 0.95);
        assertEquals(golden.get("n_undefined").intValue(), interval.undefined());
        assertEquals(golden.get("spearman_ci95").get(0).doubleValue(), interval.low(), 1e-9);
        assertEquals(golden.get("spearman_ci95").get(1).doubleValue(), interval.high(), 1e-9);
        Interval ofError = Bootstrap.interval(error, 0.95);
        assertEquals(golden.get("mae_ci95").get(0).doubleValue(), ofError.low(), 1e-9);
        assertEquals(golden.get("mae_ci95").get(1).doubleValue(), ofError.high(), 1e-9);
    }

    private static double[] mean(double[] values, int[] rows) {
        return new double[] {
            Arrays.stream(rows).mapToDouble(row -> values[row]).average().orElse(Double.NaN)
        };
    }

    @Test
    void nineteenOfTwentyIntervalsHoldTheTruth() {
        SplittableRandom random = new SplittableRandom(3);
        int hits = 0;
        for (int trial = 0; trial < 200; trial++) {
            double[] values = random.doubles(80).toArray(); // of mean 1/2
            hits += new Bootstrap(300, trial, 0.95)
                            .intervals(values.length, rows -> mean(values, rows))
                            .get(0)
                            .contains(0.5)
                    ? 1
                    : 0;
        }
        assertTrue(hits >= 180 && hits <= 199, "held in " + hits + " of 200");
    }

    @Test
    void theSeedFixesTheIntervals() {
        double[] values = IntStream.range(0, 50).asDoubleStream().toArray();
        List<Interval> once = Bootstrap.of(7).intervals(50, rows -> mean(values, rows));
        assertEquals(once, Bootstrap.of(7).intervals(50, rows -> mean(values, rows)));
        assertTrue(!once.equals(Bootstrap.of(8).intervals(50, rows -> mean(values, rows))));
    }

    @Test
    void whatIsNeverDefinedHasNoInterval() {
        Interval interval =
                Bootstrap.of(1).intervals(3, rows -> new double[] {Double.NaN}).get(0);
        assertEquals(new Interval(Double.NaN, Double.NaN, 1000), interval);
    }

    @Test
    void anInterruptEndsIt() {
        Thread.currentThread().interrupt();
        try {
            assertThrows(CancellationException.class, () -> Bootstrap.of(1)
                    .intervals(3, rows -> new double[] {rows.length}));
        } finally {
            Thread.interrupted();
        }
    }

    @Test
    void settingsOutOfRangeAreRefused() {
        assertEquals(
                "resamples = 0: expected at least 1",
                assertThrows(IllegalArgumentException.class, () -> new Bootstrap(0, 1, 0.95))
                        .getMessage());
        assertEquals(
                "level = 95.0: expected a share in (0, 1)",
                assertThrows(IllegalArgumentException.class, () -> new Bootstrap(10, 1, 95))
                        .getMessage());
    }
}
