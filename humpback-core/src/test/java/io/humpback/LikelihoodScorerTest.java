package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.Example;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.quality.Drop.Reason;
import io.humpback.testing.FakeLanguageModel;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class LikelihoodScorerTest {

    /** Finds each word as improbable as the instruction has letters: nats a token. */
    private final FakeLanguageModel model = FakeLanguageModel.create()
            .likelihood((prompt, word) ->
                    -0.5 - FakeLanguageModel.text(prompt).strip().length());

    @Test
    void theScoreIsTheMeanOverTheTokensOfTheResponse() {
        Score score = LikelihoodScorer.perToken(model).score("Why?", "Because of that");
        assertEquals(Map.of("logprob_given", -4.5, "response_tokens", 3), score.signals());
        assertEquals(-4.5, score.value());
        assertThrows(IllegalArgumentException.class, () -> score.signal(LikelihoodScorer.IFD));
        assertEquals(List.of(Prompt.chat(Message.user("Why?"))), model.prompts());
    }

    @Test
    void theGainComparesWithAnInstructionWithoutText() {
        Score score = LikelihoodScorer.gain(model).score("Why?", "Because of that");
        assertEquals(-4.5, score.signal(LikelihoodScorer.GIVEN));
        assertEquals(-0.5, score.signal(LikelihoodScorer.ALONE));
        assertEquals(3, score.signal(LikelihoodScorer.TOKENS));
        assertEquals(-4, score.value());
        assertEquals(Math.exp(4), score.signal(LikelihoodScorer.IFD), 1e-9);
        assertEquals(List.of(Prompt.chat(Message.user("Why?")), Prompt.chat(Message.user(""))), model.prompts());
    }

    @Test
    void aSystemTurnStandsBeforeBothInstructions() {
        LikelihoodScorer.gain(model).system("Answer.").score("Why?", "Because");
        assertEquals(
                List.of(
                        Prompt.chat(Message.system("Answer."), Message.user("Why?")),
                        Prompt.chat(Message.system("Answer."), Message.user(""))),
                model.prompts());
    }

    @Test
    void oneAListAndAStreamGiveTheSameScoresInOrder() {
        LikelihoodScorer scorer = LikelihoodScorer.gain(model);
        List<Example> pairs = IntStream.range(0, 23)
                .mapToObj(i -> new Example("Say " + "o".repeat(1 + i * 7 % 5), "Oh " + i))
                .toList();
        List<Scored<Example>> list = scorer.score(pairs);
        assertEquals(list, scorer.score(pairs.stream(), Function.identity()).toList());
        for (int i = 0; i < pairs.size(); i++) {
            assertEquals(pairs.get(i), list.get(i).item());
            assertEquals(
                    scorer.score(pairs.get(i).instruction(), pairs.get(i).response()),
                    list.get(i).score());
        }
    }

    @Test
    void whatCannotBeScoredComesOutInItsPlaceWithTheReason() {
        List<Scored<Example>> rated = LikelihoodScorer.gain(model.contextLength(5))
                .score(List.of(
                        new Example("Say", "one two three four"),
                        new Example("Say", " \n"),
                        new Example("Say", "Thought process:"),
                        new Example("Say", "one two three four five"),
                        new Example("Say", "one")));
        assertEquals(
                Arrays.asList(null, Reason.EMPTY, Reason.OPENER_ONLY, Reason.TOO_LONG, null),
                rated.stream()
                        .map(next -> next.drop() == null ? null : next.drop().reason())
                        .toList());
        assertThrows(UnscorableException.class, () -> LikelihoodScorer.perToken(model)
                .score("Say", ""));
    }

    @Test
    void aStreamIsPulledNoFurtherThanTheModelsWindowsAndIsClosed() {
        AtomicInteger pulled = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        Stream<Example> endless = Stream.generate(() -> new Example("Say", "word " + pulled.incrementAndGet()))
                .onClose(closed::incrementAndGet);
        try (Stream<Scored<Example>> rated = LikelihoodScorer.gain(model).score(endless, Function.identity())) {
            assertEquals(3, rated.limit(3).toList().size());
        }
        assertTrue(pulled.get() <= 8, pulled + " were pulled");
        assertEquals(1, closed.get());
        assertEquals(0, model.openCalls());
    }

    @Test
    void manyThreadsGetTheSameScores() {
        LikelihoodScorer scorer = LikelihoodScorer.gain(model);
        List<Double> values = IntStream.range(0, 200)
                .parallel()
                .mapToObj(i -> scorer.score("Say", "word " + i).value())
                .toList();
        assertEquals(List.of(-3.0), values.stream().distinct().toList());
    }

    @Test
    void aModelThatFindsNoNumberIsAtFault() {
        FakeLanguageModel broken = FakeLanguageModel.create().likelihood((prompt, word) -> Double.NaN);
        assertEquals(
                "likelihood of a response: found NaN a token, expected a finite number",
                assertThrows(ModelException.class, () -> LikelihoodScorer.perToken(broken)
                                .score("Why?", "Because."))
                        .getMessage());
    }
}
