package io.humpback.examples.cli.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import java.util.Arrays;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ScoreSummaryTest {

    private static ObjectNode of(boolean ratings, DoubleStream scores) {
        ScoreSummary summary = new ScoreSummary();
        scores.forEach(summary::add);
        ObjectNode node = JsonLines.row();
        summary.into(node, ratings);
        return node;
    }

    @Test
    void aJudgeThatHardlySeparatesIsNamed() {
        ObjectNode narrow = of(true, IntStream.range(0, 100).mapToDouble(i -> 3.12 + i * 0.0041));
        assertTrue(
                narrow.get("warning").textValue().contains("9 of 10 scores lie between 3.14 and 3.51"),
                narrow::toString);
        assertFalse(
                of(true, IntStream.range(0, 100).mapToDouble(i -> 1 + i * 0.04)).has("warning"));
        assertFalse(of(true, IntStream.range(0, 5).mapToDouble(i -> 3)).has("warning"), "five scores say little");
        assertFalse(of(false, IntStream.range(0, 100).mapToDouble(i -> -1.2)).has("warning"), "no ratings");
    }

    @Test
    void withoutScoresNothingIsSaid() {
        assertEquals("{}", of(true, DoubleStream.empty()).toString());
    }

    @Property(tries = 200)
    void everyScoreIsInOneBarAndQuantilesAreNearTheExactOnes(
            @ForAll @Size(min = 1, max = 3000) List<@DoubleRange(min = -50, max = 5) Double> scores) {
        ObjectNode node = of(false, scores.stream().mapToDouble(x -> x));
        long inBars = 0;
        for (JsonNode bar : node.get("histogram")) {
            inBars += bar.get("rows").longValue();
        }
        assertEquals(scores.size(), inBars);
        double[] sorted = scores.stream().mapToDouble(x -> x).sorted().toArray();
        double cell = 55.0 / 256; // at most 1024 cells cover the range at least half
        assertEquals(
                sorted[(sorted.length - 1) / 2],
                node.get("scores").get("median").doubleValue(),
                cell);
        assertEquals(sorted[0], node.get("scores").get("least").doubleValue());
        assertEquals(
                Arrays.stream(sorted).average().orElseThrow(),
                node.get("mean_score").doubleValue(),
                1e-9);
    }
}
