package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SegmentCommandTest {

    @Test
    void withoutAPageItFailsAndAnOlderFileStays() throws IOException {
        Path none = Files.createDirectory(folder.resolve("none"));
        Path out = Ran.write(folder.resolve("segments.jsonl"), "older");
        Ran ran = Ran.command("segment", "--in", none, "--out", out);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("no page and no archive in this folder"), ran.err());
        assertEquals("older\n", Files.readString(out));
        ran = Ran.command(
                "pipeline", "--pages", folder.resolve("missing"), "--out", folder.resolve("p"), "--model", "m");
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("missing: no such file or folder"), ran.err());
    }

    @TempDir
    private Path folder;

    private Path pages;
    private Path out;

    @BeforeEach
    void pages() throws IOException {
        pages = Files.createDirectory(folder.resolve("pages"));
        out = folder.resolve("segments.jsonl");
        Files.writeString(pages.resolve("a.html"), page("Kettles", text("kettle")) + page("Ships", text("ship")));
        Files.writeString(pages.resolve("b.html"), page("Kettles again", text("kettle")) + page("Short", "Too short."));
    }

    static String text(String about) {
        return IntStream.range(0, 120)
                .mapToObj(i -> about + i + " word" + i * 7 % 31)
                .collect(Collectors.joining(" "));
    }

    static String page(String header, String text) {
        return "<h2>" + header + "</h2><p>" + text + "</p>";
    }

    @Test
    void segmentsComeOutWithWhereTheyAreFromAndNearDuplicatesOnce() throws IOException {
        JsonNode summary = Ran.command("segment", "--in", pages, "--out", out, "--json")
                .done()
                .summary();
        List<JsonNode> rows = Ran.rows(out);
        assertEquals(
                List.of("Kettles", "Ships"),
                rows.stream().map(row -> row.get("header").textValue()).toList());
        assertEquals(
                pages.resolve("a.html").toString(), rows.get(0).get("source").textValue());
        assertTrue(rows.get(0).get("text").textValue().startsWith("kettle0 word0 kettle1"));
        assertEquals(2, summary.get("pages").intValue());
        assertEquals(4, summary.get("sections").intValue());
        assertEquals(Ran.read("{\"too short\": 1, \"near-duplicate\": 1}"), summary.get("sections_dropped"));
    }

    @Test
    void theLimitCountsSegmentsThatAreWritten() throws IOException {
        Ran.command("segment", "--in", pages, "--out", out, "--limit", 1).done();
        assertEquals(1, Ran.rows(out).size());
    }

    @Test
    void aLimitThatLeavesNothingIsWrongUse() {
        Ran ran = Ran.command("segment", "--in", pages, "--out", out, "--limit", 0);
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("--limit = 0: expected at least 1"), ran.err());
    }

    @Test
    void whatCannotBeReadIsListed() throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.tar.gz"), "no archive");
        JsonNode summary = Ran.command("segment", "--in", broken, pages, "--out", out, "--json")
                .done()
                .summary();
        assertEquals(1, summary.get("rejected").intValue());
        assertEquals(2, summary.get("rows").intValue());
        JsonNode rejected = Ran.rows(folder.resolve("segments.rejected.jsonl")).get(0);
        assertEquals(broken.toString(), rejected.get("source").textValue());
        assertEquals(
                1,
                Ran.command("segment", "--in", broken, "--out", out, "--strict").status());
    }

    @Test
    void filesThatAreNoPagesAreRefused() throws IOException {
        Path other = Files.writeString(folder.resolve("notes.txt"), "text");
        Ran ran = Ran.command("segment", "--in", other, "--out", out);
        assertEquals(1, ran.status());
        assertTrue(ran.err().startsWith("humpback: " + other + ": expected .html"), ran.err());
    }

    @Test
    void aBookOfManyPagesGivesSegmentsOfThePapersLength() throws IOException {
        Path book = Ran.shared("data/web-pages-debian-handbook.tar.gz");
        JsonNode summary = Ran.command("segment", "--in", book, "--out", out, "--json")
                .done()
                .summary();
        List<JsonNode> rows = Ran.rows(out);
        assertEquals(rows.size(), summary.get("rows").intValue());
        assertTrue(rows.size() > 200, () -> "segments: " + rows.size());
        Set<String> ids = new HashSet<>();
        for (JsonNode row : rows) {
            String text = row.get("text").textValue();
            int length = text.codePointCount(0, text.length());
            assertTrue(length >= 600 && length <= 3000, () -> row.get("header") + ": " + length);
            assertTrue(ids.add(row.get("id").textValue()));
        }
    }

    @Test
    void aSampleIsDrawnFromAllPages() throws IOException {
        for (int i = 0; i < 20; i++) {
            Files.writeString(pages.resolve("c" + i + ".html"), page("Topic " + i, text("topic" + i + "x")));
        }
        List<JsonNode> first = sampled();
        assertEquals(5, first.size());
        assertTrue(
                first.stream().anyMatch(row -> row.get("source").textValue().matches(".*c1?[5-9]\\.html.*")),
                first::toString);
        assertEquals(first, sampled());
        Ran ran = Ran.command("segment", "--in", pages, "--out", out, "--sample", 3, "--limit", 3);
        assertEquals(2, ran.status());
    }

    private List<JsonNode> sampled() throws IOException {
        Ran.command("segment", "--in", pages, "--out", out, "--sample", 5).done();
        return Ran.rows(out);
    }
}
