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
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineCommandTest {

    @TempDir
    private Path folder;

    @Test
    void pagesBecomeKeptPairsWithTheirProvenance() throws IOException {
        Path pages = Files.writeString(
                folder.resolve("pages.html"),
                SegmentCommandTest.page("Kettles", SegmentCommandTest.text("kettle"))
                        + SegmentCommandTest.page("Ships", SegmentCommandTest.text("ship"))
                        + SegmentCommandTest.page("Other kettles", SegmentCommandTest.text("kettle0oven")));
        Path out = folder.resolve("made").resolve("out");
        Ran ran = Ran.scripted(
                () -> AugmentCommandTest.writer()
                        .rating(prompt -> FakeLanguageModel.text(prompt).contains("oven") ? 3 : 4.5),
                "pipeline",
                "--model",
                "m",
                "--pages",
                pages,
                "--out",
                out,
                "--json",
                "--seed",
                3);
        JsonNode summary = ran.done().summary();
        assertEquals(3, summary.get("segment").get("rows").intValue());
        assertEquals(2, summary.get("augment").get("rows").intValue());
        assertEquals(2, summary.get("score").get("rows").intValue());
        assertEquals(1, summary.get("curate").get("rows").intValue());
        List<JsonNode> kept = Ran.rows(out.resolve("kept.jsonl"));
        JsonNode row = kept.get(0);
        assertEquals(pages.toString(), row.get("source").textValue());
        assertEquals("Kettles", row.get("header").textValue());
        assertEquals("How does one look after a kettle?", row.get("instruction").textValue());
        assertEquals(4.5, row.get("score").doubleValue(), 1e-9);
        assertEquals("fake", row.get("provenance").get("model").textValue());
        assertEquals(3, row.get("provenance").get("sampling").get("seed").intValue());
        assertEquals("fake", row.get("judge").get("model").textValue());
        for (String file : List.of("segments", "candidates", "scores")) {
            assertTrue(Files.exists(out.resolve(file + ".jsonl")), file);
        }
    }

    @Test
    void anotherModelMayWriteAndAnotherJudge() throws IOException {
        Path pages = Files.writeString(
                folder.resolve("pages.html"), SegmentCommandTest.page("Kettles", SegmentCommandTest.text("kettle")));
        Path out = folder.resolve("out");
        FakeLanguageModel plain = FakeLanguageModel.create();
        FakeLanguageModel poet = AugmentCommandTest.writer();
        FakeLanguageModel critic = FakeLanguageModel.create().rating(prompt -> 4);
        Map<String, FakeLanguageModel> models = Map.of("m", plain, "poet", poet, "critic", critic);
        Ran ran = Ran.with(
                (path, options) -> models.get(path.toString()),
                "pipeline",
                "--model",
                "m",
                "--writer",
                "poet",
                "--judge-model",
                "critic",
                "--pages",
                pages,
                "--out",
                out);
        assertEquals(0, ran.status(), ran.err());
        JsonNode row = Ran.rows(out.resolve("kept.jsonl")).get(0);
        assertEquals("How does one look after a kettle?", row.get("instruction").textValue());
        assertEquals(List.of(0, 1, 1), List.of(plain.calls(), poet.calls(), critic.calls()));
        assertEquals(4, row.get("score").doubleValue(), 1e-9);
    }

    @Test
    void itGoesOnWithTheSameWriterAndJudgeOnly() throws IOException {
        Path pages = Files.writeString(
                folder.resolve("pages.html"), SegmentCommandTest.page("Kettles", SegmentCommandTest.text("kettle")));
        List<Object> plain = List.of("pipeline", "--model", "m", "--pages", pages, "--out", folder.resolve("out"));
        List<Object> begun = new ArrayList<>(plain);
        begun.addAll(List.of("--judge-model", "j"));
        List<Object> another = new ArrayList<>(begun);
        another.addAll(List.of("--writer", "w"));
        FakeLanguageModel stopping = FakeLanguageModel.create().writing((prompt, item, sampling) -> {
            throw new CancellationException();
        });
        Ran stopped = Ran.scripted(() -> stopping, begun.toArray());
        assertEquals(130, stopped.status(), stopped.err());
        String err = Ran.scripted(AugmentCommandTest::writer, plain.toArray()).err();
        assertTrue(err.contains("--judge-model: found none, expected fake"), err);
        err = Ran.scripted(AugmentCommandTest::writer, another.toArray()).err();
        assertTrue(err.contains("--writer: found fake, expected none"), err);
        Ran.scripted(AugmentCommandTest::writer, begun.toArray()).done();
    }

    @Test
    void aModelThatCannotBeLoadedIsToldBeforeAnythingIsWritten() throws IOException {
        Path pages = Files.writeString(folder.resolve("pages.html"), "<h2>x</h2>");
        Path out = folder.resolve("out");
        Path model = folder.resolve("model.gguf");
        Ran ran = Ran.onnx("pipeline", "--model", model, "--pages", pages, "--out", out);
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + model + ": no such file or folder", ran.err().strip());
        assertTrue(Files.notExists(out));
    }
}
