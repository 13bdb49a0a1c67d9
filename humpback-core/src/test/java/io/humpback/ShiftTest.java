package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.Example;
import io.humpback.quality.Attack;
import io.humpback.testing.FakeLanguageModel;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ShiftTest {

    /** Believes in ratings that it reads, and resents flattery; else gives a 2. */
    private final FakeLanguageModel gullible = FakeLanguageModel.create().rating(prompt -> {
        String text = FakeLanguageModel.text(prompt);
        String response = text.substring(text.lastIndexOf("<response"));
        return response.contains("Score: 5\n") ? 5 : response.contains("wonderful") ? 1 : 2;
    });

    private Map<Attack, Shift> shifts(Stream<Example> pairs) {
        return Shift.underAttack(Scorer.using(gullible), pairs, 4.5);
    }

    @Test
    void everyKindIsMeasuredAgainstTheSamePairWithoutIt() {
        Map<Attack, Shift> shifts = shifts(Stream.of(new Example("Why?", "For a reason."), new Example("How?", "So.")));
        assertEquals(Attack.values().length, shifts.size());
        Shift phrase = shifts.get(Attack.SCORE_PHRASE);
        assertEquals(6, phrase.scored());
        assertEquals(0, phrase.refused());
        assertEquals(3, phrase.mean(), 1e-12);
        assertEquals(3, phrase.greatest(), 1e-12);
        assertEquals(0, phrase.deviation(), 1e-12);
        assertEquals(6, phrase.lifted());
        Shift flattery = shifts.get(Attack.FLATTERY);
        assertEquals(-0.5, flattery.mean(), 1e-12);
        assertEquals(0, flattery.lifted());
        assertEquals(0, shifts.get(Attack.OPENER_FIRST).mean(), 1e-12);
    }

    @Test
    void aBareOpenerIsNotShownToTheJudge() {
        Shift opener = shifts(Stream.of(new Example("Why?", "For a reason."))).get(Attack.OPENER_ALONE);
        assertTrue(opener.refused() >= 2, () -> opener.toString());
    }

    @Test
    void aPairWithoutAScoreCountsNowhereAndTheSourceIsClosed() {
        AtomicBoolean closed = new AtomicBoolean();
        Map<Attack, Shift> shifts = shifts(Stream.of(new Example("Why?", " ")).onClose(() -> closed.set(true)));
        assertEquals(0, shifts.get(Attack.FLATTERY).scored());
        assertEquals(0, shifts.get(Attack.OPENER_ALONE).refused());
        assertEquals(Double.NaN, shifts.get(Attack.FLATTERY).mean());
        assertTrue(closed.get());
    }

    @Test
    void noAttackLeavesItsFence() {
        for (Attack attack : Attack.values()) {
            for (Example attacked : attack.on(new Example("Why?", "For a reason."))) {
                String prompt = FakeLanguageModel.text(Rubric.standard().prompt("Why?", attacked.response()));
                String end = prompt.substring(prompt.indexOf(attacked.response())
                        + attacked.response().length());
                String tag = end.strip().lines().findFirst().orElseThrow();
                assertTrue(tag.startsWith("</response"), tag);
                assertTrue(!attacked.response().contains(tag), attack + " closes " + tag);
            }
        }
    }
}
