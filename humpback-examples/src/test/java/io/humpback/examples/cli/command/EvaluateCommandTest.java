package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EvaluateCommandTest {

    @TempDir
    private Path folder;

    private Path scores;
    private Path labels;

    @BeforeEach
    void name() {
        scores = folder.resolve("scores.jsonl");
        labels = folder.resolve("labels.jsonl");
    }

    private Ran evaluate(Object... more) {
        Object[] args = {"evaluate", "--scores", scores, "--labels", labels};
        return Ran.command(java.util.stream.Stream.of(args, more)
                .flatMap(java.util.Arrays::stream)
                .toArray());
    }

    @Test
    void theReferenceIsMetFromFiles() throws IOException {
        JsonNode set = Ran.JSON
                .readTree(Ran.shared("data/golden/judge-stats.json").toFile())
                .get("sets")
                .get(0);
        int n = set.get("n").intValue();
        Ran.write(
                scores,
                IntStream.range(0, n)
                        .mapToObj(i -> "{\"id\": " + i + ", \"score\": "
                                + set.get("scores").get(i) + "}")
                        .toArray(String[]::new));
        Ran.write(
                labels,
                IntStream.range(0, n) // in another order
                        .map(i -> n - 1 - i)
                        .mapToObj(i -> "{\"id\": " + i + ", \"human\": "
                                + set.get("human").get(i) + "}")
                        .toArray(String[]::new));
        JsonNode told = evaluate("--json", "--bootstrap", 200).done().summary();
        assertEquals(n, told.get("rows").intValue());
        assertEquals(set.get("n_positive").intValue(), told.get("positives").intValue());
        same(set, "pearson", told, "pearson");
        same(set, "spearman", told, "spearman");
        same(set, "kendall_tau_b", told, "kendall");
        same(set, "quadratic_weighted_kappa", told, "quadratic_kappa");
        same(set, "roc_auc", told, "roc_auc");
        same(set, "average_precision", told, "average_precision");
        assertEquals(1, told.get("precision_at_4").get("value").doubleValue());
        assertEquals(0.5, told.get("recall_at_4").get("value").doubleValue());
        assertEquals(200, told.get("resamples").intValue());
        assertTrue(told.get("suggested").get("precision").doubleValue() >= 0.9);
        assertEquals(8, told.get("calibration").size());
        assertEquals(told, evaluate("--json", "--bootstrap", 200).summary());
    }

    private static void same(JsonNode set, String expected, JsonNode told, String name) {
        JsonNode node = told.get(name);
        double value = node.get("value").doubleValue();
        assertEquals(set.get(expected).doubleValue(), value, 1e-9, name);
        assertTrue(
                node.get("low").doubleValue() <= value
                        && value <= node.get("high").doubleValue(),
                name);
    }

    @Test
    void rowsWithoutIdsAreJoinedInTheirOrder() throws IOException {
        Ran.write(
                scores,
                "{\"score\": -3.5, \"instruction\": \"Why?\", \"response\": \"So.\"}",
                "{\"score\": -1, \"instruction\": \"How?\", \"response\": \"Like this.\"}");
        Ran.write(labels, "{\"label\": false}", "{\"label\": true}");
        JsonNode told = evaluate("--json").done().summary();
        assertEquals(1, told.get("positives").intValue());
        assertEquals(1, told.get("roc_auc").get("value").doubleValue());
        assertEquals(1, told.get("length_spearman").doubleValue(), 1e-12);
        assertFalse(told.has("quadratic_kappa"), "log-probabilities are no ratings");
        assertFalse(told.has("precision_at_4.5"));
        assertEquals(-1, told.get("suggested").get("threshold").doubleValue());
    }

    @Test
    void scoresAndLabelsMayStandInTheSameRows() throws IOException {
        Ran.write(scores, "{\"score\": 2, \"rating\": 1}", "{\"score\": 2, \"rating\": 5}");
        Ran ran = Ran.command("evaluate", "--scores", scores).done();
        assertTrue(ran.out().contains("pearson          value undefined"), ran.out());
        assertTrue(ran.out().contains("roc_auc          value 0.5000"), ran.out());
    }

    @Test
    void rowsThatHaveNoPartnerAreCounted() throws IOException {
        Ran.write(scores, "{\"id\": \"a\", \"score\": 2}", "{\"id\": \"b\", \"score\": 3}");
        Ran.write(labels, "{\"id\": \"b\", \"label\": 5}", "{\"id\": \"c\", \"label\": 1}");
        JsonNode told = evaluate("--json").done().summary();
        assertEquals(1, told.get("rows").intValue());
        assertEquals(2, told.get("unmatched").intValue());
    }

    /** 300 rows with scores from 1 to 5, of which each fifth has a label; good in truth are 204 of them. */
    private void someLabels(boolean ids) throws IOException {
        Ran.write(
                scores,
                IntStream.range(0, 300)
                        .mapToObj(i -> row(i, ids) + "\"score\": " + (1 + i % 50 / 12.5) + "}")
                        .toArray(String[]::new));
        Ran.write(
                labels,
                IntStream.range(0, 300)
                        .filter(i -> i % 5 == 2)
                        .mapToObj(i -> row(i, ids) + "\"rating\": " + (isGood(i) ? 5 : 2) + ", \"drawn_with\": 0.2}")
                        .toArray(String[]::new));
    }

    private static String row(int i, boolean ids) {
        return "{\"instruction\": \"Why " + i + "?\", \"response\": \"So.\", " + (ids ? "\"id\": " + i + ", " : "");
    }

    private static boolean isGood(int row) {
        return row % 50 >= 16;
    }

    @Test
    void whatAllScoredRowsAreWorthIsToldFromTheLabelsOfSome() throws IOException {
        someLabels(true);
        JsonNode told =
                evaluate("--json", "--bootstrap", 20, "--precision", 0.8).done().summary();
        assertEquals(60, told.get("rows").intValue());
        JsonNode all = told.get("worth");
        assertEquals(300, all.get("rows").intValue());
        assertEquals(60, all.get("labels_of_these").intValue());
        JsonNode good = all.get("good");
        assertEquals(204, good.get("value").doubleValue(), 15);
        assertTrue(good.get("low").doubleValue() < 204 && good.get("high").doubleValue() > 204, good::toString);
        JsonNode alone = all.get("labels_only");
        double wide = alone.get("high").doubleValue() - alone.get("low").doubleValue();
        double narrow = all.get("precision").get("high").doubleValue()
                - all.get("precision").get("low").doubleValue();
        assertTrue(narrow < 0.8 * wide, all::toString);
        assertEquals(1, told.get("worth_at_4").get("precision").get("high").doubleValue());
        JsonNode promised = told.get("promised");
        assertTrue(
                promised.get("rows").intValue() >= 150 && promised.get("rows").intValue() <= 255, told::toString);
        JsonNode more = evaluate("--json", "--bootstrap", 20, "--precision", 0.95)
                .done()
                .summary()
                .get("promised");
        assertEquals(
                "60 labels are too few even if all were good: it takes at least 80, and more where some are bad",
                more.get("cannot_be").textValue());
    }

    @Test
    void rowsWithoutIdsAreFoundByThePairWhereFewerHaveLabels() throws IOException {
        someLabels(true);
        JsonNode byId = evaluate("--json", "--bootstrap", 20).done().summary();
        someLabels(false);
        assertEquals(byId, evaluate("--json", "--bootstrap", 20).done().summary());
        Ran.write(scores, row(1, false) + "\"score\": 1}", row(1, false) + "\"score\": 2}");
        fails("humpback: " + scores + ": a pair twice, expected each once");
    }

    @Test
    void whereAllRowsHaveLabelsThereIsNothingToConclude() throws IOException {
        Ran.write(scores, "{\"score\": 2, \"rating\": 1}", "{\"score\": 2, \"rating\": 5}");
        labels = scores;
        assertFalse(evaluate("--json").done().summary().has("worth"));
    }

    @Test
    void driftIsToldAgainstAnEarlierJudge() throws IOException {
        Ran.write(scores, "{\"score\": 4.5, \"label\": 5}", "{\"score\": 2, \"label\": 1}");
        Path earlier = Ran.write(folder.resolve("earlier.jsonl"), "{\"score\": 4}", "{\"score\": 3}");
        labels = scores;
        JsonNode drift =
                evaluate("--json", "--earlier", earlier).done().summary().get("drift");
        assertEquals(-0.25, drift.get("mean_change").doubleValue(), 1e-12);
        assertEquals(1, drift.get("entered").intValue());
        assertEquals(0, drift.get("left").intValue());
    }

    @Test
    void whatDoesNotFitIsOneLineThatNamesIt() throws IOException {
        Ran.write(scores, "{\"score\": 2}", "{\"score\": 3}");
        Ran.write(labels, "{\"label\": 5}");
        fails("humpback: " + labels + ": 1 rows, expected 2 as in " + scores + ", or an id in every row of both");
        Ran.write(labels, "{\"label\": 5}", "{\"label\": \"good\"}");
        fails("humpback: " + labels + ": line 2: label: found \"good\", expected a number");
        Ran.write(labels, "{\"label\": 5}", "{\"grade\": 5}");
        fails("humpback: " + labels + ": line 2: no label, expected one of label, rating, human");
        Ran.write(scores, "{\"id\": 1, \"score\": 2}", "{\"id\": 1, \"score\": 3}");
        Ran.write(labels, "{\"id\": 1, \"label\": 5}");
        fails("humpback: " + scores + ": id 1 twice, expected each once");
        Ran.write(scores, "{\"score\": 2, \"instruction\": \"Why?\", \"response\": \"So.\"}");
        Ran.write(labels, "{\"label\": 5, \"instruction\": \"Why?\", \"response\": \"Not so.\"}");
        fails("humpback: " + labels + ": row 1 is of another pair than that of " + scores
                + ", expected the same order, or an id in every row of both");
        Ran.write(scores, "");
        Ran.write(labels, "");
        fails("humpback: " + scores + ": found no rows, the file is empty");
        assertEquals(2, evaluate("--precision", 2).status());
        assertEquals(2, evaluate("--bootstrap", 0).status());
    }

    private void fails(String error) {
        Ran ran = evaluate();
        assertEquals(1, ran.status());
        assertEquals(error, ran.err().strip());
    }

    private String verdict(int rows, java.util.function.IntUnaryOperator label) throws IOException {
        Ran.write(
                scores,
                IntStream.range(0, rows)
                        .mapToObj(i ->
                                "{\"score\": " + (1 + 4.0 * i / rows) + ", \"label\": " + label.applyAsInt(i) + "}")
                        .toArray(String[]::new));
        return Ran.command("evaluate", "--scores", scores, "--json")
                .done()
                .summary()
                .get("verdict")
                .textValue();
    }

    @Test
    void theVerdictSaysInWordsWhatTheFiguresMean() throws IOException {
        assertEquals(
                "the score tells good from bad very well (ROC-AUC 1.00, 1.00 to 1.00, from 50 good and 50 bad); "
                        + "keeping scores from 2.800 on keeps 55 rows, of which 91 % are good",
                verdict(100, i -> i < 50 ? 0 : 1));
        assertTrue(verdict(100, i -> i % 2).startsWith("the score is not shown to be better than chance (ROC-AUC 0.5"));
        assertTrue(verdict(100, i -> i < 50 ? 1 : 0).startsWith("the score is worse than chance"));
        assertTrue(verdict(12, i -> i < 6 ? 0 : 1).contains("; 6 rows of one kind are few;"));
        assertEquals("all labels are good: nothing can be said, label some of the other kind", verdict(12, i -> 1));
    }
}
