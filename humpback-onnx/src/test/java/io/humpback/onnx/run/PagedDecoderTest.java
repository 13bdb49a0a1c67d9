package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import io.humpback.onnx.InferenceGraphs;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graphs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Over blocks, attention by its definition. */
class PagedDecoderTest extends WholeDecoderTest {

    private static final PagedDecoder.Memory MEMORY = new PagedDecoder.Memory(1L << 30, 2, 2, 48, 64, 500, 50, 4);

    /** Some share one or two blocks. */
    private static final int[] LENGTHS = {1, 2, 63, 64, 65, 128, 129, 5, 140};

    PagedDecoderTest() {
        super(i -> LENGTHS[i % LENGTHS.length]);
    }

    @BeforeAll
    static void open() throws Exception {
        Path blocks = Files.createDirectory(folder.resolve("blocks"));
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Path graph = Graphs.write(InferenceGraphs.paged(Precision.BF16, checkpoint, CONTEXT), blocks);
            whole = PagedDecoder.open(graph, -1, 1, true, 6, MEMORY);
        }
    }

    @Test
    void whatPromptsShareAreWholeBlocks() {
        assertEquals(
                64 * (1 + 1 + 2 + 1 + 1 + 2 + 2), // of those from 128 on, and of 65 the second time
                whole.next(prompts(18)).stream()
                        .mapToInt(Decoder.Computed::shared)
                        .sum());
    }

    @Test
    void manyCompletionsOfAPromptReadItOnce() {
        int[] prompt = new Random(3).ints(130, 0, 50).toArray();
        List<TokenContinuation> continuations = IntStream.range(0, 5)
                .mapToObj(i -> new TokenContinuation(prompt, new int[] {i, i + 1, i + 2}))
                .toList();
        List<Decoder.Computed> logs = whole.logProbabilities(continuations);
        for (int i = 0; i < continuations.size(); i++) {
            assertEquals(i == 0 ? 0 : 128, logs.get(i).shared());
            assertArrayEquals(
                    stepped.logProbabilities(continuations.get(i)).values(),
                    logs.get(i).values(),
                    1e-4f);
        }
    }

    @Test
    void fourBitsGiveTheNumbersOfTheSteppedDecode() throws Exception {
        Path blocks = Files.createDirectory(folder.resolve("int4-blocks"));
        try (Checkpoint checkpoint = Checkpoint.open(source);
                StepDecoder steps =
                        stepped(Precision.INT4, source, Files.createDirectory(folder.resolve("int4-steps")));
                PagedDecoder paged = PagedDecoder.open(
                        Graphs.write(InferenceGraphs.paged(Precision.INT4, checkpoint, CONTEXT), blocks),
                        -1,
                        1,
                        true,
                        6,
                        MEMORY)) {
            List<int[]> prompts = prompts(18);
            List<Decoder.Computed> expected = steps.next(prompts);
            List<Decoder.Computed> found = paged.next(prompts);
            for (int i = 0; i < prompts.size(); i++) {
                assertArrayEquals(expected.get(i).values(), found.get(i).values(), 1e-3f, "prompt " + i);
            }
            Sampling greedy = Sampling.greedy().maxTokens(12).ignoreEnd(true);
            assertEquals(all(steps, prompts, greedy, 6), all(paged, prompts, greedy, 6));
        }
    }

    private static int[] filled(int growth) {
        return IntStream.generate(() -> growth).limit(6).toArray();
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
            List<int[]> longest = Collections.nCopies(6, new int[140]);
            assertEquals(List.of(0, 1), small.group(longest, filled(16), 6).places());
            assertEquals(List.of(0), small.group(longest, filled(60), 6).places());
            Sampling sampling = Sampling.nucleus(0.9).seed(3).maxTokens(16);
            assertEquals(all(whole, prompts(20), sampling, 6), all(small, prompts(20), sampling, 6));
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
