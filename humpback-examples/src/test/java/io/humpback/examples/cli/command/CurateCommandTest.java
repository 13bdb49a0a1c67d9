package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CurateCommandTest {

    @TempDir
    private Path folder;

    private Path in;
    private Path out;

    @BeforeEach
    void scores() throws IOException {
        in = Ran.write(
                folder.resolve("scores.jsonl"),
                "{\"id\": 0, \"score\": 4.6}",
                "{\"id\": 1, \"score\": 2}",
                "{\"id\": 2, \"score\": \"five\"}",
                "{\"id\": 3, \"score\": 4.9}",
                "{\"id\": 4}",
                "{\"id\": 5, \"score\": 4.4}");
        out = folder.resolve("kept.jsonl");
    }

    private List<Integer> kept(Object... rule) throws IOException {
        Object[] args = {"curate", "--in", in, "--out", out, "--json"};
        JsonNode summary = Ran.command(
                        Stream.of(args, rule).flatMap(Arrays::stream).toArray())
                .done()
                .summary();
        assertEquals(2, summary.get("rejected").intValue());
        int dropped = summary.get("dropped").path("score below").intValue();
        assertEquals(4, summary.get("rows").intValue() + dropped);
        return Ran.rows(out).stream().map(row -> row.get("id").intValue()).toList();
    }

    @Test
    void theBestFifthIsKeptUnlessAnotherRuleIsGiven() throws IOException {
        assertEquals(List.of(3), kept());
        assertEquals(List.of(0, 3, 5), kept("--threshold", 4.4));
    }

    @Test
    void aShareAndABudgetAreOfTheRowsWithAScore() throws IOException {
        assertEquals(List.of(0, 3), kept("--top-share", 0.5));
        assertEquals(List.of(0, 3, 5), kept("--budget", 3));
        assertEquals(List.of(0, 1, 3, 5), kept("--budget", 99));
    }

    @Test
    void whatKeepsNothingSaysTheBestScore() throws IOException {
        Ran ran = Ran.command("curate", "--in", in, "--out", out, "--threshold", 5, "--json")
                .done();
        assertEquals(4.9, ran.summary().get("best_score").doubleValue());
        assertEquals(
                "nothing is kept: the best score is 4.90, the rule keeps at least 5.0; --top-share 0.2 keeps the best"
                        + " fifth",
                ran.summary().get("warning").textValue());
    }

    @Test
    void rowsWithoutAScoreAreListed() throws IOException {
        kept();
        List<JsonNode> rejected = Ran.rows(folder.resolve("kept.rejected.jsonl"));
        assertEquals(
                List.of(3, 5),
                rejected.stream().map(row -> row.get("line").intValue()).toList());
        assertEquals(
                "score: found \"five\", expected a number",
                rejected.get(0).get("reason").textValue());
    }

    @Test
    void withAModelPairsAreScoredFirst() throws IOException {
        Path pairs = Ran.write(
                folder.resolve("pairs.jsonl"),
                "{\"id\": 0, \"instruction\": \"Why?\", \"response\": \"It is the light.\"}",
                "{\"id\": 1, \"instruction\": \"Why?\", \"response\": \"Never mind.\"}");
        Ran.scripted(
                        () -> FakeLanguageModel.create()
                                .rating(prompt -> FakeLanguageModel.text(prompt).contains("light") ? 4.75 : 2),
                        "curate",
                        "--model",
                        "m",
                        "--in",
                        pairs,
                        "--out",
                        out)
                .done();
        assertEquals(1, Ran.rows(out).size());
        assertEquals(4.75, Ran.rows(out).get(0).get("score").doubleValue(), 1e-9);
        assertEquals(2, Ran.rows(folder.resolve("kept.scores.jsonl")).size());
    }

    @Test
    void withoutRowsItFailsAndAnOlderFileStays() throws IOException {
        Files.writeString(in, "");
        Ran.write(out, "older");
        Ran ran = Ran.command("curate", "--in", in, "--out", out, "--top-share", 0.5);
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + in + ": found no rows, the file is empty",
                ran.err().strip());
        assertEquals("older\n", Files.readString(out));
    }

    /** 400 rows, of which those from a score of 2 on are good in 19 of 20 cases; each eighth has a label. */
    private Path many(String more) throws IOException {
        String[] rows = new String[400];
        List<String> labels = new ArrayList<>();
        for (int i = 0; i < rows.length; i++) {
            double score = 1 + i % 40 / 10.0;
            boolean good = score >= 2 && i % 20 != 7;
            rows[i] = "{\"id\": \"r" + i + "\", \"score\": " + score + "}";
            if (i % 3 == 1) {
                labels.add("{\"id\": \"r" + i + "\", \"label\": " + good + more + "}");
            }
        }
        Ran.write(in, rows);
        return Ran.write(folder.resolve("labels.jsonl"), labels.toArray(String[]::new));
    }

    @Test
    void withLabelsItSaysWhatTheKeptAreWorth() throws IOException {
        Path labels = many("");
        JsonNode told = Ran.command("curate", "--in", in, "--out", out, "--threshold", 3, "--labels", labels, "--json")
                .done()
                .summary();
        assertEquals(133, told.get("labels").intValue());
        assertEquals(0, told.get("unmatched").intValue());
        JsonNode worth = told.get("worth");
        assertEquals(200, told.get("rows").intValue());
        assertEquals(66, worth.get("labels_of_these").intValue());
        double precision = worth.get("precision").get("value").doubleValue();
        assertEquals(0.95, precision, 0.03);
        assertEquals(200 * precision, worth.get("good").get("value").doubleValue(), 1e-9);
        assertTrue(worth.get("good").get("low").doubleValue() < 190, worth::toString);
        assertTrue(worth.get("good").get("high").doubleValue() > 190, worth::toString);
        assertTrue(worth.get("labels_only").get("low").doubleValue() > 0.8, worth::toString);
    }

    @Test
    void asManyAreKeptAsThePrecisionAllows() throws IOException {
        Path labels = many(", \"drawn_with\": 0.33");
        JsonNode told = Ran.command(
                        "curate", "--in", in, "--out", out, "--labels", labels, "--precision", 0.8, "--json")
                .done()
                .summary();
        int rows = told.get("rows").intValue();
        assertTrue(rows >= 280 && rows <= 340, told::toString); // 285 of the 300 from 2 on are good
        assertEquals(rows, Ran.rows(out).size());
        assertTrue(told.get("kept_from_score").doubleValue() <= 2.2, told::toString);
        List<JsonNode> kept = Ran.rows(out);
        Ran.command("curate", "--in", in, "--out", out, "--labels", labels, "--promise=0.8")
                .done();
        assertEquals(kept, Ran.rows(out));
    }

    @Test
    void whatCannotBePromisedKeepsNothingAndAnOlderFileStays() throws IOException {
        Path labels = many("");
        Ran.write(out, "older");
        Ran ran = Ran.command("curate", "--in", in, "--out", out, "--labels", labels, "--promise", 0.99);
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + labels
                        + ": a precision of 0.99 cannot be promised with a confidence of 0.95, nothing is kept:"
                        + " 133 labels are too few even if all were good: it takes at least 408, and more where some are bad",
                ran.err().strip());
        assertEquals("older\n", Files.readString(out));
    }

    @Test
    void aPrecisionNeedsLabelsAndNoOtherRule() throws IOException {
        Path labels = many("");
        assertEquals(
                2,
                Ran.command("curate", "--in", in, "--out", out, "--promise", 0.9)
                        .status());
        assertEquals(
                2,
                Ran.command("curate", "--in", in, "--out", out, "--labels", labels, "--promise", 0.9, "--budget", 3)
                        .status());
        assertEquals(
                2,
                Ran.command("curate", "--in", in, "--out", out, "--labels", labels, "--promise", 1.5)
                        .status());
        assertEquals(
                2,
                Ran.command("curate", "--in", in, "--out", out, "--labels", labels, "--confidence", 1)
                        .status());
        many(", \"drawn_with\": 2");
        Ran ran = Ran.command("curate", "--in", in, "--out", out, "--labels", labels);
        assertEquals(
                "humpback: " + labels + ": line 1: drawn_with: found 2, expected a probability in (0, 1]",
                ran.err().strip());
    }
}
