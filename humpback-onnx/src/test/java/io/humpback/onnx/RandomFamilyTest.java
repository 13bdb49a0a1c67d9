package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Direction;
import io.humpback.data.Example;
import io.humpback.model.Completion;
import io.humpback.model.Continuation;
import io.humpback.model.Prompt;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.llama.PagedGraph;
import io.humpback.onnx.llama.RandomLlama;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.LoopDecoder;
import io.humpback.onnx.run.StepDecoder;
import io.humpback.onnx.run.TokenContinuation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Checkpoints of drawn sizes and settings against the papers' formulas in double precision. */
class RandomFamilyTest {

    /** Which architecture a GGUF file of a family has. */
    private static final Map<String, String> ARCHITECTURES = Map.of("mistral", "llama", "gemma3_text", "gemma3");

    /** Drawn for each family. */
    private static final int SEEDS = Integer.getInteger("humpback.test.seeds", 2);

    /** Tokens of the longest sequence: one and a bit of the chunks in which prompts are computed. */
    private static final int LONGEST = 290;

    private static final double TOLERANCE = 2e-4;

    @TempDir
    Path folder;

    static Stream<Arguments> drawn() {
        return Stream.of("llama", "qwen2", "qwen3", "smollm3", "mistral", "phi3", "granite", "gemma3_text")
                .flatMap(family -> Stream.iterate(0, seed -> seed < SEEDS, seed -> seed + 1)
                        .map(seed -> Arguments.of(family, seed)));
    }

    private StepDecoder stepped(Checkpoint checkpoint, boolean sharing) throws IOException {
        Path to = Files.createTempDirectory(folder, "step");
        return StepDecoder.open(
                Graphs.write(InferenceGraphs.step(Precision.FP32, checkpoint, 512), to), -1, 1, sharing);
    }

    private LoopDecoder looped(Checkpoint checkpoint) throws IOException {
        return InferenceGraphs.looped(checkpoint, 512, 4, Files.createTempDirectory(folder, "loop"));
    }

    /** Over blocks, or as {@link #looped} where the runtime's attention over blocks takes no such model. */
    private Decoder paged(Checkpoint checkpoint) throws IOException {
        if (!PagedGraph.takes(checkpoint.config())) {
            return looped(checkpoint);
        }
        return InferenceGraphs.paged(checkpoint, 512, 4, Files.createTempDirectory(folder, "paged"));
    }

    private static int[] ids(Checkpoint checkpoint, long seed) {
        return new Random(seed)
                .ints(LONGEST, 0, checkpoint.config().vocabSize())
                .toArray();
    }

    @ParameterizedTest
    @MethodSource("drawn")
    void aCheckpointComputesWhatThePapersDefine(String family, int seed) throws IOException {
        Path source = RandomFamily.write(folder.resolve("source"), family, seed, 0, false);
        try (Checkpoint checkpoint = Checkpoint.open(source);
                StepDecoder whole = stepped(checkpoint, false);
                StepDecoder steps = stepped(checkpoint, true);
                LoopDecoder loop = looped(checkpoint);
                Decoder paged = paged(checkpoint)) {
            int[] ids = ids(checkpoint, seed);
            double[][] expected = RandomLlama.logits(checkpoint, ids);
            for (int length : new int[] {1, 2, 3, 40, 255, 256, 257, 258, LONGEST}) { // some of those before are cached
                for (StepDecoder engine : List.of(whole, steps)) {
                    float[] found = engine.next(Arrays.copyOf(ids, length)).values();
                    for (int id = 0; id < found.length; id++) {
                        assertEquals(expected[length - 1][id], found[id], TOLERANCE, length + " tokens, id " + id);
                    }
                }
            }
            List<TokenContinuation> parts = new ArrayList<>();
            for (int[] part : new int[][] {{1, LONGEST}, {1, 2}, {30, 99}, {257, 271}, {5, 31}}) {
                parts.add(
                        new TokenContinuation(Arrays.copyOf(ids, part[0]), Arrays.copyOfRange(ids, part[0], part[1])));
            }
            for (Decoder engine : List.of(whole, loop, paged)) {
                List<Decoder.Computed> found = engine.logProbabilities(parts);
                for (int i = 0; i < parts.size(); i++) {
                    check(
                            expected,
                            ids,
                            parts.get(i).prompt().length,
                            found.get(i).values(),
                            engine + " row " + i);
                }
            }
            for (Decoder engine : List.of(steps, loop, paged)) {
                checkGreedy(checkpoint, engine, List.of(Arrays.copyOf(ids, 3), Arrays.copyOf(ids, 25), new int[] {7}));
            }
        }
    }

