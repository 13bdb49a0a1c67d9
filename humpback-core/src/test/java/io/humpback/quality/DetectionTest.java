package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.quality.Detection.Bin;
import io.humpback.quality.Detection.Cut;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DetectionTest {

    private static final Detection FIVE =
            Detection.of(new double[] {1, 5, 3, 4, 3}, new boolean[] {false, true, false, true, true});

    @Property(tries = 300)
    void theAreaIsTheChanceThatAGoodRowScoresHigher(
            @ForAll @IntRange(min = 1, max = 40) int rows,
            @ForAll @IntRange(min = 1, max = 9) int values,
            @ForAll long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] scores = random.ints(rows, 0, values).asDoubleStream().toArray();
        boolean[] positive = new boolean[rows];
        for (int i = 0; i < rows; i++) {
            positive[i] = random.nextBoolean();
        }
        double above = 0;
        long pairs = 0;
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < rows; j++) {
                if (positive[i] && !positive[j]) {
                    above += scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0;
                    pairs++;
                }
            }
        }
        Detection detection = Detection.of(scores, positive);
        assertEquals(pairs == 0 ? Double.NaN : above / pairs, detection.rocAuc(), 1e-12);
        for (Cut cut : detection.cuts()) {
            assertEquals(cut, detection.at(cut.threshold()));
            assertEquals(rows, cut.kept() + cut.falseNegatives() + cut.trueNegatives());
        }
        assertEquals(
                rows,
                detection.calibration(0, values, 4).stream()
                        .mapToInt(Bin::count)
                        .sum());
    }

    /** {@code brier_score_loss} of scikit-learn 1.7; the error by NumPy, as its Javadoc says. */
    @Test
    void brierScoreAndCalibrationErrorAreThoseOfReferences() {
        double[] scores = new double[40];
        boolean[] good = new boolean[40];
        for (int i = 0; i < 40; i++) {
            scores[i] = (Math.sin(i * 1.3) + 1) / 2;
            good[i] = Math.sin(i) + 0.3 * Math.cos(2 * i) + 0.8 * Math.sin(5 * i) > 0;
        }
        Detection detection = Detection.of(scores, good);
        assertEquals(0.5135829842573851, detection.brier(), 1e-12);
        assertEquals(0.5102629618456067, detection.calibrationError(10), 1e-12);
        assertEquals(0.2907268170426065, detection.rocAuc(), 1e-12);
    }

    @Test
    void onlyProbabilitiesHaveABrierScore() {
        boolean[] good = {true, false};
        assertEquals(0, Detection.of(new double[] {1, 0}, good).brier());
        assertEquals(0, Detection.of(new double[] {1, 0}, good).calibrationError(10));
        assertEquals(1, Detection.of(new double[] {0, 1}, good).brier());
        assertTrue(Double.isNaN(Detection.of(new double[] {1.5, 0}, good).brier()));
        assertTrue(Double.isNaN(Detection.of(new double[] {0.5, -0.1}, good).calibrationError(10)));
        assertTrue(Double.isNaN(Detection.of(new double[0], new boolean[0]).brier()));
    }

    @Test
    void everyDifferentScoreIsACutOnce() {
        assertEquals(
                List.of(new Cut(5, 1, 0, 2, 2), new Cut(4, 2, 0, 1, 2), new Cut(3, 3, 1, 0, 1), new Cut(1, 3, 2, 0, 0)),
                FIVE.cuts());
        assertEquals(new Cut(4.5, 1, 0, 2, 2), FIVE.at(4.5));
        assertEquals(0.75, FIVE.at(3).precision());
        assertEquals(6.0 / 7, FIVE.at(3).f1());
    }

    @Test
    void theThresholdForAPrecisionKeepsMost() {
        assertEquals(Optional.of(new Cut(4, 2, 0, 1, 2)), FIVE.thresholdFor(1));
        assertEquals(Optional.of(new Cut(3, 3, 1, 0, 1)), FIVE.thresholdFor(0.7));
        assertEquals(
                Optional.empty(),
                Detection.of(new double[] {5, 1}, new boolean[] {false, true}).thresholdFor(0.9));
        assertEquals(
                "precision = 0.0: expected a share in (0, 1]",
                assertThrows(IllegalArgumentException.class, () -> FIVE.thresholdFor(0))
                        .getMessage());
    }

    @Test
    void aCalibrationCountsEveryRowOnceAndAdmitsEmptyBins() {
        List<Bin> bins = FIVE.calibration(1, 5, 4);
        assertEquals(List.of(1, 0, 2, 2), bins.stream().map(Bin::count).toList());
        assertEquals(new Bin(3, 4, 2, 3, 0.5), bins.get(2));
        assertEquals(new Bin(4, 5, 2, 4.5, 1), bins.get(3));
        assertEquals(Double.NaN, bins.get(1).rate());
        assertEquals(2, FIVE.calibration(3.5, 4.5, 1).size() * 2);
        assertThrows(IllegalArgumentException.class, () -> FIVE.calibration(1, 1, 4));
    }

    @Test
    void aMillionRowsTakeNoSquare() {
        SplittableRandom random = new SplittableRandom(1);
        int rows = 1_000_000;
        double[] scores = random.doubles(rows).toArray();
        boolean[] positive = new boolean[rows];
        for (int i = 0; i < rows; i++) {
            positive[i] = random.nextDouble() < scores[i];
        }
        Detection detection = Detection.of(scores, positive);
        assertEquals(5.0 / 6, detection.rocAuc(), 0.002); // P(a good one is higher), density 2s against 2 - 2s
        assertTrue(detection.averagePrecision() > 0.7);
    }
}
