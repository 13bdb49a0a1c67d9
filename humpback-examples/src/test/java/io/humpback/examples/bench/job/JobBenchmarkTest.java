package io.humpback.examples.bench.job;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.bench.Figure;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class JobBenchmarkTest {

    /** Takes a second more each time. */
    private record Scripted(String key, List<String> turns) implements Side {
        @Override
        public String unit() {
            return "pairs/s";
        }

        @Override
        public Run run() {
            turns.add(key);
            double seconds = turns.stream().filter(key::equals).count();
            ObjectNode notes = JsonLines.row().put("rows", 12);
            return new Run(12, seconds, OptionalLong.of((long) seconds << 20), notes);
        }
    }

    @Test
    void sidesTakeTurnsAndNoneIsAlwaysTheLast() throws Exception {
        List<String> turns = new ArrayList<>();
        List<Figure> figures = new JobBenchmark(
                        List.of(new Scripted("a", turns), new Scripted("b", turns), new Scripted("c", turns)), 3)
                .run();
        assertEquals("abccbaabc", String.join("", turns));
        assertEquals(List.of("a", "b", "c"), figures.stream().map(Figure::key).toList());
        assertEquals(
                "b                   6.00 pairs/s (4.00 to 12.00 in 3 runs), peak 3 MiB "
                        + "{\"seconds\":[1.0,2.0,3.0],\"rows\":12}",
                figures.get(1).toString());
    }
}
