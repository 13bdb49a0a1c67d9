package io.humpback.langchain4j;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.langchain4j.data.segment.TextSegment;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.ModelNotFoundException;
import dev.langchain4j.model.output.Response;
import dev.langchain4j.model.scoring.ScoringModel;
import dev.langchain4j.model.scoring.request.ScoringRequest;
import dev.langchain4j.model.scoring.request.ScoringRequestParameters;
import dev.langchain4j.model.scoring.response.ScoringResponse;
import io.humpback.question.Question;
import io.humpback.testing.FakeJudge;
import io.humpback.testing.FakeLanguageModel;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;

class HumpbackScoringModelTest {

    private static final String QUERY = "Why is the sky blue?";
    private static final List<TextSegment> SEGMENTS =
            List.of(TextSegment.from("Air scatters light."), TextSegment.from("Tea is hot."));

    private final FakeLanguageModel model = FakeLanguageModel.create()
            .choosing((prompt, texts) ->
                    FakeLanguageModel.text(prompt).contains("light") ? new double[] {.6, .2} : new double[] {0, .8});

    private final Question useful = Question.yesNo("useful", "Does the text answer the query?");

    @Test
    void aJudgeScoresSegmentsAsResponses() {
        ScoringModel scoring = HumpbackScoringModel.using(FakeJudge.rating(
                pair -> pair.instruction().equals(QUERY) && pair.response().contains("light") ? 4.5 : 2));
        assertEquals(List.of(4.5, 2.0), scoring.scoreAll(SEGMENTS, QUERY).content());
        assertEquals(4.5, scoring.score("Air scatters light.", QUERY).content());
        assertEquals(List.of(), scoring.scoreAll(List.of(), QUERY).content());
    }

    @Test
    void aQuestionIsAskedAboutEachSegment() {
        Response<List<Double>> response =
                HumpbackScoringModel.asking(model, useful).scoreAll(SEGMENTS, QUERY);
        assertEquals(2, response.content().size());
        assertEquals(.75, response.content().get(0), 1e-12);
        assertEquals(0, response.content().get(1), 1e-12);
        assertEquals(
                model.prompts().stream().mapToInt(model::countTokens).sum(),
                response.tokenUsage().inputTokenCount());
        assertTrue(FakeLanguageModel.text(model.prompts().get(0))
                .contains("<query>\nWhy is the sky blue?\n</query>\n\n<text>\nAir scatters light.\n</text>"));
    }

    @Test
    void aScaleGivesItsExpectation() {
        FakeLanguageModel graded = FakeLanguageModel.create().choosing((prompt, texts) -> new double[] {0, .5, .5});
        ScoringModel scoring =
                HumpbackScoringModel.asking(graded, Question.scale("use", "How useful is the text?", 1, 3));
        assertEquals(List.of(2.5, 2.5), scoring.scoreAll(SEGMENTS, QUERY).content());
    }

    @Test
    void aQuestionWithoutANumberIsRefused() {
        Question choice = Question.choice("kind", "What is it?", "an answer", "a story");
        assertEquals(
                "question kind = OneOf: expected a question of yes or no or a scale",
                assertThrows(IllegalArgumentException.class, () -> HumpbackScoringModel.asking(model, choice))
                        .getMessage());
    }

    @Test
    void aSegmentThatCannotBeJudgedIsNamed() {
        ScoringModel judged = HumpbackScoringModel.using(FakeJudge.rating(pair -> 3));
        List<TextSegment> copied = List.of(SEGMENTS.get(0), TextSegment.from(QUERY));
        InvalidRequestException thrown =
                assertThrows(InvalidRequestException.class, () -> judged.scoreAll(copied, QUERY));
        assertTrue(thrown.getMessage().startsWith("segment 1: "), thrown::getMessage);
        ScoringModel small = HumpbackScoringModel.asking(model.contextLength(20), useful);
        assertTrue(assertThrows(InvalidRequestException.class, () -> small.scoreAll(SEGMENTS, QUERY))
                .getMessage()
                .startsWith("segment 0: "));
    }

    @Test
    void anAsynchronousRequestGivesTheSameScores() {
        ScoringModel scoring = HumpbackScoringModel.asking(model, useful);
        ScoringRequest request = ScoringRequest.builder()
                .documents(SEGMENTS.stream().map(TextSegment::text).toList())
                .query(QUERY)
                .build();
        ScoringResponse response = scoring.scoreAsync(request).join();
        assertEquals(scoring.scoreAll(SEGMENTS, QUERY).content(), response.scores());
        assertTrue(response.tokenUsage().inputTokenCount() > 0);
        ScoringModel judged = HumpbackScoringModel.using(FakeJudge.rating(pair -> 3));
        assertNull(judged.scoreAsync(request).join().tokenUsage());
    }

    @Test
    void anotherModelIsRefused() {
        ScoringRequest request = ScoringRequest.builder()
                .documents(List.of("Tea is hot."))
                .query(QUERY)
                .parameters(ScoringRequestParameters.builder().modelName("gpt").build())
                .build();
        ScoringModel scoring = HumpbackScoringModel.asking(model, useful);
        CompletionException thrown = assertThrows(
                CompletionException.class, () -> scoring.scoreAsync(request).join());
        assertInstanceOf(ModelNotFoundException.class, thrown.getCause());
    }
}
