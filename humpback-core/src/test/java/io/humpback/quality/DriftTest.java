package io.humpback.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class DriftTest {

    @Test
    void changesAreCountedAndMeasured() {
        Drift drift = Drift.between(new double[] {4.5, 3, 2, 4}, new double[] {4, 5, 2, 5}, 4.5);
        assertEquals(4, drift.rows());
        assertEquals((-0.5 + 2 + 0 + 1) / 4, drift.meanChange(), 1e-12);
        assertEquals((0.5 + 2 + 0 + 1) / 4, drift.meanAbsoluteChange(), 1e-12);
        assertEquals(
                Math.sqrt((1.125 * 1.125 + 1.375 * 1.375 + 0.625 * 0.625 + 0.375 * 0.375) / 3),
                drift.deviation(),
                1e-12);
        assertEquals(2, drift.entered());
        assertEquals(1, drift.left());
        assertEquals(
                Correlation.spearman(new double[] {4, 2, 1, 3}, new double[] {2, 3.5, 1, 3.5}),
                drift.spearman(),
                1e-12);
    }

    @Test
    void theSameJudgeDoesNotDrift() {
        double[] scores = {1, 2.5, 4.75};
        assertEquals(new Drift(3, 0, 0, 0, 1, 0, 0), Drift.between(scores, scores, 2));
    }

    @Test
    void noRowsAreUndefined() {
        Drift drift = Drift.between(new double[0], new double[0], 4.5);
        assertEquals(Double.NaN, drift.meanChange());
        assertEquals(Double.NaN, drift.spearman());
    }

    @Test
    void anotherNumberOfRowsIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> Drift.between(new double[2], new double[3], 4.5));
    }
}
