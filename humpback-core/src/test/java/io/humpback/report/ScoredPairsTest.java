package io.humpback.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.quality.Drop;
import io.humpback.quality.Labels;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScoredPairsTest {

    private static Score rated(int rating) {
        return Score.ofRatings(
                IntStream.rangeClosed(1, 5)
                        .mapToObj(i -> i == rating ? 1.0 : 0.0)
                        .toList(),
                0,
                0,
                List.of());
    }

    private static Scored<Example> pair(String response, int rating) {
        return new Scored<>(new Example("i", response), rated(rating), null);
    }

    private static final List<Scored<Example>> SCORED = List.of(
            pair("good", 5),
            pair("bad", 1),
            new Scored<>(new Example("i", ""), null, new Drop(Drop.Reason.EMPTY, "response has no text")),
            new Scored<>(
                    new Example("i", "low"), rated(2), new Drop(Drop.Reason.SCORE_BELOW, "2, expected at least 4")));

    @Test
    void theFunnelSaysWhatBecameOfEachPair() {
        RunReport report = RunReport.of("some", SCORED, Labels.none());
        assertEquals(
                List.of(
                        new RunReport.Step("pairs", 4, Map.of()),
                        new RunReport.Step("scored", 3, Map.of("empty", 1L)),
                        new RunReport.Step("kept", 2, Map.of("score below", 1L))),
                report.funnel());
        assertEquals(
                List.of("", "", "empty: response has no text", "score below: 2, expected at least 4"),
                report.pairs().stream().map(RunReport.Pair::reason).toList());
        assertEquals(3, report.scores().get(0).value().total());
        assertTrue(report.judges().isEmpty());
    }

    @Test
    void withoutCurationNothingIsKept() {
        RunReport report = RunReport.of("some", SCORED.subList(0, 3), Labels.none());
        assertEquals(
                List.of("pairs", "scored"),
                report.funnel().stream().map(RunReport.Step::name).toList());
    }

    @Test
    void labelsJudgeTheJudge() {
        Labels labels = Labels.of(List.of("good", "bad").stream()
                .map(response -> new Row(
                        "f",
                        1,
                        JsonLines.row()
                                .put("instruction", "i")
                                .put("response", response)
                                .put("label", response.equals("good") ? 1 : 0))));
        RunReport report = RunReport.of("some", SCORED, labels);
        assertEquals(1, report.judges().size());
        assertEquals(1.0, report.judges().get(0).detection().rocAuc());
        assertTrue(HtmlReport.of(report).contains("Calibration"));
    }

    @Test
    void manyPairsOfOneFateAreNotAllShown() {
        List<Scored<Example>> many =
                IntStream.range(0, 500).mapToObj(i -> pair("r" + i, 3)).toList();
        RunReport report = RunReport.of("many", many, Labels.none());
        assertEquals(50, report.pairs().size());
        assertEquals(500, report.funnel().get(1).items());
    }
}
