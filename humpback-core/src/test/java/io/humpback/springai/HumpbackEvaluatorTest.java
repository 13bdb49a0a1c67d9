package io.humpback.springai;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.LikelihoodScorer;
import io.humpback.Scorer;
import io.humpback.question.Question;
import io.humpback.testing.FakeJudge;
import io.humpback.testing.FakeLanguageModel;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.ai.document.Document;
import org.springframework.ai.evaluation.EvaluationRequest;
import org.springframework.ai.evaluation.EvaluationResponse;
import org.springframework.ai.evaluation.Evaluator;

class HumpbackEvaluatorTest {

    private static final EvaluationRequest SKY =
            new EvaluationRequest("Why is the sky blue?", "Air scatters short waves of light.");

    private final FakeLanguageModel model = FakeLanguageModel.create();

    @Test
    void aJudgesScorePassesFromTheThresholdOn() {
        Evaluator evaluator = HumpbackEvaluator.using(FakeJudge.rating(pair -> 3.5), 3.5);
        EvaluationResponse evaluation = evaluator.evaluate(SKY);
        assertTrue(evaluation.isPass());
        assertEquals(3.5f, evaluation.getScore());
        assertEquals("3.50  [1: .00  2: .00  3: .50  4: .50  5: .00]  outside .00", evaluation.getFeedback());
        assertEquals(3.5, evaluation.getMetadata().get("value"));
        assertEquals(
                Map.of("1", 0.0, "2", 0.0, "3", .5, "4", .5, "5", 0.0),
                evaluation.getMetadata().get("distribution"));
        assertEquals(0.0, evaluation.getMetadata().get("outside"));
        assertFalse(HumpbackEvaluator.using(FakeJudge.rating(pair -> 3.49), 3.5)
                .evaluate(SKY)
                .isPass());
    }

    @Test
    void theJudgeSeesTheUsersTextAndTheResponse() {
        Scorer scorer = Scorer.using(model);
        EvaluationResponse evaluation = HumpbackEvaluator.using(scorer, 3).evaluate(SKY);
        assertEquals(
                (float) scorer.score(SKY.getUserText(), SKY.getResponseContent())
                        .value(),
                evaluation.getScore());
    }

    @Test
    void aJudgeWithoutRatingsGivesItsSignals() {
        EvaluationResponse evaluation =
                HumpbackEvaluator.using(LikelihoodScorer.perToken(model), -10).evaluate(SKY);
        assertTrue(evaluation.isPass());
        assertTrue(evaluation.getMetadata().containsKey("signals"));
        assertFalse(evaluation.getMetadata().containsKey("distribution"));
    }

    @Test
    void aQuestionIsAskedAboutTheDocumentsToo() {
        FakeLanguageModel says = model.choosing((prompt, texts) -> new double[] {.6, .2});
        Evaluator evaluator = HumpbackEvaluator.asking(
                says, Question.yesNo("grounded", "Does the context support the response?"), .5);
        EvaluationResponse evaluation = evaluator.evaluate(new EvaluationRequest(
                SKY.getUserText(), List.of(new Document("Light is scattered by air.")), SKY.getResponseContent()));
        assertTrue(evaluation.isPass());
        assertEquals(.75f, evaluation.getScore(), 1e-6f);
        assertEquals("grounded: yes  [yes: .75  no: .25]  outside .20", evaluation.getFeedback());
        assertTrue(FakeLanguageModel.text(says.prompts().get(0))
                .contains("<context>\nLight is scattered by air.\n</context>\n\n<instruction>\nWhy is the sky blue?"));
        evaluator.evaluate(new EvaluationRequest(List.of(new Document("Light.")), "It scatters."));
        assertFalse(FakeLanguageModel.text(says.prompts().get(1)).contains("<instruction>"));
    }

    @Test
    void aScaleGivesItsExpectationAndSpread() {
        FakeLanguageModel graded = model.choosing((prompt, texts) -> new double[] {0, .5, .5});
        EvaluationResponse evaluation = HumpbackEvaluator.asking(
                        graded, Question.scale("use", "How useful?", 0, 2), 1.6)
                .evaluate(SKY);
        assertFalse(evaluation.isPass());
        assertEquals(1.5f, evaluation.getScore());
        assertEquals(.5, (double) evaluation.getMetadata().get("spread"), 1e-12);
    }

    @Test
    void whatCannotBeJudgedDoesNotPass() {
        for (Evaluator evaluator : List.of(
                HumpbackEvaluator.using(FakeJudge.rating(pair -> 5), 1),
                HumpbackEvaluator.asking(model, Question.yesNo("polite", "Is it polite?"), 0))) {
            EvaluationResponse evaluation = evaluator.evaluate(new EvaluationRequest("Why?", " "));
            assertFalse(evaluation.isPass());
            assertTrue(Float.isNaN(evaluation.getScore()));
            assertTrue(evaluation.getFeedback().contains("response"), evaluation::getFeedback);
            assertEquals(evaluation.getFeedback(), evaluation.getMetadata().get("dropped"));
        }
    }

    @Test
    void aQuestionWithoutANumberIsRefused() {
        Question choice = Question.choice("kind", "What is it?", "an answer", "a story");
        assertEquals(
                "question kind = OneOf: expected a question of yes or no or a scale",
                assertThrows(IllegalArgumentException.class, () -> HumpbackEvaluator.asking(model, choice, 1))
                        .getMessage());
    }
}
