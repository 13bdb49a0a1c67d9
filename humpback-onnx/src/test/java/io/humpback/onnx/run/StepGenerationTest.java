package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.llama.RandomLlama;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StepGenerationTest {

    private static final Sampling SAMPLING = Sampling.nucleus(0.95).seed(5).maxTokens(24);
    private static final int CONTEXT = 600;
    /** Ends about one completion in ten steps. */
    private static final Set<Integer> ENDS = Set.of(2, 3, 11, 17, 40);

    @TempDir
    static Path folder;

    private static StepDecoder engine;

    private int promptTokens;
    private int sharedTokens;
    private int written;
    private int items;

    @BeforeAll
    static void open() throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 2);
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, CONTEXT), folder);
        }
        engine = StepDecoder.open(folder.resolve("graph.onnx"), -1, 1, true);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    /** Text of ids: a letter each. */
    private static String text(int... ids) {
        return Arrays.stream(ids).mapToObj(id -> Character.toString('A' + id)).collect(Collectors.joining());
    }

    private Iterator<Completion> generation(Iterator<int[]> prompts, Sampling sampling, int batch) {
        DecodeRequest request = new DecodeRequest(
                prompts, sampling, ENDS, CONTEXT, batch, StepGenerationTest::text, (items, prompt, shared, written) -> {
                    this.items += items;
                    promptTokens += prompt;
                    sharedTokens += shared;
                    this.written += written;
                });
        return engine.complete(request);
    }

    private List<Completion> all(List<int[]> prompts, Sampling sampling, int batch) {
        List<Completion> completions = new ArrayList<>();
        generation(prompts.iterator(), sampling, batch).forEachRemaining(completions::add);
        return completions;
    }

    /** Prompts that begin alike, some long, some the same. */
    private static List<int[]> prompts(int count) {
        Random random = new Random(7);
        int[] ids = random.ints(400, 0, 50).toArray();
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    int[] prompt = Arrays.copyOf(ids, i % 7 == 3 ? 300 : 3 + i % 5);
                    prompt[prompt.length - 1] = i % 50;
                    return prompt;
                })
                .toList();
    }

    @Test
    void whoGoesOnInTheMiddleDrawsAsThere() {
        List<int[]> prompts = prompts(12);
        List<Completion> parts = new ArrayList<>(all(prompts.subList(0, 7), SAMPLING, 4));
        parts.addAll(all(prompts.subList(7, 12), SAMPLING.firstItem(7), 4));
        assertEquals(all(prompts, SAMPLING, 4), parts);
        assertNotEquals(parts.subList(7, 12), all(prompts.subList(7, 12), SAMPLING, 4));
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 32})
    void resultsDoNotDependOnTheSizeOfTheBatch(int batch) {
        List<int[]> prompts = prompts(40);
        assertEquals(all(prompts, SAMPLING, 1), all(prompts, SAMPLING, batch));
        Sampling greedy = Sampling.greedy().maxTokens(12);
        assertEquals(all(prompts, greedy, 1), all(prompts, greedy, batch));
    }

    @Test
    void resultsDoNotDependOnCompany() {
        List<int[]> prompts = prompts(20);
        List<Completion> together = all(prompts, SAMPLING, 8);
        // item 13 among others
        List<int[]> others = new ArrayList<>(prompts(40).subList(20, 40));
        others.set(13, prompts.get(13));
        assertEquals(together.get(13), all(others, SAMPLING, 5).get(13));
        Sampling greedy = Sampling.greedy().maxTokens(12);
        List<Completion> forth = all(prompts, greedy, 8);
        List<int[]> reversed = new ArrayList<>(prompts);
        java.util.Collections.reverse(reversed);
        List<Completion> back = new ArrayList<>(all(reversed, greedy, 8));
        java.util.Collections.reverse(back);
        assertEquals(forth, back);
    }

    @Test
    void seedAndItemMakeTheDifference() {
        int[] prompt = prompts(1).get(0);
        List<Completion> same = all(List.of(prompt, prompt, prompt), SAMPLING, 3);
        assertEquals(3, same.stream().map(Completion::ids).distinct().count());
        assertFalse(same.equals(all(List.of(prompt, prompt, prompt), SAMPLING.seed(6), 3)));
    }

    @Test
    void greedyTakesTheLargestLogitOfEachStep() {
        List<Completion> completions =
                all(prompts(5), Sampling.greedy().maxTokens(10).ignoreEnd(true), 3);
        for (int i = 0; i < 5; i++) {
            int[] ids = prompts(5).get(i);
            for (int id : completions.get(i).ids()) {
                float[] logits = engine.next(ids).values();
                assertTrue(IntStream.range(0, 50).allMatch(other -> logits[other] <= logits[id] + 1e-4f));
                ids = Arrays.copyOf(ids, ids.length + 1);
                ids[ids.length - 1] = id;
            }
        }
    }

    @Test
    void anEndTokenEndsACompletionAndIsNoText() {
        int ended = 0;
        for (Completion completion : all(prompts(40), SAMPLING, 8)) {
            List<Integer> ids = completion.ids();
            int last = ids.get(ids.size() - 1);
            assertTrue(ids.subList(0, ids.size() - 1).stream().noneMatch(ENDS::contains));
            int[] shown = ids.stream()
                    .mapToInt(id -> id)
                    .limit(ENDS.contains(last) ? ids.size() - 1 : ids.size())
                    .toArray();
            assertEquals(text(shown), completion.text());
            if (ENDS.contains(last)) {
                ended++;
                assertEquals(Completion.Finish.STOP, completion.finish());
            } else {
                assertEquals(Completion.Finish.LENGTH, completion.finish());
                assertEquals(24, ids.size());
            }
        }
        assertTrue(ended > 5 && ended < 40, ended + " ended");
    }

    @Test
    void endTokensCanBeIgnored() {
        List<Completion> completions = all(prompts(20), SAMPLING.ignoreEnd(true), 8);
        assertTrue(completions.stream().allMatch(completion -> completion.ids().size() == 24));
        assertTrue(completions.stream()
                .anyMatch(completion -> completion.ids().stream().anyMatch(ENDS::contains)));
        assertTrue(completions.stream().allMatch(completion -> completion.finish() == Completion.Finish.LENGTH));
    }

    @Test
    void aStopTokenEndsACompletionAsAnEndTokenDoes() {
        Sampling free = SAMPLING.ignoreEnd(true);
        List<Completion> whole = all(prompts(10), free, 4);
        for (int i = 0; i < 10; i++) {
            List<Integer> ids = whole.get(i).ids();
            int stop = ids.get(9);
            int at = ids.indexOf(stop);
            Completion stopped =
                    all(prompts(10).subList(0, i + 1), free.stopTokens(stop), 4).get(i);
            assertEquals(ids.subList(0, at + 1), stopped.ids());
            assertEquals(Completion.Finish.STOP, stopped.finish());
            assertEquals(text(ids.stream().limit(at).mapToInt(id -> id).toArray()), stopped.text());
        }
    }

    @Test
    void aStopTextEndsACompletionAndIsCutOff() {
        Sampling free = SAMPLING.ignoreEnd(true);
        List<Completion> whole = all(prompts(10), free, 4);
        for (int i = 0; i < 10; i++) {
            String text = whole.get(i).text();
            String stop = text.substring(9, 12);
            int at = text.indexOf(stop);
            Completion stopped = all(prompts(10).subList(0, i + 1), free.stopStrings("no such text", stop), 4)
                    .get(i);
            assertEquals(text.substring(0, at), stopped.text());
            assertEquals(Completion.Finish.STOP, stopped.finish());
            assertEquals(whole.get(i).ids().subList(0, at + 3), stopped.ids());
        }
    }

    @Test
    void theFirstOfSeveralStopTextsCounts() {
        Sampling free = SAMPLING.ignoreEnd(true);
        String text = all(prompts(1), free, 1).get(0).text();
        String late = text.substring(3, 6);
        String early = text.substring(2, 6); // complete at the same token, but begins before
        assertEquals(
                text.substring(0, 2),
                all(prompts(1), free.stopStrings(late, early), 1).get(0).text());
    }

    @Test
    void theContextBoundsPromptAndCompletionTogether() {
        int[] prompt = new Random(3).ints(CONTEXT - 5, 0, 50).toArray();
        Completion completion =
                all(List.of(prompt), SAMPLING.ignoreEnd(true), 4).get(0);
        assertEquals(5, completion.ids().size());
        assertEquals(Completion.Finish.LENGTH, completion.finish());
        assertEquals(CONTEXT - 5, completion.promptTokens());
        int[] full = Arrays.copyOf(prompt, CONTEXT - 1);
        assertEquals(
                1, all(List.of(full), SAMPLING.ignoreEnd(true), 4).get(0).ids().size());
    }

    @Test
    void promptsAreTakenAsTheyAreNeeded() {
        int[] taken = new int[1];
        Iterator<int[]> endless = Stream.generate(() -> {
                    taken[0]++;
                    return new int[] {1 + taken[0] % 40, 5};
                })
                .iterator();
        Iterator<Completion> generation = generation(endless, SAMPLING, 4);
        assertEquals(0, taken[0]);
        for (int i = 0; i < 50; i++) {
            assertTrue(generation.hasNext());
            generation.next();
            assertTrue(taken[0] <= i + 1 + 8 * 4 + 1, taken[0] + " taken for " + (i + 1));
        }
    }

    @Test
    void anInterruptEndsItAndTheEngineGoesOn() {
        List<Completion> before = all(prompts(10), SAMPLING, 4);
        Iterator<Completion> generation = generation(prompts(10).iterator(), SAMPLING, 4);
        generation.next();
        Thread.currentThread().interrupt();
        String message = assertThrows(CancellationException.class, () -> generation.forEachRemaining(completion -> {}))
                .getMessage();
        assertTrue(message.matches("interrupted after [1-9] completions"), message);
        assertFalse(Thread.interrupted());
        assertEquals(before, all(prompts(10), SAMPLING, 4));
    }

    @Test
    void theMeterHearsOfEverything() {
        List<int[]> prompts = prompts(40);
        List<Completion> completions = all(prompts, SAMPLING, 8);
        assertEquals(40, items);
        assertEquals(prompts.stream().mapToInt(prompt -> prompt.length).sum(), promptTokens);
        assertEquals(
                completions.stream()
                        .mapToInt(completion -> completion.ids().size())
                        .sum(),
                written);
        assertTrue(sharedTokens > 5 * 250 && sharedTokens < promptTokens, sharedTokens + " shared");
        for (int i = 0; i < 40; i++) {
            assertEquals(prompts.get(i).length, completions.get(i).promptTokens());
        }
    }

    @Test
    void whatOneGenerationComputedServesTheNext() {
        List<int[]> prompt = List.of(prompts(4).get(3));
        List<Completion> first = all(prompt, SAMPLING, 4);
        sharedTokens = 0;
        assertEquals(first, all(prompt, SAMPLING, 4));
        assertEquals(prompt.get(0).length - 2, sharedTokens); // the last two are computed, so that none is alone
        assertEquals(all(prompts(12), SAMPLING, 1), all(prompts(12), SAMPLING, 6)); // more rows than are kept
    }

    @Test
    void nothingGivesNothing() {
        Iterator<Completion> generation = generation(List.<int[]>of().iterator(), SAMPLING, 4);
        assertFalse(generation.hasNext());
        assertThrows(NoSuchElementException.class, generation::next);
    }
}
