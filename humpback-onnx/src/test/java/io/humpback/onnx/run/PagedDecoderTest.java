package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.Completion;
import io.humpback.model.ModelException;
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
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole generations over blocks, attention by its definition, against a step a token, in 32 bits on the CPU. */
class PagedDecoderTest {

    private static final int CONTEXT = 400;
    private static final Set<Integer> ENDS = Set.of(2, 3, 11);
    private static final PagedDecoder.Memory MEMORY = new PagedDecoder.Memory(1L << 30, 2, 2, 48, 64, 500, 50, 4);

    private static final DecodeRequest.Meter NONE = (items, prompt, shared, written) -> {};

    @TempDir
    static Path folder;

    private static StepDecoder stepped;
    private static PagedDecoder paged;

    @BeforeAll
    static void open() throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 2);
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Path steps = Files.createDirectory(folder.resolve("steps"));
            Path blocks = Files.createDirectory(folder.resolve("blocks"));
            stepped = StepDecoder.open(
                    Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, CONTEXT), steps), -1, 1, true);
            paged = PagedDecoder.open(
                    Graphs.write(InferenceGraphs.paged(Precision.BF16, checkpoint, CONTEXT), blocks),
                    -1,
                    1,
                    true,
                    6,
                    MEMORY);
        }
    }

    @AfterAll
    static void close() {
        stepped.close();
        paged.close();
    }

    private static String text(int... ids) {
        return Arrays.stream(ids).mapToObj(id -> Character.toString('A' + id)).collect(Collectors.joining());
    }

    /** Prompts of unequal lengths, most of which begin alike; some share one or two blocks. */
    private static List<int[]> prompts(int count) {
        int[] ids = new Random(7).ints(400, 0, 50).toArray();
        int[] lengths = {1, 2, 63, 64, 65, 128, 129, 5, 140};
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    int[] prompt = Arrays.copyOf(ids, lengths[i % lengths.length]);
                    prompt[prompt.length - 1] = i % 50;
                    return prompt;
                })
                .toList();
    }

    private static List<Completion> all(Decoder decoder, List<int[]> prompts, Sampling sampling, int batch) {
        List<Completion> completions = new ArrayList<>();
        decoder.complete(new DecodeRequest(
                        prompts.iterator(), sampling, ENDS, CONTEXT, batch, PagedDecoderTest::text, NONE))
                .forEachRemaining(completions::add);
        return completions;
    }

    private static void same(List<int[]> prompts, Sampling sampling, int batch) {
        assertEquals(all(stepped, prompts, sampling, batch), all(paged, prompts, sampling, batch));
    }

    /** With a batch of 1 each slot but the first prompt's is a follower's; with 32 none is. */
    @ParameterizedTest
    @ValueSource(ints = {1, 5, 32})
    void greedyCompletionsAreThoseOfTheSteppedDecode(int batch) {
        same(prompts(24), Sampling.greedy().maxTokens(20), batch);
        same(prompts(8), Sampling.greedy().maxTokens(1), batch);
        same(prompts(8), Sampling.greedy().maxTokens(12).ignoreEnd(true), batch);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 7})
    void drawsAreThoseOfTheSteppedDecode(int batch) {
        Sampling all = Sampling.nucleus(1).seed(4).maxTokens(16);
        same(prompts(20), all, batch);
        same(prompts(20), all.topK(5).temperature(0.7).seed(5), batch);
        same(prompts(20), all.topP(0.6).temperature(1.5).seed(6), batch);
        same(prompts(20), all.minP(0.2).topP(0.9).topK(30).seed(7), batch);
        same(prompts(20), all.firstItem(40), batch);
    }

    @Test
    void stopStringsActAcrossTheBordersOfRuns() {
        Sampling long_ = Sampling.nucleus(0.9).seed(9).maxTokens(150).ignoreEnd(true);
        same(prompts(6), long_.stopStrings("AB", "C"), 4);
        same(prompts(6), long_.stopStrings("QQQQQ"), 4);
        same(prompts(6), long_.stopTokens(17, 40), 4);
    }

    @Test
    void theContextBoundsCompletions() {
        int[] ids = new Random(7).ints(395, 0, 50).toArray();
        same(List.of(ids, new int[] {7, 8}), Sampling.greedy().maxTokens(40).ignoreEnd(true), 2);
        same(
                List.of(ids, new int[] {7, 8}, ids),
                Sampling.greedy().maxTokens(40).ignoreEnd(true),
                1);
    }

    @Test
    void logitsAndLikelihoodsAreThoseOfTheSteppedDecode() {
        List<int[]> prompts = prompts(18);
        List<TokenContinuation> continuations = prompts.stream()
                .map(ids -> new TokenContinuation(ids, Arrays.copyOf(ids, 1 + ids[0] % 3)))
                .toList();
        List<Decoder.Computed> logits = paged.next(prompts);
        List<Decoder.Computed> logs = paged.logProbabilities(continuations);
        int shared = 0;
        for (int i = 0; i < prompts.size(); i++) {
            assertArrayEquals(
                    stepped.next(prompts.get(i)).values(), logits.get(i).values(), 1e-4f);
            float[] expected = stepped.logProbabilities(continuations.get(i)).values();
            assertArrayEquals(expected, logs.get(i).values(), 1e-4f);
            shared += logits.get(i).shared();
        }
        assertEquals(
                64 * (1 + 1 + 2 + 1 + 1 + 2 + 2), shared); // blocks of those from 128 on, and of 65 the second time
    }

    @Test
    void manyCompletionsOfAPromptReadItOnce() {
        int[] prompt = new Random(3).ints(130, 0, 50).toArray();
        List<TokenContinuation> continuations = IntStream.range(0, 5)
                .mapToObj(i -> new TokenContinuation(prompt, new int[] {i, i + 1, i + 2}))
                .toList();
        List<Decoder.Computed> logs = paged.logProbabilities(continuations);
        for (int i = 0; i < continuations.size(); i++) {
            assertEquals(i == 0 ? 0 : 128, logs.get(i).shared());
            assertArrayEquals(
                    stepped.logProbabilities(continuations.get(i)).values(),
                    logs.get(i).values(),
                    1e-4f);
        }
    }

    @Test
    void promptsThatDoNotFitTheMemoryAreComputedInFurtherRuns() {
        PagedDecoder.Memory two = new PagedDecoder.Memory(
                2 * 2 * 96 * 4 * 6 * 64 + 6 * 500 * 4 * 280 + 4 * 4 * 50 * 2, 2, 2, 48, 64, 500, 50, 4);
        assertTrue(two.holds(2, 280, 6));
        assertTrue(!two.holds(2, 281, 6));
        assertTrue(!two.holds(2, 280, 7));
        assertTrue(!two.holds(3, 280, 6));
        try (PagedDecoder small = PagedDecoder.open(folder.resolve("blocks/graph.onnx"), -1, 1, true, 6, two)) {
            assertEquals(
                    2,
                    small.packed(Collections.nCopies(6, new int[140]), ids -> ids, i -> 16)
                            .size());
            assertEquals(
                    1,
                    small.packed(Collections.nCopies(6, new int[140]), ids -> ids, i -> 60)
                            .size());
            Sampling sampling = Sampling.nucleus(0.9).seed(3).maxTokens(16);
            assertEquals(all(paged, prompts(20), sampling, 6), all(small, prompts(20), sampling, 6));
        }
    }

    @Test
    void aPromptWhoseValuesCannotBeNumberedIsRefused() {
        PagedDecoder.Memory wide = new PagedDecoder.Memory(1L << 40, 2, 2, 48, 64, 1 << 24, 50, 4);
        try (PagedDecoder decoder = PagedDecoder.open(folder.resolve("blocks/graph.onnx"), -1, 1, true, 6, wide)) {
            assertEquals(
                    "a prompt of 128 tokens, expected at most 127, which a GPU's kernels can number",
                    assertThrows(ModelException.class, () -> decoder.next(List.of(new int[128])))
                            .getMessage());
        }
    }

    @Test
    void graphsOfSomethingElseAreRefused() {
        Path other = folder.resolve("steps/graph.onnx");
        assertEquals(
                other + ": no graph of generations over blocks: no input table",
                assertThrows(ModelException.class, () -> PagedDecoder.open(other, -1, 1, true, 4, MEMORY))
                        .getMessage());
    }
}
