package io.humpback.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FigureTest {

    private static Figure figure(Double... rates) {
        return new Figure("prefill_8x256", "tokens/s", List.of(rates), OptionalLong.of(812), JsonLines.row());
    }

    @Test
    void theMedianIsTheMiddleOfTheRuns() {
        assertEquals(3, figure(9.0, 1.0, 3.0).median());
        assertEquals(4, figure(9.0, 1.0, 3.0, 5.0).median());
        assertEquals(2, figure(2.0).median());
    }

    @Test
    void jsonHasTheSpreadAndThePeak() {
        ObjectNode json = figure(9.0, 1.0, 3.0).toJson("int4");
        assertEquals(
                "{\"median\":3.0,\"min\":1.0,\"max\":9.0,\"unit\":\"tokens/s\",\"runs\":3,\"precision\":\"int4\",\"peak_mib\":812}",
                json.toString());
    }

    @Test
    void oneLineSaysItAll() {
        assertEquals(
                "prefill_8x256       3.00 tokens/s (1.00 to 9.00 in 3 runs), peak 812 MiB",
                figure(9.0, 1.0, 3.0).toString());
    }
}
