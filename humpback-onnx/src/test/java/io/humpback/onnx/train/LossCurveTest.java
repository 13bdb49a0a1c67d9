package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;

class LossCurveTest {

    private static final ObjectMapper JSON = new ObjectMapper();

    private static List<ObjectNode> entries(int steps) {
        List<ObjectNode> entries = new ArrayList<>();
        for (int step = 1; step <= steps; step++) {
            entries.add(JSON.createObjectNode().put("step", step).put("loss", 5.0 / step));
        }
        return entries;
    }

    private static Document parsed(String svg) {
        return assertDoesNotThrow(() -> DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(svg.getBytes(StandardCharsets.UTF_8))));
    }

    @Test
    void itHasALineForStepsTheirMeanAndTheHeldOut() {
        List<ObjectNode> entries = entries(50);
        entries.add(JSON.createObjectNode().put("step", 50).put("held_out_loss", 2.0));
        Document svg = parsed(LossCurve.svg(entries));
        assertEquals(3, svg.getElementsByTagName("polyline").getLength());
        assertEquals(1, svg.getElementsByTagName("circle").getLength());
    }

    @Test
    void allPointsLieWithinThePicture() {
        Matcher points = Pattern.compile("(-?[0-9.]+),(-?[0-9.]+) ").matcher(LossCurve.svg(entries(5000)));
        int count = 0;
        while (points.find()) {
            double x = Double.parseDouble(points.group(1));
            double y = Double.parseDouble(points.group(2));
            assertTrue(x >= 60 && x <= 700 && y >= 40 && y <= 350, points.group());
            count++;
        }
        assertTrue(count > 1000 && count <= 4000, "points " + count);
    }

    @Test
    void fewStepsOrEqualLossesAreDrawn() {
        parsed(LossCurve.svg(List.of()));
        parsed(LossCurve.svg(entries(1)));
    }
}
