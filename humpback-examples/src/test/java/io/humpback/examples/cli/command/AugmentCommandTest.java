package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AugmentCommandTest {

    @TempDir
    private Path folder;

    /** Writes a question about a text of kettles, and no request about others. */
    static FakeLanguageModel writer() {
        return FakeLanguageModel.create().writing((prompt, item, sampling) -> {
            String text = FakeLanguageModel.text(prompt);
            String last = text.substring(text.lastIndexOf("<text"));
            return last.contains("kettle0") ? "How does one look after a kettle?" : "Ships and boats at sea today.";
        });
    }

    @Test
    void theTextBecomesTheResponseOfTheInstructionWrittenForIt() throws IOException {
        Path in = Ran.write(
                folder.resolve("segments.jsonl"),
                "{\"id\": \"a\", \"text\": \"" + SegmentCommandTest.text("ship") + "\", \"lang\": \"en\"}",
                "{\"id\": \"b\"}",
                "{\"id\": \"c\", \"header\": \"Kettles\", \"text\": \"" + SegmentCommandTest.text("kettle")
                        + "\", \"lang\": \"en\"}",
                "{\"id\": \"d\", \"text\": \" \"}");
        Path out = folder.resolve("candidates.jsonl");
        JsonNode summary = Ran.scripted(
                        AugmentCommandTest::writer,
                        "augment",
                        "--model",
                        "m",
                        "--in",
                        in,
                        "--out",
                        out,
                        "--seed",
                        7,
                        "--json")
                .done()
                .summary();
        assertEquals(1, summary.get("rows").intValue());
        assertEquals(1, summary.get("rejected").intValue());
        assertEquals(Ran.read("{\"empty\": 1, \"not a request\": 1}"), summary.get("dropped"));

        JsonNode row = Ran.rows(out).get(0);
        assertEquals("c", row.get("id").textValue());
        assertEquals("Kettles", row.get("header").textValue());
        assertEquals("en", row.get("lang").textValue());
        assertEquals("How does one look after a kettle?", row.get("instruction").textValue());
        assertEquals(SegmentCommandTest.text("kettle"), row.get("response").textValue());
        assertFalse(row.has("text"));
        JsonNode provenance = row.get("provenance");
        assertEquals("fake", provenance.get("model").textValue());
        assertTrue(provenance.get("prompt").textValue().matches("[0-9a-f]{16}"));
        assertEquals(7, provenance.get("sampling").get("seed").intValue());
        assertEquals(0.7, provenance.get("sampling").get("temperature").doubleValue());
        assertEquals(256, provenance.get("sampling").get("max_tokens").intValue());

        List<JsonNode> rejected = Ran.rows(folder.resolve("candidates.rejected.jsonl"));
        assertEquals(3, rejected.size());
        JsonNode ship = rejected.stream()
                .filter(r -> r.get("line").intValue() == 1)
                .findFirst()
                .orElseThrow();
        assertTrue(ship.get("reason").textValue().startsWith("not a request: "));
        assertEquals(
                "Ships and boats at sea today.", ship.get("row").get("output").textValue());
    }
}
