package io.humpback.judge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/**
 * The weights are those of scikit-learn 1.7: {@code Z = (X - X.mean(0)) / X.std(0) * deviations;
 * LogisticRegression(C=C, tol=1e-12, max_iter=10000).fit(Z, y)}, its coefficients for X.
 */
class LogisticRegressionTest {

    private static final int ROWS = 40;

    private final double[][] rows = new double[ROWS][];
    private final boolean[] good = new boolean[ROWS];

    LogisticRegressionTest() {
        for (int i = 0; i < ROWS; i++) {
            rows[i] = new double[] {Math.sin(i), 100 + 5 * Math.cos(2 * i), i * 7 % 11 / 3.0};
            good[i] = Math.sin(i) + 0.3 * Math.cos(2 * i) + 0.8 * Math.sin(5 * i) > 0;
        }
    }

    @Test
    void weightsAreThoseOfScikitLearn() {
        assertLine(1, new double[] {1, 1, 1}, new double[] {2.81873998, 0.19157948, -0.3388251}, -19.16596387);
        assertLine(0.01, new double[] {1, 1, 1}, new double[] {0.18793931, 0.00721381, -0.02125238}, -0.79186302);
        assertLine(10, new double[] {0.5, 1, 0.1}, new double[] {3.87709747, 0.33388788, -0.14846533}, -34.2265244);
    }

    private void assertLine(double strength, double[] deviations, double[] weights, double intercept) {
        Line line = LogisticRegression.fit(rows, good, deviations, strength);
        assertArrayEquals(weights, line.weights(), 1e-4);
        assertEquals(intercept, line.intercept(), 1e-2);
    }

    @Test
    void whatIsGoodMayComeFirstOrLast() {
        boolean[] others = new boolean[ROWS];
        for (int i = 0; i < ROWS; i++) {
            others[i] = !good[i];
        }
        double[] ones = {1, 1, 1};
        Line line = LogisticRegression.fit(rows, good, ones, 1);
        Line opposite = LogisticRegression.fit(rows, others, ones, 1);
        for (double[] row : rows) {
            assertEquals(line.at(row), -opposite.at(row), 1e-4);
        }
    }

    @Test
    void aColumnThatNeverDiffersWeighsNothing() {
        double[][] more = new double[ROWS][];
        for (int i = 0; i < ROWS; i++) {
            more[i] = new double[] {rows[i][0], 1e6 + 0.1};
        }
        assertEquals(
                0, LogisticRegression.fit(more, good, new double[] {1, 1}, 1).weights()[1]);
    }

    @Test
    void theLossOfFarLogOddsStaysFinite() {
        assertEquals(1000, Line.loss(-1000, true));
        assertEquals(0, Line.loss(-1000, false));
        assertEquals(Math.log(2), Line.loss(0, true), 1e-15);
        assertEquals(-Math.log(Line.probability(1.5)), Line.loss(1.5, true), 1e-12);
    }
}
