package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.llama.RandomLlama;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StepDecoderTest {

    private static final int[] IDS = new Random(1).ints(1100, 0, 50).toArray();

    @TempDir
    static Path folder;

    private static double[][] expected;
    private static StepDecoder sharing;
    private static StepDecoder plain;

    @BeforeAll
    static void open() throws Exception {
        Path source = RandomLlama.write(Files.createDirectory(folder.resolve("source")), RandomLlama.ODD, 2);
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            expected = RandomLlama.logits(checkpoint, Arrays.copyOf(IDS, 520));
            for (Precision precision : Precision.values()) {
                Path to = Files.createDirectory(folder.resolve(precision.key()));
                Graphs.write(InferenceGraphs.step(precision, checkpoint, 1200), to);
            }
        }
        sharing = engine(Precision.FP32, 1, true);
        plain = engine(Precision.FP32, 1, false);
    }

    @AfterAll
    static void close() {
        sharing.close();
        plain.close();
    }

    private static StepDecoder engine(Precision precision, int threads, boolean sharing) {
        return StepDecoder.open(folder.resolve(precision.key()).resolve("graph.onnx"), -1, threads, sharing);
    }

    private static int[] first(int count) {
        return Arrays.copyOf(IDS, count);
    }

    private static void close(double[] expected, float[] found, double tolerance) {
        assertEquals(expected.length, found.length);
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], found[i], tolerance);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 255, 256, 257, 511, 512, 513})
    void promptsAreComputedRightAcrossTheBordersOfChunks(int length) {
        close(expected[length - 1], plain.next(first(length)).values(), 2e-4);
        StepDecoder.Computed computed = sharing.next(first(length));
        close(expected[length - 1], computed.values(), 2e-4);
    }

    @Test
    void aSharedBeginningIsNotComputedAgainAndChangesNothing() throws Exception {
        try (StepDecoder fresh = engine(Precision.FP32, 1, true)) {
            assertEquals(0, fresh.next(first(300)).shared());
            StepDecoder.Computed same = fresh.next(first(300));
            assertEquals(298, same.shared());
            close(expected[299], same.values(), 2e-4);
            StepDecoder.Computed longer = fresh.next(first(513));
            assertEquals(300, longer.shared());
            close(expected[512], longer.values(), 2e-4);
            StepDecoder.Computed shorter = fresh.next(first(257));
            assertEquals(255, shorter.shared());
            close(expected[256], shorter.values(), 2e-4);
            int[] other = first(400);
            other[100] = (other[100] + 1) % 50;
            StepDecoder.Computed branched = fresh.next(other);
            assertEquals(100, branched.shared());
            assertArrayEquals(plain.next(other).values(), branched.values(), 1e-4f);
            assertEquals(0, plain.next(other).shared());
        }
    }

    @Test
    void cachesGrowWithTheirPrompts() throws Exception {
        try (StepDecoder fresh = engine(Precision.FP32, 1, true)) {
            fresh.next(first(200));
            StepDecoder.Computed longer = fresh.next(first(1100));
            assertEquals(200, longer.shared());
            assertArrayEquals(plain.next(first(1100)).values(), longer.values(), 1e-4f);
        }
    }

    private static double logProbability(int position) {
        double sum = Arrays.stream(expected[position]).map(Math::exp).sum();
        return expected[position][IDS[position + 1]] - Math.log(sum);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 254, 255, 256, 257, 300})
    void likelihoodsAreThoseOfTheLogitsAcrossTheBordersOfChunks(int prompt) {
        for (int length : new int[] {1, 2, 3, 220}) {
            int[] completion = Arrays.copyOfRange(IDS, prompt, prompt + length);
            double[] logs = IntStream.range(prompt - 1, prompt - 1 + length)
                    .mapToDouble(StepDecoderTest::logProbability)
                    .toArray();
            close(
                    logs,
                    plain.logProbabilities(new TokenContinuation(first(prompt), completion))
                            .values(),
                    2e-4);
            close(
                    logs,
                    sharing.logProbabilities(new TokenContinuation(first(prompt), completion))
                            .values(),
                    2e-4);
        }
    }

    @Test
    void completionsOfTheSamePromptShareIt() throws Exception {
        try (StepDecoder fresh = engine(Precision.FP32, 1, true)) {
            fresh.logProbabilities(new TokenContinuation(first(300), new int[] {3, 4, 5}));
            StepDecoder.Computed second = fresh.logProbabilities(new TokenContinuation(first(300), new int[] {6, 7}));
            assertEquals(299, second.shared()); // the prompt's last token gives the first probability
            assertArrayEquals(
                    plain.logProbabilities(new TokenContinuation(first(300), new int[] {6, 7}))
                            .values(),
                    second.values(),
                    1e-4f);
        }
    }

    @Test
    void rowsOfAStepDoNotDependOnTheirCompany() {
        KeyValueCache cache = sharing.newCache(3, 64);
        int[] lengths = {5, 40, 1};
        int[] tokens = new int[3];
        for (int row = 0; row < 3; row++) {
            sharing.next(cache, row, first(lengths[row]));
            tokens[row] = IDS[lengths[row]];
        }
        FloatBuffer logits = OnnxRuntime.direct(3 * 50);
        sharing.step(cache, tokens, logits);
        float[] line = new float[50];
        for (int row = 0; row < 3; row++) {
            logits.get(row * 50, line);
            close(expected[lengths[row]], line, 2e-4);
            assertEquals(lengths[row] + 1, cache.length(row));
        }
    }

    @Test
    void rowsAreCopiedWithWhatTheyHold() {
        KeyValueCache cache = sharing.newCache(2, 64);
        sharing.next(cache, 0, first(30));
        KeyValueCache larger = sharing.newCache(4, 300);
        larger.copy(cache, 0, 3, 20);
        assertEquals(20, larger.length(3));
        StepDecoder.Computed computed = sharing.next(larger, 3, first(31));
        assertEquals(20, computed.shared());
        close(expected[30], computed.values(), 2e-4);
        larger.copy(larger, 3, 0, 25);
        computed = sharing.next(larger, 0, first(26));
        assertEquals(24, computed.shared());
        close(expected[25], computed.values(), 2e-4);
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void whatFollowsWrittenTokensIsComputedAsIfTheyHadBeenRead(Precision precision) throws Exception {
        try (StepDecoder fresh = engine(precision, 1, false);
                StepDecoder written = engine(precision, 1, true)) {
            KeyValueCache cache = written.newCache(1, 300);
            written.next(cache, 0, first(100));
            FloatBuffer logits = OnnxRuntime.direct(50);
            for (int i = 100; i < 140; i++) {
                written.step(cache, new int[] {IDS[i]}, logits);
            }
            StepDecoder.Computed computed = written.next(cache, 0, first(200));
            assertEquals(100, computed.shared());
            assertArrayEquals(fresh.next(first(200)).values(), computed.values(), 1e-4f);
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void oneThreadAndTwoSharingOrNotGiveTheSame(Precision precision) throws Exception {
        try (StepDecoder one = engine(precision, 1, false);
                StepDecoder two = engine(precision, 2, true)) {
            two.next(first(100));
            for (int length : new int[] {100, 257, 300}) {
                StepDecoder.Computed shared = two.next(first(length));
                assertTrue(shared.shared() > 0);
                assertArrayEquals(one.next(first(length)).values(), shared.values(), 1e-4f);
            }
        }
    }

    @Test
    void manyThreadsGiveWhatOneGives() {
        float[][] alone = IntStream.range(0, 24)
                .mapToObj(i ->
                        plain.next(Arrays.copyOfRange(IDS, 7 * (i % 12), 300)).values())
                .toArray(float[][]::new);
        Thread[] threads = new Thread[6];
        float[][] found = new float[24][];
        for (int t = 0; t < threads.length; t++) {
            int first = t;
            threads[t] = new Thread(() -> {
                for (int i = first; i < 24; i += threads.length) {
                    found[i] = sharing.next(Arrays.copyOfRange(IDS, 7 * (i % 12), 300))
                            .values();
                }
            });
            threads[t].start();
        }
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        for (int i = 0; i < 24; i++) {
            assertArrayEquals(alone[i], found[i], 1e-4f);
        }
    }

    /** Each cache that is made computes the beginning anew. */
    @Test
    void callersThatWaitShareOneCacheAndItsBeginning() throws Exception {
        int[][] prompts = IntStream.range(0, 32)
                .mapToObj(i -> {
                    int[] ids = first(300);
                    ids[280] = i;
                    return ids;
                })
                .toArray(int[][]::new);
        StepDecoder.Computed[] found = new StepDecoder.Computed[prompts.length];
        try (StepDecoder fresh = engine(Precision.FP32, 1, true)) {
            CountDownLatch together = new CountDownLatch(prompts.length);
            List<Thread> threads = IntStream.range(0, prompts.length)
                    .mapToObj(i -> new Thread(() -> {
                        together.countDown();
                        try {
                            together.await();
                        } catch (InterruptedException e) {
                            throw new AssertionError(e);
                        }
                        found[i] = fresh.next(prompts[i]);
                    }))
                    .toList();
            threads.forEach(Thread::start);
            for (Thread thread : threads) {
                thread.join();
            }
        }
        assertEquals(1, Arrays.stream(found).filter(each -> each.shared() < 280).count());
        for (int i = 0; i < prompts.length; i++) {
            assertArrayEquals(plain.next(prompts[i]).values(), found[i].values(), 1e-4f);
        }
    }

    @Test
    void whatIsSharedOutlivesACallerThatFailsOrIsInterrupted() throws Exception {
        try (StepDecoder fresh = engine(Precision.FP32, 1, true)) {
            fresh.next(first(290));
            int[] wrong = first(300);
            wrong[295] = 50; // not in the vocabulary
            assertThrows(ModelException.class, () -> fresh.next(wrong));
            Thread.currentThread().interrupt();
            assertThrows(CancellationException.class, () -> fresh.next(first(300)));
            assertFalse(Thread.interrupted());
            StepDecoder.Computed next = fresh.next(first(300));
            assertEquals(290, next.shared());
            close(expected[299], next.values(), 2e-4);
        }
    }

    @Test
    void beginningsThatTakeTurnsAreEachComputedOnce() throws Exception {
        try (StepDecoder fresh = engine(Precision.FP32, 1, true)) {
            int[] shared = new int[8];
            for (int i = 0; i < shared.length; i++) {
                int[] ids = Arrays.copyOfRange(IDS, i % 2 == 0 ? 0 : 400, i % 2 == 0 ? 300 : 700);
                ids[290] = i;
                shared[i] = fresh.next(ids).shared();
            }
            assertArrayEquals(new int[] {0, 0, 0, 290, 290, 290, 290, 290}, shared);
        }
    }

    @Test
    void aFailedComputationLeavesNoTraces() throws Exception {
        try (StepDecoder fresh = engine(Precision.FP32, 1, true)) {
            fresh.next(first(40));
            int[] wrong = first(300);
            wrong[250] = 50; // not in the vocabulary
            ModelException refusal = assertThrows(ModelException.class, () -> fresh.next(wrong));
            assertTrue(refusal.getMessage().startsWith("running 130 tokens: "), refusal.getMessage());
            assertTrue(refusal.getMessage().lines().count() == 1);
            assertThrows(
                    ModelException.class, () -> fresh.logProbabilities(new TokenContinuation(wrong, new int[] {1})));
            close(expected[299], fresh.next(first(300)).values(), 2e-4);
        }
    }

    @Test
    void aClosedEngineSaysSo() {
        StepDecoder engine = engine(Precision.FP32, 1, true);
        engine.next(first(3));
        engine.close();
        engine.close();
        assertEquals(
                "the model is closed",
                assertThrows(IllegalStateException.class, () -> engine.next(first(3)))
                        .getMessage());
        assertThrows(
                IllegalStateException.class,
                () -> engine.logProbabilities(new TokenContinuation(first(3), new int[] {1})));
    }

    @Test
    void graphsOfSomethingElseAreRefused(@TempDir Path other) throws Exception {
        Graph graph = new Graph();
        graph.output("y", graph.input("x", ElementType.FLOAT, Shape.of("N")).abs());
        Path file = Graphs.write(graph, other);
        assertEquals(
                file + ": no graph of inference: past_key_values.0.key [], expected a known size at axis 1",
                assertThrows(ModelException.class, () -> StepDecoder.open(file, -1, 0, true))
                        .getMessage());
        Files.write(file, new byte[] {1, 2, 3});
        String message = assertThrows(ModelException.class, () -> StepDecoder.open(file, -1, 0, true))
                .getMessage();
        assertTrue(message.startsWith(file + ": ONNX Runtime cannot open it: "), message);
        assertTrue(message.lines().count() == 1, message);
    }

    @Test
    void aMissingGpuIsNamedInOneLine() {
        String message = assertThrows(
                        ModelException.class, () -> StepDecoder.open(folder.resolve("fp32/graph.onnx"), 97, 0, true))
                .getMessage();
        assertTrue(message.startsWith("cuda:97: ONNX Runtime found no usable CUDA there"), message);
        assertTrue(message.lines().count() == 1, message);
    }

    @Test
    void rowsThatFitAreBoundedByMemoryAndByTheSizeOfABuffer() {
        assertTrue(sharing.rowsThatFit(100) > sharing.rowsThatFit(1000));
        assertTrue(sharing.rowsThatFit(256) >= 1);
        assertEquals(1, sharing.rowsThatFit(1_000_000_000));
        long buffer = (long) sharing.rowsThatFit(256) * 256 * 2 * 48 * 4;
        assertTrue(buffer <= Integer.MAX_VALUE, buffer + " bytes");
        assertTrue(4 * buffer <= Runtime.getRuntime().maxMemory() / 2, buffer + " bytes in each of four buffers");
        assertEquals(256, KeyValueCache.capacityFor(1));
        assertEquals(512, KeyValueCache.capacityFor(257));
    }
}
