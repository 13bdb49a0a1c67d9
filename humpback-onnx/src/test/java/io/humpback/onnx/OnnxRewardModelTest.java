package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.Direction;
import io.humpback.RewardScorer;
import io.humpback.data.Example;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.model.PromptTooLongException;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.HuggingFaceConfig;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.quantize.Int8Products;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.LoopDecoder;
import io.humpback.onnx.run.PagedDecoder;
import io.humpback.onnx.run.StepDecoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Small random reward models against transformers. */
class OnnxRewardModelTest {

    private static final double REWARD = 1e-4;

    private static final String LLAMA = "reward-llama";
    private static final String QWEN3 = "reward-qwen3";

    @TempDir
    Path folder;

    private static Path source(String name) {
        return Reference.file("data/golden/families/" + name);
    }

    private static LoadOptions options(Precision precision) {
        return LoadOptions.defaults().precision(precision).device(Device.cpu(1)).contextLength(256);
    }

    /** {@return a copy of a checkpoint with another configuration} */
    private Path copy(String name, String config) throws IOException {
        Path copy = Files.createTempDirectory(folder, "copy");
        for (String file : List.of("model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
            Files.copy(source(name).resolve(file), copy.resolve(file));
        }
        Files.writeString(copy.resolve("config.json"), config);
        return copy;
    }

    private static String config(String name, String layout) throws IOException {
        return Files.readString(source(name).resolve(layout));
    }

    /** {@return ids as a model is asked about them: what was written and all before it} */
    private static Continuation turn(int... ids) {
        List<Integer> all = Reference.list(ids);
        int last = all.size() - 1;
        return Continuation.of(Prompt.ids(all.subList(0, last)), all.subList(last, last + 1));
    }

    private static List<Continuation> turns(int count) {
        Random random = new Random(5);
        return IntStream.range(0, count)
                .mapToObj(i -> turn(random.ints(2 + i * 37 % 90, 2, 500).toArray()))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {LLAMA, QWEN3})
    void rewardsAreThoseOfTransformersWithEitherLayout(String name) throws IOException {
        JsonNode golden = Reference.golden("families/" + name + "/goldens.json");
        for (Path path : List.of(source(name), copy(name, config(name, "config.classic.json")))) {
            try (OnnxRewardModel model = OnnxRewardModel.load(path, options(Precision.FP32))) {
                int compared = 0;
                for (JsonNode sequence : golden.path("sequences")) {
                    int[] ids = Reference.ids(sequence.path("ids"));
                    if (ids.length > 1) {
                        assertEquals(sequence.path("reward").asDouble(), model.reward(turn(ids)), REWARD);
                        compared++;
                    }
                }
                assertEquals(3, compared);
            }
        }
    }

    /** What a GPU runs: prompts of unequal lengths together, and what they share once. */
    @ParameterizedTest
    @ValueSource(strings = {LLAMA, QWEN3})
    void bothGraphsGiveTheSameInAnyCompany(String name) throws IOException {
        List<int[]> prompts = new ArrayList<>();
        List<Double> expected = new ArrayList<>();
        for (JsonNode sequence :
                Reference.golden("families/" + name + "/goldens.json").path("sequences")) {
            prompts.add(Reference.ids(sequence.path("ids")));
            expected.add(sequence.path("reward").asDouble());
        }
        try (Checkpoint checkpoint = Checkpoint.open(source(name));
                StepDecoder step = StepDecoder.open(
                        Graphs.write(
                                InferenceGraphs.step(Precision.FP32, checkpoint, 512),
                                Files.createTempDirectory(folder, "graph")),
                        -1,
                        1,
                        true);
                LoopDecoder loop =
                        InferenceGraphs.looped(checkpoint, 512, 8, Files.createTempDirectory(folder, "graph"));
                PagedDecoder paged =
                        InferenceGraphs.paged(checkpoint, 512, 8, Files.createTempDirectory(folder, "graph"))) {
            for (Decoder decoder : List.of(step, loop, paged)) {
                List<Decoder.Computed> together = decoder.next(prompts);
                for (int i = 0; i < prompts.size(); i++) {
                    assertEquals(1, together.get(i).values().length);
                    assertEquals(expected.get(i), together.get(i).values()[0], REWARD);
                    assertEquals(
                            together.get(i).values()[0],
                            decoder.next(List.of(prompts.get(i))).get(0).values()[0],
                            1e-5);
                }
            }
            for (Precision precision : List.of(Precision.BF16, Precision.INT4)) {
                assertTrue(Files.exists(Graphs.write(
                        InferenceGraphs.loop(precision, checkpoint, 512), Files.createTempDirectory(folder, "gpu"))));
            }
        }
    }

    @Test
    void aStreamGivesEachItsOwnNumber() throws IOException {
        List<Continuation> turns = turns(40);
        try (OnnxRewardModel model = OnnxRewardModel.load(source(LLAMA), options(Precision.FP32))) {
            List<Double> together = model.reward(turns.stream()).toList();
            for (int i = 0; i < turns.size(); i++) {
                assertEquals(model.reward(turns.get(i)), together.get(i), 1e-6);
            }
            assertTrue(together.stream().distinct().count() > 35);
        }
    }

    @Test
    void aConversationIsLaidOutWithTheTurnThatIsRated() throws IOException {
        try (OnnxRewardModel model = OnnxRewardModel.load(source(LLAMA), options(Precision.FP32))) {
            Continuation chat = Continuation.of(Prompt.chat(Message.user("Why <|eot_id|>?")), "So <|eot_id|> it is.");
            String head = "<|start_header_id|>%s<|end_header_id|>\n\n";
            Continuation plain = Continuation.of(
                    Prompt.text("<|begin_of_text|>" + head.formatted("user") + "Why?<|eot_id|>"
                            + head.formatted("assistant") + "So it is."),
                    List.of(511));
            Continuation same = Continuation.of(Prompt.chat(Message.user("Why?")), "So it is.");
            assertEquals(model.reward(plain), model.reward(same));
            assertEquals(model.countTokens(plain), model.countTokens(same));
            assertTrue(model.countTokens(chat) > model.countTokens(same) + 10, "control tokens are spelt out");
            assertEquals(
                    model.reward(same),
                    RewardScorer.using(model).score("Why?", "So it is.").value());
        }
    }

    @Test
    void paddingAtTheEndIsPassedOver() throws IOException {
        try (OnnxRewardModel model = OnnxRewardModel.load(source(LLAMA), options(Precision.FP32))) {
            double reward = model.reward(turn(0, 412, 278, 124));
            assertEquals(reward, model.reward(turn(0, 412, 278, 124, 1, 1)));
            assertEquals(4, model.countTokens(turn(0, 412, 278, 124, 1, 1)));
            assertEquals(1, model.countTokens(turn(1, 1, 1)));
        }
    }

    /** How much farther apart the levels of a weight are where the processor has no VNNI. */
    private static final double COARSER = 127.0 / Int8Products.LEVELS;

    /**
     * Relative to how far rewards are spread. The checkpoints are in bfloat16, which then changes nothing; for four bits their
     * matrices are rounded before, so that what is left is from activations.
     */
    @ParameterizedTest
    @ValueSource(strings = {LLAMA, QWEN3})
    void fewerBitsComeNear(String name) throws IOException {
        List<Continuation> turns = turns(40);
        double[] exact = rewards(source(name), Precision.FP32, turns);
        double spread = deviation(exact, new double[exact.length]);
        assertEquals(0, deviation(exact, rewards(source(name), Precision.BF16, turns)) / spread, 1e-5);
        assertEquals(0, deviation(exact, rewards(source(name), Precision.INT8, turns)) / spread, 0.05 * COARSER);
        Path rounded = copy(name, config(name, "config.json"));
        FamilyGoldenTest.writeInBlocks(source(name), rounded);
        double[] inBlocks = rewards(rounded, Precision.FP32, turns);
        assertEquals(0, deviation(inBlocks, rewards(rounded, Precision.INT4, turns)) / spread, 0.05);
    }

    private static double[] rewards(Path path, Precision precision, List<Continuation> turns) throws IOException {
        try (OnnxRewardModel model = OnnxRewardModel.load(path, options(precision))) {
            return model.reward(turns.stream()).mapToDouble(reward -> reward).toArray();
        }
    }

    private static double deviation(double[] a, double[] b) {
        return Math.sqrt(IntStream.range(0, a.length)
                .mapToDouble(i -> Math.pow(a[i] - b[i], 2))
                .average()
                .orElseThrow());
    }

    @Test
    void anExportIsTheModelAndStaysARewardModel() throws IOException {
        Path exported = folder.resolve("exported");
        OnnxExport.write(source(QWEN3), exported, Precision.INT8);
        Continuation padded = turn(0, 412, 278, 124, 1);
        try (OnnxRewardModel direct = OnnxRewardModel.load(source(QWEN3), options(Precision.INT8));
                OnnxRewardModel opened = OnnxRewardModel.load(exported, options(Precision.INT8))) {
            assertEquals(direct.fingerprint(), opened.fingerprint());
            assertEquals(direct.reward(padded), opened.reward(padded));
        }
        assertEquals(
                exported + ": a reward model (Qwen3ForSequenceClassification), which rates and does not write: expected"
                        + " a model that writes text",
                message(() -> OnnxModel.load(exported)));
        Path other = folder.resolve("other");
        OnnxExport.write(source("qwen3"), other, Precision.INT8);
        assertTrue(message(() -> OnnxRewardModel.load(other)).startsWith(other + ": a model that writes text"));
    }

    @ParameterizedTest
    @ValueSource(strings = {LLAMA, QWEN3})
    void whatIsWrittenOfAConfigurationIsReadAsTheSame(String name) throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(source(name))) {
            LlamaConfig config = checkpoint.config();
            assertEquals(
                    config,
                    HuggingFaceConfig.read(
                            folder.resolve("config.json"), ModelFiles.config(config), null, config.storage()));
        }
    }

    private static String message(org.junit.jupiter.api.function.Executable refused) {
        return String.valueOf(assertThrows(ModelException.class, refused).getMessage());
    }

    @Test
    void severalLabelsAreRefusedByName() throws IOException {
        String config = config(LLAMA, "config.classic.json");
        Path two = copy(LLAMA, config.replace("\"0\": \"LABEL_0\"", "\"0\": \"BAD\", \"1\": \"GOOD\""));
        assertEquals(
                two + "/config.json: num_labels 2: expected 1, as a reward model has",
                message(() -> OnnxRewardModel.load(two)));
        Path none = copy(LLAMA, config.replace("\"id2label\"", "\"other\""));
        assertTrue(
                message(() -> OnnxRewardModel.load(none)).endsWith("num_labels 2: expected 1, as a reward model has"));
    }

    @Test
    void eitherKindIsRefusedInPlaceOfTheOther() {
        Path reward = source(LLAMA);
        assertEquals(
                reward + ": a reward model (LlamaForSequenceClassification), which rates and does not write: expected a"
                        + " model that writes text",
                message(() -> OnnxModel.load(reward)));
        Path causal = source("qwen3");
        assertEquals(
                causal + ": a model that writes text, expected a reward model, such as a LlamaForSequenceClassification"
                        + " with one label",
                message(() -> OnnxRewardModel.load(causal)));
        assertEquals(
                reward + ": a reward model (LlamaForSequenceClassification) cannot be trained, expected a model that"
                        + " writes text",
                message(() -> OnnxTrainer.of(reward)
                        .train(
                                List.of(new TrainingExample("1", Direction.FORWARD.of(new Example("a", "b")))),
                                TrainingPlan.lowRank(),
                                folder.resolve("trained"),
                                TrainingListener.NONE)));
    }

    @Test
    void adaptersAreRefused() throws IOException {
        Path adapter = Files.createDirectory(folder.resolve("adapter"));
        Files.writeString(adapter.resolve("adapter_config.json"), "{}");
        assertEquals(
                source(LLAMA) + ": a reward model (LlamaForSequenceClassification) takes no adapters, found " + adapter,
                message(() -> OnnxRewardModel.load(
                        source(LLAMA), options(Precision.FP32).adapter(Optional.of(adapter)))));
    }

    @Test
    void whatDoesNotFitTheContextIsNumbered() throws IOException {
        try (OnnxRewardModel model =
                OnnxRewardModel.load(source(LLAMA), options(Precision.FP32).contextLength(8))) {
            int[] fits = IntStream.range(2, 10).toArray();
            assertEquals(
                    2, model.reward(Stream.of(turn(fits), turn(fits))).toList().size());
            int[] long9 = Arrays.copyOf(fits, 9);
            assertThrows(PromptTooLongException.class, () -> model.reward(Stream.of(turn(fits), turn(long9)))
                    .toList());
        }
    }
}
