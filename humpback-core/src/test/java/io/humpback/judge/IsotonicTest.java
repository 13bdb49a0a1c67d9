package io.humpback.judge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class IsotonicTest {

    /** {@code IsotonicRegression(out_of_bounds="clip").fit(s, y).predict(x)} of scikit-learn 1.7. */
    @Test
    void probabilitiesAreThoseOfScikitLearn() {
        double[] scores = {0.1, 0.4, 0.35, 0.8, 0.35, 0.9, 0.2, 0.6, 0.65, 0.7};
        boolean[] good = {false, false, true, true, false, true, false, true, false, true};
        Isotonic curve = Isotonic.fit(scores, good);
        double[] asked = {0.0, 0.1, 0.3, 0.35, 0.38, 0.5, 0.6, 0.65, 0.68, 0.7, 0.75, 0.95};
        double[] expected = {
            0.0, 0.0, 0.2222222222, 0.3333333333, 0.3333333333, 0.4166666667, 0.5, 0.5, 0.8, 1.0, 1.0, 1.0
        };
        assertArrayEquals(expected, Arrays.stream(asked).map(curve::at).toArray(), 1e-9);
    }

    @Property
    void theCurveNeverFallsAndKeepsTheShareOfGoodRows(
            @ForAll @Size(min = 1, max = 40) List<@DoubleRange(min = -1e6, max = 1e6) Double> given,
            @ForAll long seed) {
        double[] scores = given.stream().mapToDouble(score -> score).toArray();
        boolean[] good = new boolean[scores.length];
        for (int i = 0; i < good.length; i++) {
            good[i] = (seed >> i % 60 & 1) == 1;
        }
        Isotonic curve = Isotonic.fit(scores, good);
        double[] sorted = scores.clone();
        Arrays.sort(sorted);
        double before = 0;
        double sum = 0;
        for (double score : sorted) {
            double now = curve.at(score);
            assertTrue(now >= before && now <= 1, now + " after " + before);
            before = now;
            sum += now;
        }
        assertEquals(Rows.of(good, true).length, sum, 1e-9);
    }
}
