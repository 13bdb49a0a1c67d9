package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.model.Prompt;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LearnCommandTest {

    private static final int PAIRS = 60;

    @TempDir
    private Path folder;

    private Path labels;
    private Path judge;

    @BeforeEach
    void write() throws IOException {
        List<String> rows = new ArrayList<>();
        List<String> said = new ArrayList<>();
        for (int i = 0; i < PAIRS; i++) {
            boolean good = i % 3 == 0;
            String pair = "\"instruction\": \"Question " + i + "?\", \"response\": \"It is answer " + i
                    + (good ? " indeed.\"" : " perhaps.\"");
            rows.add("{" + pair + "}");
            if (i < 50) {
                said.add("{" + pair + ", \"label\": " + (good ? 1 : 0) + "}");
            }
        }
        Ran.write(folder.resolve("pairs.jsonl"), rows.toArray(String[]::new));
        labels = Ran.write(folder.resolve("labels.jsonl"), said.toArray(String[]::new));
        judge = folder.resolve("judge");
    }

    private static float[] state(Prompt prompt, int layer) {
        String text = FakeLanguageModel.text(prompt);
        Random random = new Random(text.hashCode() + layer);
        float[] state = new float[8];
        for (int i = 0; i < state.length; i++) {
            state[i] = (float) random.nextGaussian();
        }
        state[3] += text.contains(" indeed") ? 3 : -3;
        return state;
    }

    private static FakeLanguageModel model() {
        return AugmentCommandTest.writer().states(4, LearnCommandTest::state);
    }

    /** Runs a command; a word after an @ is a file in the folder. */
    private Ran ran(String line) {
        return Ran.scripted(
                LearnCommandTest::model,
                Stream.of(line.split(" "))
                        .map(word -> word.startsWith("@") ? folder.resolve(word.substring(1)) : word)
                        .toArray());
    }

    private Ran learn(String more) {
        return ran("learn --model m --in @pairs.jsonl --labels @labels.jsonl --out @judge" + more);
    }

    @Test
    void itTellsWhatIsBestAndLeavesAJudge() throws IOException {
        JsonNode told = learn(" --json --curve 20,30").summary();
        assertEquals(50, told.get("labels").intValue());
        assertEquals(17, told.get("good").intValue());
        assertEquals(0.5, told.get("rating").get("roc_auc").doubleValue());
        assertTrue(told.get("learned").get("roc_auc").doubleValue() > 0.95, told.toString());
        assertTrue(told.get("panel").get("brier").doubleValue() < 0.1, told.toString());
        assertTrue(told.get("panel_reliability").size() >= 2);
        assertEquals(30, told.get("curve").get(1).get("labels").intValue());
        assertTrue(told.get("verdict").textValue().startsWith("take "), told.toString());

        Path scores = folder.resolve("scores.jsonl");
        for (String by : List.of("learned", "panel")) {
            ran("score --model m --by " + by + " --judge-dir @judge --in @pairs.jsonl --out @scores.jsonl")
                    .done();
            List<JsonNode> rows = Ran.rows(scores);
            assertEquals(by, rows.get(0).get("judge").get("by").textValue());
            for (int i = 50; i < PAIRS; i++) { // which it has not seen
                assertEquals(
                        i % 3 == 0,
                        rows.get(i).get("score").doubleValue() > 0.5,
                        rows.get(i).toString());
            }
            JsonNode agreement = Ran.command("evaluate", "--scores", scores, "--labels", labels, "--json")
                    .summary();
            assertTrue(agreement.get("brier").doubleValue() < 0.2);
            assertTrue(agreement.has("calibration_error"));
            assertEquals(1, agreement.get("calibration").get(7).get("to").doubleValue());
        }
    }

    @Test
    void whatItLearnedCuratesAttacksAndRunsAPipeline() throws IOException {
        assertEquals(0, learn("").status());
        Path kept = folder.resolve("kept.jsonl");
        ran("curate --by panel --model m --threshold 0.5 --judge-dir @judge --in @pairs.jsonl --out @kept.jsonl")
                .done();
        assertEquals(PAIRS / 3, Ran.rows(kept).size());
        JsonNode shifts = ran("attack --by learned --model m --limit 3 --json --judge-dir @judge --in @pairs.jsonl")
                .done()
                .summary();
        assertEquals("learned", shifts.get("judge").get("by").textValue());
        assertTrue(shifts.get("flattery").has("lifted"));
        JsonNode others = ran("attack --by likelihood --model m --limit 3 --json --in @pairs.jsonl")
                .done()
                .summary();
        assertFalse(others.get("flattery").has("lifted"), "no threshold is usual");

        Files.writeString(
                folder.resolve("pages.html"), SegmentCommandTest.page("Kettles", SegmentCommandTest.text("kettle")));
        Path out = folder.resolve("out");
        ran("pipeline --by learned --model m --judge-dir @judge --pages @pages.html --out @out")
                .done();
        assertEquals(
                "learned",
                Ran.rows(out.resolve("kept.jsonl")).get(0).at("/judge/by").textValue());
    }

    @Test
    void whatDoesNotFitTogetherIsRefusedByName() throws IOException {
        assertEquals(0, learn("").status());
        assertRefused(
                "--threshold = 4.5: expected 0.0 to 1.0, as scores by learned are",
                "curate --by learned --model m --threshold 4.5 --judge-dir @judge --in @pairs.jsonl --out @kept.jsonl");
        assertRefused(
                "--threshold = 4.5: expected at most 0.0, as scores by likelihood are",
                "curate --by likelihood --model m --threshold 4.5 --in @pairs.jsonl --out @kept.jsonl");
        assertRefused(
                "--judge-dir and --by learned or panel: expected both or neither",
                "score --by learned --model m --in @pairs.jsonl --out @kept.jsonl");
        assertRefused(
                "--reward-model: found --by learned, expected reward or panel",
                "score --by learned --reward-model r --model m --judge-dir @judge --in @pairs.jsonl --out @kept.jsonl");
        assertRefused(
                "--by reward: expected --reward-model too, as --model writes",
                "pipeline --by reward --model m --pages @pairs.jsonl --out @kept.jsonl");
        assertRefused(
                "--judge-dir and --judge learned or panel: expected both or neither",
                "run --judge panel --model m --seed @pairs.jsonl --pages @pairs.jsonl --dir @kept.jsonl");
        assertRefused("--folds = 1: expected 2 to 20", "learn --folds 1 --model m --in @pairs.jsonl --out @judge");
    }

    private void assertRefused(String message, String line) {
        Ran ran = ran(line);
        assertEquals(2, ran.status(), ran.err());
        assertTrue(ran.err().contains(message), ran.err());
    }

    @Test
    void aJudgeIsRefusedWithAnotherModelAndPairsWithoutLabelsTeachNothing() throws IOException {
        assertEquals(0, learn("").status());
        Path file = judge.resolve("judge.json");
        Files.writeString(file, Files.readString(file).replace("\"fake\"", "\"another\""));
        Ran ran = ran("score --by learned --model m --judge-dir @judge --in @pairs.jsonl --out @s.jsonl");
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + file
                        + ": learned with model another, found fake, expected the same or a judge learned with that",
                ran.err().strip());
        Ran none = ran("learn --model m --in @pairs.jsonl --out @judge");
        assertEquals(1, none.status());
        assertTrue(none.err().contains(": no label of a pair of "), none.err());
    }
}
