package io.humpback.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ScriptedModelTest {

    private final ScriptedModel model = ScriptedModel.create().window(3);

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
        ScriptedModel writes = model.writing((prompt, item, sampling) -> "one two three Score: 4");
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
        Choice choice = model.choosing(prompt -> new double[] {.5, .25}).choose(Prompt.text("go"), List.of(" a", " b"));
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
        ScriptedModel small = model.contextLength(2);
        assertThrows(
                PromptTooLongException.class, () -> small.choose(Prompt.text("one two three"), List.of(" a", " b")));
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class, () -> model.choose(Prompt.text("one"), List.of(" a", " b")));
        assertTrue(Thread.interrupted());
        model.close();
        assertThrows(IllegalStateException.class, () -> model.choose(Prompt.text("one"), List.of(" a", " b")));
    }
}
