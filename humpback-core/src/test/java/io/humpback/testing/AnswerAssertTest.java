package io.humpback.testing;

import static io.humpback.testing.AnswerAssert.assertThatAnswer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Judge;
import io.humpback.Scorer;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class AnswerAssertTest {

    private final Judge judge = FakeJudge.rating(pair -> pair.response().contains("scattering") ? 4.25 : 2);

    private AnswerAssert answer(String text) {
        return assertThatAnswer(text).toInstruction("Why is the sky blue?").judgedBy(judge);
    }

    @Test
    void aGoodAnswerPasses() {
        answer("Because of Rayleigh scattering.")
                .scoresAtLeast(4.25)
                .scoresBelow(4.5)
                .scoresAbove("It just is that way.");
    }

    @Test
    void theMessageShowsScoreDistributionInstructionAndAnswer() {
        AssertionError error = assertThrows(
                AssertionError.class, () -> answer("It just is\nthat way.").scoresAtLeast(3.5));
        assertEquals(
                "answer scores 2.00  [1: .00  2: 1.00  3: .00  4: .00  5: .00]  outside .00, expected at least 3.5\n"
                        + "  instruction: Why is the sky blue?\n  answer: It just is that way.",
                error.getMessage());
    }

    @Test
    void aScoreTooHighOrAWorseAnswerFails() {
        AnswerAssert good = answer("Because of Rayleigh scattering.");
        assertThrows(AssertionError.class, () -> good.scoresBelow(4.25));
        AssertionError error =
                assertThrows(AssertionError.class, () -> good.scoresAbove("Due to scattering of light."));
        assertTrue(error.getMessage().contains("other answer: Due to scattering of light."), error.getMessage());
    }

    @Test
    void anEmptyAnswerFailsWithTheReason() {
        AssertionError error =
                assertThrows(AssertionError.class, () -> answer("  ").scoresAtLeast(1));
        assertTrue(error.getMessage().startsWith("answer cannot be judged: "), error.getMessage());
    }

    @Test
    void whatIsMissingIsNamed() {
        assertEquals(
                "toInstruction: expected before the assertion",
                assertThrows(
                                IllegalStateException.class,
                                () -> assertThatAnswer("a").judgedBy(judge).scoresAtLeast(1))
                        .getMessage());
        assertEquals(
                "judgedBy: expected before the assertion",
                assertThrows(
                                IllegalStateException.class,
                                () -> assertThatAnswer("a").toInstruction("i").scoresAtLeast(1))
                        .getMessage());
    }

    @Test
    void theJudgeIsAskedOnce() {
        AtomicInteger asked = new AtomicInteger();
        assertThatAnswer("some words of an answer")
                .toInstruction("Say something.")
                .judgedBy(FakeJudge.rating(pair -> {
                    asked.incrementAndGet();
                    return 3;
                }))
                .scoresAtLeast(1)
                .scoresAtLeast(2)
                .scoresBelow(4);
        assertEquals(1, asked.get());
    }

    @Test
    void theRealScorerIsAJudgeToo() {
        FakeLanguageModel model = FakeLanguageModel.create().rating(prompt -> 4);
        assertThatAnswer("Because of Rayleigh scattering.")
                .toInstruction("Why is the sky blue?")
                .judgedBy(Scorer.using(model))
                .scoresAtLeast(3.9);
    }
}
