package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.bench.Figure;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class StandingTest {

    private static Figure figure(String key, int promptTokens, Double... rates) {
        ObjectNode notes = JsonLines.row().put("rows", 3).put("prompt_tokens", promptTokens);
        return new Figure(key, "pairs/s", List.of(rates), OptionalLong.empty(), notes);
    }

    @Test
    void theBestOfTheServersFiguresIsTheMeasure() {
        Standing standing = Standing.of(
                figure("humpback", 90, 6.0, 3.0),
                List.of(
                        figure("server_1", 90, 1.0, 1.0),
                        figure("server_2", 90, 4.0, 2.0),
                        figure("server_4", 90, 2.0, 2.0)));
        assertEquals(
                "humpback       1.500 times the rate of server_2 (1.500 to 1.500 with 95 % in 2 pairs of runs)",
                standing.toString());
        assertEquals(List.of(), standing.differences());
        assertEquals("server_2", standing.toJson().get("best").textValue());
        assertEquals(1.5, standing.toJson().get("value").doubleValue(), 1e-9);
    }

    @Test
    void otherWorkIsToldInALine() {
        Standing standing = new Standing(figure("humpback", 90, 6.0), figure("server_1", 93, 4.0));
        assertEquals("humpback       1.500 times the rate of server_1", standing.toString());
        assertEquals(List.of("server_1: prompt_tokens 93, where humpback has 90"), standing.differences());
    }
}
