package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
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
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole generations in one run against a step a token, in 32 bits on the CPU. */
abstract class WholeDecoderTest {

    static final int CONTEXT = 400;

    private static final Set<Integer> ENDS = Set.of(2, 3, 11);
    private static final DecodeRequest.Meter NONE = (items, prompt, shared, written) -> {};

    @TempDir
    static Path folder;

    static Path source;
    static StepDecoder stepped;
    static Decoder whole;

    private final IntUnaryOperator lengths;

    /** Takes the lengths of prompts by their numbers. */
    WholeDecoderTest(IntUnaryOperator lengths) {
        this.lengths = lengths;
    }

    @BeforeAll
    static void openStepped() throws Exception {
        source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 2);
        stepped = stepped(source, folder);
    }

    @AfterAll
    static void close() {
        stepped.close();
        whole.close();
    }

    static StepDecoder stepped(Path source, Path folder) throws Exception {
        return stepped(Precision.FP32, source, Files.createDirectory(folder.resolve("steps")));
    }

    static StepDecoder stepped(Precision precision, Path source, Path folder) throws Exception {
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            return StepDecoder.open(
                    Graphs.write(InferenceGraphs.step(precision, checkpoint, CONTEXT), folder), -1, 1, true);
        }
    }

    private static String text(int... ids) {
        return Arrays.stream(ids).mapToObj(id -> Character.toString('A' + id)).collect(Collectors.joining());
    }

    /** Prompts of unequal lengths, most of which begin alike. */
    final List<int[]> prompts(int count) {
        int[] ids = new Random(7).ints(400, 0, 50).toArray();
        return IntStream.range(0, count)
                .mapToObj(i -> {
                    int[] prompt = Arrays.copyOf(ids, lengths.applyAsInt(i));
                    prompt[prompt.length - 1] = i % 50;
                    return prompt;
                })
                .toList();
    }

    static List<Completion> all(Decoder decoder, List<int[]> prompts, Sampling sampling, int batch) {
        List<Completion> completions = new ArrayList<>();
        decoder.complete(new DecodeRequest(
                        prompts.iterator(), sampling, ENDS, CONTEXT, batch, WholeDecoderTest::text, NONE))
                .forEachRemaining(completions::add);
        return completions;
    }

    private void same(List<int[]> prompts, Sampling sampling, int batch) {
        assertEquals(all(stepped, prompts, sampling, batch), all(whole, prompts, sampling, batch));
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
        List<Decoder.Computed> logits = whole.next(prompts);
        List<Decoder.Computed> logs = whole.logProbabilities(continuations);
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
                    () -> found.set(row, whole.next(List.of(prompts.get(row))).get(0))));
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
}
