package io.humpback.question;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class AnswerTest {

    private static final Question POLITE = Question.yesNo("polite", "Is it polite?");
    private static final Question USE = Question.scale("use", "How useful?", -1, 2);

    @Test
    void aScaleHasExpectationAndSpread() {
        Answer answer = new Answer(USE, List.of(.1, .2, .3, .4), .05);
        assertEquals(1, answer.expectation(), 1e-12); // -.1 + .3 + .8
        assertEquals(1, answer.spread(), 1e-12); // .4 + .2 + .4
        assertEquals(.4, answer.probability("2"));
        assertEquals("2", answer.mostProbable());
        assertEquals("use: 1.00  [-1: .10  0: .20  1: .30  2: .40]  outside .05", answer.toString());
    }

    @Test
    void entropyIsInNats() {
        assertEquals(Math.log(4), new Answer(USE, List.of(.25, .25, .25, .25), 0).entropy(), 1e-12);
        assertEquals(0, new Answer(USE, List.of(0.0, 1.0, 0.0, 0.0), 0).entropy());
    }

    @Test
    void whatTheQuestionDoesNotHaveIsRefused() {
        Answer yes = new Answer(POLITE, List.of(.75, .25), 0);
        assertEquals(.75, yes.yes());
        assertEquals("polite: yes  [yes: .75  no: .25]  outside .00", yes.toString());
        assertEquals(
                "question polite: found options [yes, no], expected a scale",
                assertThrows(IllegalStateException.class, yes::expectation).getMessage());
        assertThrows(IllegalStateException.class, yes::spread);
        assertEquals(
                "question use: found options [-1, 0, 1, 2], expected a question of yes or no",
                assertThrows(IllegalStateException.class, new Answer(USE, List.of(.1, .2, .3, .4), 0)::yes)
                        .getMessage());
        assertEquals(
                "question polite: option = maybe: expected one of [yes, no]",
                assertThrows(IllegalArgumentException.class, () -> yes.probability("maybe"))
                        .getMessage());
    }

    @Test
    void whatAreNoProbabilitiesIsRefused() {
        assertEquals(
                "question polite: probabilities = [0.5, 0.4]: expected 2 that sum to 1",
                assertThrows(IllegalArgumentException.class, () -> new Answer(POLITE, List.of(.5, .4), 0))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new Answer(POLITE, List.of(1.0), 0));
        assertThrows(IllegalArgumentException.class, () -> new Answer(POLITE, List.of(.5, .5), 1.5));
        assertThrows(IllegalArgumentException.class, () -> new Answer(POLITE, List.of(.5, .5), Double.NaN));
    }

    @Test
    void aLongScaleIsShownByItsSpread() {
        Answer answer = new Answer(Question.scale("use", "How useful?", 1, 20), Collections.nCopies(20, .05), 0);
        assertEquals("use: 10.50  spread 5.77  outside .00", answer.toString());
    }

    @Property(tries = 200)
    void theExpectationLiesOnTheScale(
            @ForAll @Size(min = 2, max = 9) List<@DoubleRange(min = 0, max = 1) Double> weights,
            @ForAll @IntRange(min = -1000, max = 1000) int from) {
        double sum = weights.stream().mapToDouble(w -> w + 1e-9).sum();
        List<Double> probabilities = weights.stream().map(w -> (w + 1e-9) / sum).toList();
        int to = from + weights.size() - 1;
        Answer answer = new Answer(Question.scale("use", "How useful?", from, to), probabilities, 0);
        assertTrue(answer.expectation() >= from && answer.expectation() <= to);
        assertTrue(answer.spread() <= (to - from) / 2.0 + 1e-9);
        assertTrue(answer.entropy() >= 0 && answer.entropy() <= Math.log(weights.size()) + 1e-9);
    }
}