    private static void check(double[][] logits, int[] ids, int from, float[] found, String what) {
        for (int i = 0; i < found.length; i++) {
            double[] row = logits[from + i - 1];
            double sum = Arrays.stream(row).map(Math::exp).sum();
            assertEquals(row[ids[from + i]] - Math.log(sum), found[i], TOLERANCE, what + " token " + i);
        }
    }

    /** What is generated has at each step as large a logit as any. */
    private static void checkGreedy(Checkpoint checkpoint, Decoder engine, List<int[]> prompts) {
        List<Completion> found = InferenceGraphs.greedy(engine, prompts, 12, 4);
        for (int row = 0; row < prompts.size(); row++) {
            int[] prompt = prompts.get(row);
            int[] all = Arrays.copyOf(prompt, prompt.length + 12);
            for (int i = 0; i < 12; i++) {
                all[prompt.length + i] = found.get(row).ids().get(i);
            }
            double[][] logits = RandomLlama.logits(checkpoint, all);
            for (int at = prompt.length; at < all.length; at++) {
                double most = Arrays.stream(logits[at - 1]).max().orElseThrow();
                assertEquals(most, logits[at - 1][all[at]], TOLERANCE, "row " + row + " token " + at);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("drawn")
    void aGgufFileComputesWhatItsFolderComputesAndLeavesAFolderThatDoes(String family, int seed) throws IOException {
        Path source = RandomFamily.write(folder.resolve("source"), family, seed, 512, true);
        Path file = folder.resolve("model.gguf");
        try (Checkpoint checkpoint = Checkpoint.open(source);
                StepDecoder engine = stepped(checkpoint, false)) {
            Files.write(
                    file,
                    GgufFamilyRunTest.gguf(ARCHITECTURES.getOrDefault(family, family), checkpoint, DType.F32)
                            .tokenizer(Reference.ggufMetadata())
                            .build());
            int[] ids = ids(checkpoint, seed);
            try (Checkpoint gguf = Checkpoint.open(file)) {
                Path left = folder.resolve("left");
                ModelFolder.write(gguf, Map.of(), DType.F32, left);
                try (StepDecoder found = stepped(gguf, false);
                        Checkpoint reopened = Checkpoint.open(left);
                        StepDecoder again = stepped(reopened, false)) {
                    for (int length : new int[] {1, 40, LONGEST}) {
                        int[] prompt = Arrays.copyOf(ids, length);
                        float[] logits = engine.next(prompt).values();
                        float[] ofFile = found.next(prompt).values();
                        assertArrayEquals(logits, ofFile, 2e-5f); // numbers in single precision, such as factors
                        assertArrayEquals(ofFile, again.next(prompt).values(), 1e-5f);
                        assertTrue(spread(logits) > 0.1, "logits differ by " + spread(logits));
                    }
                    assertEquals(gguf.config().maxPositions(), reopened.config().maxPositions());
                    assertEquals(gguf.config().endIds(), reopened.config().endIds());
                }
            }
        }
    }

    static Stream<String> families() {
        return drawn().map(drawn -> (String) drawn.get()[0]).distinct();
    }

    private static List<TrainingListener.Step> train(Path model, TrainingPlan plan, Path to) throws IOException {
        List<TrainingExample> examples = Stream.of(
                        new Example("What is the sea?", "Salt water."), new Example("Say hello.", "Hello there!"))
                .map(pair -> new TrainingExample(pair.instruction(), Direction.FORWARD.of(pair)))
                .toList();
        List<TrainingListener.Step> steps = new ArrayList<>();
        OnnxTrainer.of(model).device(Device.cpu(1)).train(examples, plan, to, steps::add);
        return steps;
    }

    private static double[] likelihood(Path model, Optional<Path> adapter) throws IOException {
        LoadOptions options = LoadOptions.defaults()
                .precision(Precision.FP32)
                .device(Device.cpu(1))
                .contextLength(256)
                .adapter(adapter);
        try (OnnxModel opened = OnnxModel.load(model, options)) {
            return opened.logLikelihood(Stream.of(Continuation.of(Prompt.text("The sea is"), " deep and blue.")))
                    .findFirst()
                    .orElseThrow()
                    .tokens();
        }
    }

    @ParameterizedTest
    @MethodSource("families")
    void trainingFromAGgufFileIsTrainingFromItsFolder(String family) throws IOException {
        Path source = RandomFamily.write(folder.resolve("source"), family, 7, 512, true);
        for (String text : List.of("tokenizer.json", "tokenizer_config.json")) {
            Files.copy(Reference.tiny().resolve(text), source.resolve(text));
        }
        Path file = folder.resolve("model.gguf");
        try (Checkpoint checkpoint = Checkpoint.open(source)) {
            Files.write(
                    file,
                    GgufFamilyRunTest.gguf(ARCHITECTURES.getOrDefault(family, family), checkpoint, DType.F32)
                            .tokenizer(Reference.ggufMetadata())
                            .build());
        }
        double[] untrained = likelihood(source, Optional.empty());
        assertArrayEquals(untrained, likelihood(file, Optional.empty()), 1e-4);
        for (TrainingPlan.Builder kind : List.of(
                TrainingPlan.full().toBuilder().learningRate(1e-3),
                TrainingPlan.lowRank().toBuilder().learningRate(1e-2))) {
            TrainingPlan plan = kind.batch(2).steps(3).warmup(0).seed(4).build();
            boolean full = plan.lora().isEmpty();
            Path ofFolder = folder.resolve("of-folder-" + full);
            Path ofFile = folder.resolve("of-file-" + full);
            List<TrainingListener.Step> expected = train(source, plan, ofFolder);
            List<TrainingListener.Step> found = train(file, plan, ofFile);
            assertEquals(3, found.size());
            for (int i = 0; i < 3; i++) {
                TrainingListener.Step step = expected.get(i);
                double bound = i == 0 ? 1e-5 : 1e-3; // where a gradient is nothing but rounding Adam makes much of it
                assertEquals(step.loss(), found.get(i).loss(), bound * step.loss(), "loss of step " + i);
                double norm = step.gradientNorm();
                assertEquals(norm, found.get(i).gradientNorm(), 10 * bound * norm, "gradient norm of step " + i);
            }
            double[] wanted = full ? likelihood(ofFolder, Optional.empty()) : likelihood(source, Optional.of(ofFolder));
            double[] left = full ? likelihood(ofFile, Optional.empty()) : likelihood(file, Optional.of(ofFile));
            double change = largest(untrained, left);
            double off = largest(wanted, left);
            assertTrue(change > 0.005 && off < 0.1 * change, "changed by " + change + ", off by " + off);
        }
    }

    private static double largest(double[] a, double[] b) {
        return IntStream.range(0, a.length)
                .mapToDouble(i -> Math.abs(a[i] - b[i]))
                .max()
                .orElseThrow();
    }

    private static double spread(float[] logits) {
        float[] sorted = logits.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length - 1] - sorted[0];
    }
}
