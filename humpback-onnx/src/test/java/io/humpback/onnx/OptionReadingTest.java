package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.Choice;
import io.humpback.model.Continuation;
import io.humpback.model.LanguageModel;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.run.Decoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Probabilities of options of any length, compared with likelihoods of their tokens. */
class OptionReadingTest {

    private static final Prompt.Chat CHAT =
            Prompt.chat(Message.user("How good is it?")).replyingWith("Answer:");

    private static LoadedModel tiny;
    private static OnnxModel model;

    @BeforeAll
    @BeforeContainer
    static void load() throws IOException {
        tiny = LoadedModel.load(Reference.tiny(), LoadOptions.defaults());
        model = OnnxModel.load(Reference.tiny());
    }

    @AfterAll
    @AfterContainer
    static void close() {
        if (model != null) {
            tiny.close();
            model.close();
        }
    }

    private static List<String> numbers(int from, int to) {
        return IntStream.rangeClosed(from, to).mapToObj(number -> " " + number).toList();
    }

    /** Options with their tokens, and the log-probabilities that the likelihoods of these add up to. */
    private record Expected(int common, List<int[]> ids, double[] logs, boolean[] ended) {

        static Expected of(LoadedModel loaded, LanguageModel model, Prompt.Chat chat, List<String> texts) {
            List<int[]> ids = texts.stream()
                    .map(text -> loaded.encoder().encode(chat.replyingWith(chat.replyStart() + text)))
                    .toList();
            int common = 0;
            while (same(ids, common)) {
                common++;
            }
            int start = common;
            double[] logs = new double[texts.size()];
            boolean[] ended = new boolean[texts.size()];
            for (int i = 0; i < logs.length; i++) {
                int[] own = ids.get(i);
                ended[i] = ids.stream()
                        .anyMatch(other ->
                                other.length > own.length && Arrays.equals(other, 0, own.length, own, 0, own.length));
                List<Integer> given = list(own, 0, start);
                List<Integer> rest = list(own, start, own.length);
                logs[i] = ended[i]
                        ? loaded.facts().endIds().stream()
                                .mapToDouble(end -> Math.exp(log(
                                        model,
                                        given,
                                        Stream.concat(rest.stream(), Stream.of(end))
                                                .toList())))
                                .sum()
                        : Math.exp(log(model, given, rest));
                logs[i] = Math.log(logs[i]);
            }
            return new Expected(common, ids, logs, ended);
        }

        private static boolean same(List<int[]> ids, int at) {
            return ids.stream().allMatch(one -> one.length > at && one[at] == ids.get(0)[at]);
        }

        private static double log(LanguageModel model, List<Integer> given, List<Integer> rest) {
            return model.logLikelihood(Continuation.of(Prompt.ids(given), rest)).sum();
        }

        private static List<Integer> list(int[] ids, int from, int to) {
            return Reference.list(Arrays.copyOfRange(ids, from, to));
        }
    }

    private static void assertLikelihoods(Expected expected, Choice found) {
        assertArrayEquals(expected.logs, found.logProbabilities(), 1e-5);
        double all = Arrays.stream(found.logProbabilities()).map(Math::exp).sum() + Math.exp(found.logOther());
        assertEquals(1, all, 1e-9);
        assertEquals(expected.common, found.promptTokens());
    }

    @Test
    void numbersOfSeveralTokensHaveTheLikelihoodsOfTheirTokens() {
        for (List<String> texts : List.of(numbers(1, 10), numbers(0, 100), numbers(-3, 12))) {
            Expected expected = Expected.of(tiny, model, CHAT, texts);
            assertLikelihoods(expected, model.choose(CHAT, texts));
        }
    }

    @Test
    void anOptionThatBeginsAnotherNeedsItsEnd() {
        List<String> texts = List.of(" good", " good enough", " good enough for me", " bad");
        Expected expected = Expected.of(tiny, model, CHAT, texts);
        assertArrayEquals(new boolean[] {true, true, false, false}, expected.ended);
        assertLikelihoods(expected, model.choose(CHAT, texts));
    }

    @Test
    void whatAllOptionsBeginWithIsGiven() {
        List<String> texts = List.of(" very much so", " very much", " very little");
        Expected expected = Expected.of(tiny, model, CHAT, texts);
        assertTrue(expected.common > model.countTokens(CHAT), () -> expected.common + " tokens");
        assertLikelihoods(expected, model.choose(CHAT, texts));
    }

