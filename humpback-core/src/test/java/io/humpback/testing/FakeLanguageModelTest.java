package io.humpback.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Scorer;
import io.humpback.model.Choice;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.Likelihood;
import io.humpback.model.Prompt;
import io.humpback.model.PromptTooLongException;
import io.humpback.model.Sampling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FakeLanguageModelTest {

    private final FakeLanguageModel model = FakeLanguageModel.create().window(3);

    @Test
    void itPullsOneWindowAtATime() {
        AtomicInteger pulled = new AtomicInteger();
        Stream<Prompt> endless = Stream.generate(() -> Prompt.text("word " + pulled.incrementAndGet()));
        try (Stream<Choice> choices = model.choose(endless, List.of(" a", " b"))) {
            assertEquals(4, choices.limit(4).count());
        }
        assertEquals(6, pulled.get());
        assertEquals(0, model.openCalls());
    }

    @Test
    void closingClosesThePrompts() {
        List<String> closed = new ArrayList<>();
        Stream<Prompt> prompts = Stream.<Prompt>of(Prompt.text("a")).onClose(() -> closed.add("prompts"));
        model.complete(prompts, Sampling.greedy()).close();
        assertEquals(List.of("prompts"), closed);
    }

    @Test
    void aStopTextAndTheBoundEndACompletion() {
        FakeLanguageModel writes = model.writing((prompt, item, sampling) -> "one two three Score: 4");
        Completion stopped =
                writes.complete(Prompt.text("go"), Sampling.greedy().stopStrings("Score:"));
        assertEquals("one two three ", stopped.text());
        assertEquals(Completion.Finish.STOP, stopped.finish());
        Completion cut = writes.complete(Prompt.text("go"), Sampling.greedy().maxTokens(2));
        assertEquals("one two", cut.text());
        assertEquals(Completion.Finish.LENGTH, cut.finish());
    }

    @Test
    void probabilitiesAndTheRestSumToOne() {
        Choice choice = model.choosing((prompt, texts) -> new double[] {.5, .25})
                .choose(Prompt.text("go"), List.of(" a", " b"));
        assertEquals(.25, Math.exp(choice.logOther()), 1e-12);
        assertEquals(2.0 / 3, choice.normalised()[0], 1e-12);
    }

    @Test
    void aLikelihoodIsTheSumOverWords() {
        Likelihood both = model.logLikelihood(Continuation.of(Prompt.text("go"), "alpha beta"));
        Likelihood first = model.logLikelihood(Continuation.of(Prompt.text("go"), "alpha"));
        Likelihood second = model.logLikelihood(Continuation.of(Prompt.text("go"), "beta"));
        assertEquals(first.sum() + second.sum(), both.sum(), 1e-12);
    }

    @Test
    void aPromptTooLongAnInterruptAndACloseEndTheWork() {
        FakeLanguageModel small = model.contextLength(2);
        assertThrows(
                PromptTooLongException.class, () -> small.choose(Prompt.text("one two three"), List.of(" a", " b")));
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> model.choose(Prompt.text("one"), List.of(" a", " b")));
        assertTrue(Thread.interrupted());
        model.close();
        assertThrows(IllegalStateException.class, () -> model.choose(Prompt.text("one"), List.of(" a", " b")));
    }

    @Test
    void withoutAChooserAllTextsAreEquallyProbable() {
        assertEquals(
                List.of(.25, .25, .25, .25),
                Arrays.stream(model.choose(Prompt.text("go"), List.of(" a", " b", " c", " d"))
                                .normalised())
                        .boxed()
                        .toList());
    }

    @Test
    void aRatingIsWhatAScorerReads() {
        FakeLanguageModel rates =
                model.rating(prompt -> FakeLanguageModel.text(prompt).contains("scatters") ? 4.25 : 1);
        assertEquals(
                4.25, Scorer.using(rates).score("Why?", "Air scatters light.").value(), 1e-12);
        assertEquals(1, Scorer.using(rates).score("Why?", "It just does so.").value(), 1e-12);
        Scorer wrong = Scorer.using(model.rating(prompt -> 5.5));
        assertEquals(
                "rating = 5.5: expected 1 to 5",
                assertThrows(IllegalArgumentException.class, () -> wrong.score("Why?", "It just does so."))
                        .getMessage());
    }

    @Test
    void theWrongNumberOfProbabilitiesIsRefused() {
        FakeLanguageModel wrong = model.choosing((prompt, texts) -> new double[] {1});
        assertEquals(
                "fake model: found 1 probabilities, expected one for each of [ a,  b]",
                assertThrows(IllegalArgumentException.class, () -> wrong.choose(Prompt.text("go"), List.of(" a", " b")))
                        .getMessage());
    }

    @Test
    void aCopyRemembersWithTheModelItWasMadeFrom() {
        Prompt go = Prompt.text("go");
        model.window(1).choose(go, List.of(" a", " b"));
        assertEquals(List.of(go), model.prompts());
        assertEquals(1, model.calls());
    }
}
