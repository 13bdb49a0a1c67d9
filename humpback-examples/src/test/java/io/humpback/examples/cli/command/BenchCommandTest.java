package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.bench.Agreement;
import io.humpback.examples.cli.Ran;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BenchCommandTest {

    @TempDir
    private Path folder;

    /** Writes as much as it may, and asks for something when asked to. */
    private static FakeLanguageModel model() {
        String words = IntStream.range(0, 300).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
        return FakeLanguageModel.create()
                .writing((prompt, item, sampling) ->
                        FakeLanguageModel.text(prompt).contains("<text") ? "How does one look after a kettle?" : words);
    }

    /** The CPU in place of a GPU: that all of it runs, and that what is equal is told as equal. */
    @Test
    void whatAGpuComputesIsComparedWithTheCpu() {
        Ran ran = Ran.onnx("bench", "gpu", "--on-cpu", "--like", "none").done();
        List<String> lines = ran.out().lines().toList();
        assertEquals("# cpu against the CPU, nano", lines.get(0));
        assertEquals(14, lines.size(), ran.out());
        for (String line : lines.subList(1, 14)) {
            assertTrue(line.matches("\\S+: [a-z, -]+ +0\\.00000  at most [0-9.]+"), line);
        }
    }

    @Test
    void aDifferenceBeyondItsBarIsWrong() {
        double[] ratings = {1, 2};
        Agreement one = new Agreement(ratings, new double[] {-1, -2}, List.of(ids(20)), List.of(ids(0)));
        Agreement other =
                new Agreement(new double[] {1, 2.1}, new double[] {-1, Double.NaN}, List.of(ids(9)), List.of(ids(1)));
        List<Agreement.Row> rows = one.against(other, "fp32", false);
        assertEquals(
                List.of(false, false, true, false),
                rows.stream().map(Agreement.Row::isRight).toList());
        assertTrue(
                rows.get(0).toString().endsWith("0.10000  at most 0.00500  WRONG"),
                rows.get(0).toString());
        assertTrue(one.against(one, "fp32", false).stream().allMatch(Agreement.Row::isRight));
    }

    /** Of which one differs: late ones change no row. */
    private static List<Integer> ids(int differing) {
        return IntStream.range(0, 24).map(i -> i == differing ? 7 : 3).boxed().toList();
    }

    @Test
    void everyMeasureHasItsFigure() throws IOException {
        Path pairs = Ran.write(folder.resolve("pairs.csv"), "question,answer", "Why?,Because so.");
        Path pages = Files.writeString(
                folder.resolve("pages.html"), SegmentCommandTest.page("Kettles", SegmentCommandTest.text("kettle")));
        Path json = folder.resolve("figures.json");
        Ran ran = Ran.scripted(
                        BenchCommandTest::model,
                        "bench",
                        "--model",
                        "m",
                        "--pairs",
                        pairs,
                        "--fields",
                        "question,answer",
                        "--pages",
                        pages,
                        "--reps",
                        2,
                        "--precision",
                        "int8",
                        "--json",
                        json)
                .done();
        JsonNode figures = Ran.read(Files.readString(json));
        for (String key : Set.of(
                "prefill_512",
                "prefill_8x256",
                "decode_1",
                "decode_8",
                "decode_32",
                "score",
                "score_reasoned",
                "augment")) {
            JsonNode figure = figures.get(key);
            assertTrue(figure.get("min").doubleValue() > 0, key);
            assertTrue(figure.get("min").doubleValue() <= figure.get("median").doubleValue(), key);
            assertTrue(figure.get("median").doubleValue() <= figure.get("max").doubleValue(), key);
            assertEquals(2, figure.get("runs").intValue());
            assertEquals("int8", figure.get("precision").textValue());
            assertTrue(ran.out().contains(key + " "), ran.out());
        }
        assertFalse(figures.has("train_lora_4x256"));
        assertEquals("pairs/s", figures.get("score").get("unit").textValue());
        assertEquals("the library's own", figures.get("score").get("prompts").textValue());
        assertEquals(1, figures.get("augment").get("candidates").intValue());
    }

    @Test
    void pairsThatWereTokenisedForTheModelAreScoredAsTheyAre() throws IOException {
        String ids = IntStream.range(0, 700).mapToObj(Integer::toString).collect(Collectors.joining(", "));
        String prompt = IntStream.range(0, 700).mapToObj(i -> "w" + i).collect(Collectors.joining(" "));
        Path pairs = Ran.write(
                folder.resolve("pairs.jsonl"),
                "{\"instruction\": \"Why?\", \"response\": \"So.\", \"prompt\": \"" + prompt + "\", \"ids\": [" + ids
                        + "], \"forced_ids\": [3, 4]}");
        JsonNode figures = Ran.scripted(
                        BenchCommandTest::model,
                        "bench",
                        "--model",
                        "m",
                        "--pairs",
                        pairs,
                        "--reps",
                        1,
                        "--only",
                        "score,score_reasoned",
                        "--json")
                .done()
                .summary();
        assertEquals("as in the file", figures.get("score").get("prompts").textValue());
        assertEquals(3.0, figures.get("score").get("mean_score").doubleValue(), 1e-9);
        assertEquals(200, figures.get("score_reasoned").get("new_tokens").intValue());
        assertFalse(figures.has("prefill_512"));
    }

    @Test
    void aRealModelIsMeasured() {
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode figures = Ran.onnx("bench", "--model", model, "--only", "prefill_512,decode_8", "--reps", 1, "--json")
                .done()
                .summary();
        assertTrue(figures.get("prefill_512").get("median").doubleValue() > 0);
        assertTrue(figures.get("decode_8").get("median").doubleValue() > 0);
        assertTrue(figures.get("load").get("seconds").doubleValue() > 0);
    }

    @Test
    void twoPrecisionsAreComparedInAlternation() {
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode figures = Ran.onnx(
                        "bench",
                        "--model",
                        model,
                        "--only",
                        "decode_1,train_lora_4x256",
                        "--reps",
                        2,
                        "--against",
                        "precision=int8,threads=1",
                        "--json")
                .done()
                .summary();
        assertEquals("int8", figures.get("against").get("precision").textValue());
        for (String key : Set.of("decode_1", "train_lora_4x256")) {
            JsonNode figure = figures.get(key);
            assertEquals("fp32", figure.get("precision").textValue());
            assertEquals("int8", figure.get("against").get("precision").textValue());
            assertEquals(2, figure.get("against").get("runs").intValue());
            double low = figure.get("ratio").get("low").doubleValue();
            double ratio = figure.get("ratio").get("value").doubleValue();
            assertTrue(0 < low && low <= ratio, () -> "" + figure);
            assertTrue(ratio <= figure.get("ratio").get("high").doubleValue(), () -> "" + figure);
        }
    }

    @Test
    void stepsOfDecodingAreTimedWithoutThePrompts() {
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode figures = Ran.onnx("bench", "--model", model, "--only", "decode_8", "--json")
                .done()
                .summary();
        assertFalse(figures.get("decode_8").has("prompts"));
    }

    @ParameterizedTest
    @CsvSource({"precision=int3", "threads=many", "colour=red"})
    void aSettingToCompareWithThatIsNoneIsWrongUse(String setting) {
        Ran ran = Ran.command("bench", "--model", "m", "--against", setting);
        assertEquals(2, ran.status(), ran.err());
        assertEquals(1, ran.err().lines().count(), ran.err());
    }

    @ParameterizedTest
    @CsvSource({"train_lora_4x256_recompute,int8,int8", "train_lora_4x256,bf16,fp32", "train_full_4x256,int8,fp32"})
    void aTrainingIsMeasuredWhereItIsAskedFor(String key, String precision, String computed) {
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode figures = Ran.onnx(
                        "bench", "--model", model, "--only", key, "--reps", 1, "--precision", precision, "--json")
                .done()
                .summary();
        JsonNode figure = figures.get(key);
        assertTrue(figure.get("median").doubleValue() > 0);
        assertEquals(computed, figure.get("precision").textValue());
        assertFalse(figures.has("load"));
    }
}
