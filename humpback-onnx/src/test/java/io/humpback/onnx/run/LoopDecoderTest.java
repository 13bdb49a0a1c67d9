package io.humpback.onnx.run;

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
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Over segments. */
class LoopDecoderTest extends WholeDecoderTest {

    private static final LoopDecoder.Memory MEMORY = new LoopDecoder.Memory(1L << 30, 6, 2, 96, 50, 4);

    private static LoopDecoder loop;

    LoopDecoderTest() {
        super(i -> i % 5 == 3 ? 60 : 1 + i % 9);
    }

    @BeforeAll
    static void open() throws Exception {
        loop = looped(source, folder);
        whole = loop;
    }

    private static LoopDecoder looped(Path source, Path folder) throws Exception {
        Path loops = Files.createDirectory(folder.resolve("loops"));
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Path graph = Graphs.write(InferenceGraphs.loop(Precision.FP32, checkpoint, CONTEXT), loops);
            return LoopDecoder.open(graph, -1, 1, true, 6, MEMORY);
        }
    }

    /** Far more tokens than a step sorts: with a cold distribution those settle the draw, with a flat one they do not. */
    @Test
    void drawsFromALargeVocabularyAreThoseOfTheSteppedDecode(@TempDir Path other) throws Exception {
        RandomLlama.Form form = new RandomLlama.Form(5000, 32, 32, 1, 2, 1, 16, false, false);
        Path large = RandomLlama.write(Files.createDirectory(other.resolve("source")), form, 2);
        try (StepDecoder steps = stepped(large, other);
                LoopDecoder loops = looped(large, other)) {
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
