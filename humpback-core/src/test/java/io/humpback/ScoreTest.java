package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ScoreTest {

    @Test
    void itsTextIsOneLine() {
        Score score = Score.ofRatings(List.of(.01, .03, .12, .42, .42), .02, 0, List.of());
        assertEquals("4.21  [1: .01  2: .03  3: .12  4: .42  5: .42]  outside .02", score.toString());
        Score certain = Score.ofRatings(List.of(0., 0., 0., 0., 1.), 1, .25, List.of("Clear."));
        assertEquals("5.00  [1: .00  2: .00  3: .00  4: .00  5: 1.00]  outside 1.00  spread .25", certain.toString());
    }

    @Test
    void itsTextIsTheSameInEveryCountry() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.GERMANY);
            itsTextIsOneLine();
        } finally {
            Locale.setDefault(before);
        }
    }

    @Property(tries = 300)
    void theValueIsTheExpectationAndLiesBetweenOneAndFive(
            @ForAll @Size(5) List<@DoubleRange(min = 0, max = 1e6) Double> weights) {
        double sum = weights.stream().mapToDouble(w -> w + 1e-9).sum();
        List<Double> distribution = new ArrayList<>();
        double expected = 0;
        for (int i = 0; i < 5; i++) {
            distribution.add((weights.get(i) + 1e-9) / sum);
            expected += (i + 1) * distribution.get(i);
        }
        double value = Score.ofRatings(distribution, 0, 0, List.of()).value();
        assertTrue(value >= 1 && value <= 5);
        assertEquals(expected, value, 1e-9);
    }

    @Test
    void whatIsNoProbabilityIsRefused() {
        List<Double> even = List.of(.2, .2, .2, .2, .2);
        assertEquals(
                "distribution = [0.5, 0.5]: expected five probabilities that sum to 1",
                message(() -> Score.ofRatings(List.of(.5, .5), 0, 0, List.of())));
        assertEquals(
                "distribution = [0.5, 0.5, 0.5, -0.5, 0.0]: expected five probabilities that sum to 1",
                message(() -> Score.ofRatings(List.of(.5, .5, .5, -.5, 0.), 0, 0, List.of())));
        assertEquals(
                "distribution = [NaN, NaN, NaN, NaN, NaN]: expected five probabilities that sum to 1",
                message(() -> Score.ofRatings(java.util.Collections.nCopies(5, Double.NaN), 0, 0, List.of())));
        assertEquals("outside = 1.5: expected a probability", message(() -> Score.ofRatings(even, 1.5, 0, List.of())));
        assertEquals(
                "spread = NaN: expected at least 0", message(() -> Score.ofRatings(even, 0, Double.NaN, List.of())));
    }

    private static String message(Runnable wrong) {
        return assertThrows(IllegalArgumentException.class, wrong::run).getMessage();
    }
}