    /** A tokenizer that splits digits and a vocabulary in 8 bits, whose numbers of several digits are several tokens. */
    @Test
    void smolLm2ReadsScalesOfManyDigits() throws IOException {
        LoadOptions options = LoadOptions.defaults();
        try (LoadedModel loaded = LoadedModel.load(Reference.smolLm2(), options);
                OnnxModel smolLm2 = OnnxModel.load(Reference.smolLm2(), options)) {
            for (List<String> texts : List.of(numbers(1, 10), numbers(0, 100))) {
                Expected expected = Expected.of(loaded, smolLm2, CHAT, texts);
                int last = texts.size() - 1;
                assertTrue(expected.ids.get(last).length - expected.common > 1, "several tokens");
                assertTrue(expected.ended[texts.indexOf(" 1")], "one begins another");
                assertLikelihoods(expected, smolLm2.choose(CHAT, texts));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("io.humpback.onnx.Families#all")
    void everyFamilysTokenizerServes(String family) throws IOException {
        Path source = Reference.file("data/golden/families/" + family);
        LoadOptions options = LoadOptions.defaults().contextLength(128);
        List<String> texts = List.of(" 9", " 10", " 100", " 99", " yes", " yes, but");
        try (LoadedModel loaded = LoadedModel.load(source, options);
                OnnxModel other = OnnxModel.load(source, options)) {
            assertLikelihoods(Expected.of(loaded, other, CHAT, texts), other.choose(CHAT, texts));
        }
    }

    @Test
    void wholeRunsReadWhatStepsRead(@TempDir Path folder) throws IOException {
        List<OptionTree> trees = Stream.of(numbers(0, 30), List.of(" yes", " no", " not now"), numbers(1, 5))
                .map(texts -> OptionTree.of(
                        texts,
                        texts.stream()
                                .map(text -> tiny.encoder().encode(CHAT.replyingWith("Answer:" + text)))
                                .toArray(int[][]::new)))
                .toList();
        List<OptionReading> expected =
                OptionReading.of(trees, tiny.decoder(), tiny.facts().endIds());
        try (Checkpoint checkpoint = Checkpoint.open(Reference.tiny());
                Decoder loop =
                        InferenceGraphs.looped(checkpoint, 256, 6, Files.createDirectory(folder.resolve("loop")));
                Decoder paged =
                        InferenceGraphs.paged(checkpoint, 256, 6, Files.createDirectory(folder.resolve("paged")))) {
            for (Decoder decoder : List.of(loop, paged)) {
                List<OptionReading> found =
                        OptionReading.of(trees, decoder, tiny.facts().endIds());
                for (int i = 0; i < trees.size(); i++) {
                    assertArrayEquals(
                            expected.get(i).choice(1).logProbabilities(),
                            found.get(i).choice(1).logProbabilities(),
                            1e-4);
                    assertEquals(expected.get(i).tokens(), found.get(i).tokens());
                }
            }
        }
    }

    @Property(tries = 60)
    void randomOptionsSumToOneWithTheRest(@ForAll("options") Set<String> options, @ForAll("replies") String reply) {
        List<String> texts = List.copyOf(options);
        Prompt.Chat chat = CHAT.replyingWith(reply);
        assertLikelihoods(Expected.of(tiny, model, chat, texts), model.choose(chat, texts));
    }

    @Provide
    Arbitrary<Set<String>> options() {
        return Arbitraries.of(" ", "1", "0", "a", "good", "ly", "\u00e9", "-", "\n", "<|eot_id|>")
                .list()
                .ofMinSize(1)
                .ofMaxSize(5)
                .map(parts -> String.join("", parts))
                .set()
                .ofMinSize(2)
                .ofMaxSize(9);
    }

    @Provide
    Arbitrary<String> replies() {
        return Arbitraries.of("", "Answer:", "The answer is ");
    }

    @Test
    void questionsOfOnePromptAreReadInOneStream() {
        List<Choice.Options> asked = new ArrayList<>();
        for (List<String> texts : List.of(numbers(1, 5), numbers(0, 20), List.of(" yes", " no", " not at all"))) {
            asked.add(new Choice.Options(CHAT, texts));
        }
        List<Choice> found = model.choose(asked.stream()).toList();
        for (int i = 0; i < asked.size(); i++) {
            Choice alone = model.choose(CHAT, asked.get(i).texts());
            assertArrayEquals(alone.logProbabilities(), found.get(i).logProbabilities(), 1e-4);
            assertEquals(alone.logOther(), found.get(i).logOther(), 1e-4);
        }
    }

    @Test
    void differentTextsOfTheSameTokensAreRefused() {
        int[] ids = {5, 7, 9};
        assertEquals(
                "options [a, b]: \"a\" and \"b\" are the same tokens in this model's vocabulary",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> OptionTree.of(List.of("a", "b"), new int[][] {ids, ids}))
                        .getMessage());
    }

    @Test
    void branchesComeDepthFirst() {
        OptionTree tree = OptionTree.of(
                List.of("a", "b", "c", "d", "e"),
                new int[][] {{8, 1}, {8, 1, 2, 3, 4}, {8, 1, 2, 5}, {8, 6, 7, 7}, {8, 1, 2, 5, 5}});
        assertEquals(1, tree.common());
        assertEquals(4, tree.longest());
        assertEquals(
                List.of("[8]", "[8, 1]", "[8, 1, 2]", "[8, 1, 2, 3]", "[8, 1, 2, 5]", "[8, 6]", "[8, 6, 7]"),
                tree.branches().stream()
                        .map(branch -> Arrays.toString(branch.before()))
                        .toList());
        assertArrayEquals(
                new int[] {OptionTree.END, 2, 2, 2}, tree.branches().get(1).tokens());
        assertArrayEquals(new int[] {0, 1, 2, 4}, tree.branches().get(1).options());
    }
}
