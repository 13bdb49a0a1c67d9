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
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole generations in one run against a step a token, in 32 bits on the CPU. */
class LoopDecoderTest {

    private static final int CONTEXT = 400;
    private static final Set<Integer> ENDS = Set.of(2, 3, 11);
    private static final LoopDecoder.Memory MEMORY = new LoopDecoder.Memory(1L << 30, 6, 2, 96, 50, 4);
    private static final DecodeRequest.Meter NONE = (items, prompt, shared, written) -> {};

    @TempDir
    static Path folder;

    private static Path source;
    private static StepDecoder stepped;
    private static LoopDecoder loop;

    @BeforeAll
    static void open() throws Exception {
        source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 2);
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Path steps = Files.createDirectory(folder.resolve("steps"));
            Path loops = Files.createDirectory(folder.resolve("loops"));
            stepped = StepDecoder.open(
                    Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, CONTEXT), steps), -1, 1, true);
            loop = LoopDecoder.open(
                    Graphs.write(InferenceGraphs.loop(Precision.FP32, checkpoint, CONTEXT), loops),
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
        loop.close();
    }

    private static String text(int... ids) {
        return Arrays.stream(ids).mapToObj(id -> Character.toString('A' + id)).collect(Collectors.joining());
    }

    /** Prompts of unequal lengths, most of which begin alike. */
    private static List<int[]> prompts(int count) {
        Random random = new Random(7);
        int[] ids = random.ints(400, 0, 50).toArray();
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    int[] prompt = Arrays.copyOf(ids, i % 5 == 3 ? 60 : 1 + i % 9);
                    prompt[prompt.length - 1] = i % 50;
                    return prompt;
                })
                .toList();
    }

    private static List<Completion> all(Decoder backend, List<int[]> prompts, Sampling sampling, int batch) {
        List<Completion> completions = new ArrayList<>();
        backend.complete(new DecodeRequest(
                        prompts.iterator(), sampling, ENDS, CONTEXT, batch, LoopDecoderTest::text, NONE))
                .forEachRemaining(completions::add);
        return completions;
    }

    private static void same(List<int[]> prompts, Sampling sampling, int batch) {
        assertEquals(all(stepped, prompts, sampling, batch), all(loop, prompts, sampling, batch));
    }

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
        same(prompts(20), all.temperature(1e-300).seed(8), batch);
        same(prompts(20), all.firstItem(40), batch);
    }

    /** Far more tokens than a step sorts: with a cold distribution those settle the draw, with a flat one they do not. */
    @Test
    void drawsFromALargeVocabularyAreThoseOfTheSteppedDecode(@TempDir Path other) throws Exception {
        RandomLlama.Form form = new RandomLlama.Form(5000, 32, 32, 1, 2, 1, 16, false, false);
        Path large = RandomLlama.write(Files.createDirectory(other.resolve("source")), form, 2);
        try (Checkpoint checkpoint = Checkpoint.open(large);
                StepDecoder steps = StepDecoder.open(
                        Graphs.write(
                                InferenceGraphs.step(Precision.FP32, checkpoint, CONTEXT),
                                Files.createDirectory(other.resolve("steps"))),
                        -1,
                        1,
                        true);
                LoopDecoder loops = LoopDecoder.open(
                        Graphs.write(
                                InferenceGraphs.loop(Precision.FP32, checkpoint, CONTEXT),
                                Files.createDirectory(other.resolve("loops"))),
                        -1,
                        1,
                        true,
                        6,
                        MEMORY)) {
            Sampling all = Sampling.nucleus(1).seed(4).maxTokens(12);
            for (Sampling sampling : List.of(
                    all,
                    Sampling.greedy().maxTokens(12),
                    all.topP(0.9).temperature(0.2).seed(5),
                    all.topP(0.9).temperature(3).seed(6),
                    all.topK(1500).temperature(3).seed(7),
                    all.topK(1500).topP(0.95).temperature(2).seed(8),
                    all.topK(900).topP(0.95).temperature(3).seed(9),
                    all.minP(0.1).temperature(2).seed(10),
                    all.minP(0.0001).topP(0.97).temperature(3).seed(11))) {
                List<Completion> expected = all(steps, prompts(10), sampling, 5);
                List<Completion> found = all(loops, prompts(10), sampling, 5);
                // a draw in 32 bits may fall on the other side of one of thousands of borders
                assertTrue(
                        IntStream.range(0, 10)
                                        .filter(i -> expected.get(i).equals(found.get(i)))
                                        .count()
                                >= 9,
                        sampling + ": " + expected + found);
            }
        }
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
        List<int[]> prompts = List.of(Arrays.copyOf(prompts(1).get(0), 395), new int[] {7, 8});
        same(prompts, Sampling.greedy().maxTokens(40).ignoreEnd(true), 2);
    }

    @Test
    void logitsAndLikelihoodsAreThoseOfTheSteppedDecode() {
        List<int[]> prompts = prompts(15);
        List<TokenContinuation> continuations = prompts(15).stream()
                .map(ids -> new TokenContinuation(ids, Arrays.copyOf(ids, 1 + ids[0] % 3)))
                .toList();
        List<Decoder.Computed> logits = loop.next(prompts);
        List<Decoder.Computed> logs = loop.logProbabilities(continuations);
        int shared = 0;
        for (int i = 0; i < prompts.size(); i++) {
            assertArrayEquals(
                    stepped.next(prompts.get(i)).values(), logits.get(i).values(), 1e-4f);
            float[] expected = stepped.logProbabilities(continuations.get(i)).values();
            assertArrayEquals(expected, logs.get(i).values(), 1e-4f);
            shared += logits.get(i).shared();
        }
        assertTrue(shared > 0);
    }

    @Test
    void callersAtTheSameTimeGetWhatOneGets() throws Exception {
        List<int[]> prompts = prompts(16);
        List<Decoder.Computed> found = new ArrayList<>(Collections.nCopies(prompts.size(), null));
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < prompts.size(); i++) {
            int row = i;
            threads.add(new Thread(
                    () -> found.set(row, loop.next(List.of(prompts.get(row))).get(0))));
        }
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            thread.join();
        }
        for (int i = 0; i < prompts.size(); i++) {
            assertArrayEquals(
                    stepped.next(prompts.get(i)).values(), found.get(i).values(), 1e-4f);
        }
    }

    /** The CPU has no products in bfloat16; that it asks for a kernel means that the graph is sound. */
    @ParameterizedTest
    @EnumSource(
            value = Precision.class,
            names = {"BF16", "INT4"})
    void graphsForAGpuFailOnACpuForItsKernelsAlone(Precision precision, @TempDir Path other) throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Path graph = Graphs.write(InferenceGraphs.loop(precision, checkpoint, CONTEXT), other);
            String message = assertThrows(ModelException.class, () -> LoopDecoder.open(graph, -1, 1, true, 4, MEMORY))
                    .getMessage();
            assertTrue(message.contains("NOT_IMPLEMENTED"), message);
        }
    }

    @Test
    void int8IsRefusedByName() throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            assertEquals(
                    "precision int8: a GPU has none, expected bf16, int4 or fp32",
                    assertThrows(ModelException.class, () -> InferenceGraphs.loop(Precision.INT8, checkpoint, 8))
                            .getMessage());
        }
    }

    @Test
    void rowsThatDoNotFitTheMemoryAreComputedInFurtherRuns() throws Exception {
        Path graph = folder.resolve("loops/graph.onnx");
        long two = 2 * (6 * 60 * 60 * 20 + 2 * 2 * 96 * 4 * (60 + 2 * 16) + 4 * 4 * 50);
        try (LoopDecoder small =
                LoopDecoder.open(graph, -1, 1, true, 6, new LoopDecoder.Memory(two, 6, 2, 96, 50, 4))) {
            List<int[]> longest = Collections.nCopies(6, new int[60]);
            assertEquals(2, small.rowsThatFit(longest, 6, 16));
            assertEquals(1, small.rowsThatFit(longest, 6, 17));
            assertEquals(6, loop.rowsThatFit(longest, 6, 17));
            Sampling sampling = Sampling.nucleus(0.9).seed(3).maxTokens(16);
            assertEquals(all(loop, prompts(20), sampling, 6), all(small, prompts(20), sampling, 6));
        }
    }

    @Test
    void aPromptWhoseScoresCannotBeNumberedIsRefused() {
        int[] tokens = new int[18_919];
        assertEquals(1, loop.rowsThatFit(List.of(Arrays.copyOf(tokens, 18_918)), 1, 1));
        assertEquals(
                "a prompt of 18919 tokens: a GPU's attention has 6 times the square of that in scores, expected at most"
                        + " 18918 tokens",
                assertThrows(ModelException.class, () -> loop.rowsThatFit(List.of(tokens), 1, 1))
                        .getMessage());
    }

    @Test
    void graphsOfSomethingElseAreRefused() {
        Path other = folder.resolve("steps/graph.onnx");
        assertEquals(
                other + ": no graph of whole generations: no input prefix_ids",
                assertThrows(ModelException.class, () -> LoopDecoder.open(other, -1, 1, true, 4, MEMORY))
                        .getMessage());
    }
}
