package io.humpback;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.Candidate;
import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Listener.Progress;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.ScriptedReward;
import io.humpback.quality.Drop.Reason;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RewardScorerTest {

    /** Longer is better, far from any rating. */
    private final ScriptedReward model =
            ScriptedReward.of(turn -> Objects.requireNonNull(turn.text()).length() - 40.0);

    private final RewardScorer scorer = RewardScorer.using(model);

    @Test
    void theScoreIsTheRewardOfTheResponseAsTheTurnAfterTheInstruction() {
        Score score = scorer.score("Why?", "Because of that");
        assertEquals(new Score(-25, List.of(), 0, 0, List.of(), Map.of()), score);
        scorer.system("Answer.").score("Why?", "Because");
        assertEquals(
                List.of(
                        Continuation.of(Prompt.chat(Message.user("Why?")), "Because of that"),
                        Continuation.of(Prompt.chat(Message.system("Answer."), Message.user("Why?")), "Because")),
                model.turns());
    }

    @Test
    void oneAListAndAStreamGiveTheSameScoresInOrder() {
        List<Example> pairs = IntStream.range(0, 23)
                .mapToObj(i -> new Example("Say it", "Oh " + "so ".repeat(i * 7 % 5) + i))
                .toList();
        List<Scored<Example>> list = scorer.score(pairs);
        assertEquals(list, scorer.score(pairs.stream(), Function.identity()).toList());
        for (int i = 0; i < pairs.size(); i++) {
            assertEquals(pairs.get(i), list.get(i).item());
            assertEquals(
                    scorer.score("Say it", pairs.get(i).response()), list.get(i).score());
        }
    }

    @Test
    void whatCannotBeScoredComesOutInItsPlaceWithTheReason() {
        List<Scored<Example>> rated = RewardScorer.using(model.contextLength(5))
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
        assertThrows(UnscorableException.class, () -> scorer.score("Say", ""));
    }

    @Test
    void aStreamIsPulledNoFurtherThanTheModelsWindowsAndIsClosed() {
        AtomicInteger pulled = new AtomicInteger();
        AtomicInteger closed = new AtomicInteger();
        Stream<Example> endless = Stream.generate(() -> new Example("Say", "word " + pulled.incrementAndGet()))
                .onClose(closed::incrementAndGet);
        try (Stream<Scored<Example>> rated = scorer.score(endless, Function.identity())) {
            assertEquals(3, rated.limit(3).toList().size());
        }
        assertTrue(pulled.get() <= 8, pulled + " were pulled");
        assertEquals(1, closed.get());
        assertEquals(0, model.openCalls());
    }

    @Test
    void theBestShareIsKeptOnAnyScale() {
        List<Candidate> candidates = IntStream.range(0, 10)
                .mapToObj(i -> CuratorTest.candidate(i, "text " + "more ".repeat(i)))
                .toList();
        assertEquals(
                candidates.subList(7, 10),
                Curator.using(scorer)
                        .keepTopShare(0.3)
                        .curate(candidates.stream())
                        .toList());
    }

    @Test
    void aListenerHearsOfRewards() {
        List<Progress> heard = new ArrayList<>();
        scorer.listener(heard::add).score(List.of(new Example("Why?", "So."), new Example("Why?", "No.")));
        assertEquals(2, heard.get(heard.size() - 1).items());
    }

    @Test
    void aModelThatFindsNoNumberIsAtFault() {
        assertEquals(
                "reward of a response: found NaN, expected a finite number",
                assertThrows(ModelException.class, () -> RewardScorer.using(ScriptedReward.of(turn -> Double.NaN))
                                .score("Why?", "Because."))
                        .getMessage());
    }
}
