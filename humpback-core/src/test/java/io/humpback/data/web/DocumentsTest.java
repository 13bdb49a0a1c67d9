package io.humpback.data.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DocumentsTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();

    private List<Segment> segments(String... rows) throws IOException {
        Path file = Files.writeString(folder.resolve("pages.jsonl"), String.join("\n", rows));
        try (Stream<Page> pages = WebPages.with(Rejects.into(rejected)).read(file)) {
            return Segmenter.paper().segments(pages, new SegmentFunnel()).toList();
        }
    }

    private static String words(String about) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < 120; i++) {
            text.append(about).append(i).append(i % 10 == 9 ? ".\\n\\n" : " ");
        }
        return text.toString();
    }

    @Test
    void theTitleAndHeadingsAreHeaders() throws IOException {
        List<Segment> segments = segments(
                "{\"url\":\"https://x.org/a\",\"title\":\"Kettles\",\"text\":\"" + words("kettle") + "\"}",
                "{\"text\":\"## Ships at sea\\n" + words("ship") + "\"}");
        assertEquals(
                List.of("Kettles", "Ships at sea"),
                segments.stream().map(Segment::header).toList());
        assertEquals("https://x.org/a", segments.get(0).source());
        assertEquals("Kettles", segments.get(0).title());
        assertEquals(folder.resolve("pages.jsonl") + "!/line 2", segments.get(1).source());
        assertEquals(List.of(), rejected);
    }

    @Test
    void textThatLooksLikeMarkupStaysText() throws IOException {
        List<Segment> segments =
                segments("{\"title\":\"A <script> & <|eot_id|>\",\"text\":\"<h1>no header</h1> &lt; \\n"
                        + words("kettle") + "\"}");
        assertEquals(1, segments.size());
        assertEquals("A <script> & <|eot_id|>", segments.get(0).header());
        assertTrue(segments.get(0).text().contains("no header"), segments.get(0).text());
    }

    @Test
    void documentsThatCannotBeCutAreRejectedWithTheirLines() throws IOException {
        assertEquals(
                List.of(),
                segments("{\"text\":\"no header\"}", "{\"title\":\"x\"}", "oops", "{\"title\":7,\"text\":\"x\"}"));
        assertEquals(
                List.of("line 1", "line 2", "line 3", "line 4"),
                rejected.stream().map(Rejection::place).toList());
        assertEquals(
                "title: missing, expected one, or a heading in the text",
                rejected.get(0).reason());
    }

    @Provide
    Arbitrary<List<String>> lines() {
        Arbitrary<String> value = Arbitraries.oneOf(
                Arbitraries.of(
                        "\"\"",
                        "\"## Ships\"",
                        "\"a\\n\\n# b\\n<p>c\"",
                        "7",
                        "null",
                        "[]",
                        "{}",
                        "\"\\ud800\"",
                        "\"\\u0000\""),
                Arbitraries.strings()
                        .ofMaxLength(8)
                        .map(text -> JsonLines.row().textNode(text).toString()));
        Arbitrary<String> row = value.list()
                .ofSize(3)
                .map(values -> "{\"url\":" + values.get(0) + ",\"title\":" + values.get(1) + ",\"text\":"
                        + values.get(2) + "}");
        return Arbitraries.oneOf(row, row, Arbitraries.of("{", "7", "{\"text\":\"# a\"}", "{\"text\" 1}"))
                .list()
                .ofMaxSize(12);
    }

    @Property(tries = 150)
    void eachLineIsAPageOrRejectedByItsNumber(@ForAll("lines") List<String> lines) throws IOException {
        Path file = Files.createTempFile("pages", ".jsonl");
        List<Rejection> bad = new ArrayList<>();
        try {
            Files.writeString(file, String.join("\n", lines));
            long pages;
            try (Stream<Page> stream = WebPages.with(Rejects.into(bad)).read(file)) {
                pages = stream.peek(Page::document).count();
            }
            for (Rejection rejection : bad) {
                assertTrue(rejection.place().matches("line [1-9]\\d*"), rejection::toString);
            }
            assertEquals(lines.size(), pages + bad.size(), bad::toString);
        } finally {
            Files.delete(file);
        }
    }

    /** A document is built from its text; written as HTML and parsed again it is cut into the same segments. */
    @Property(tries = 300)
    void aDocumentIsWhatItsHtmlIs(@ForAll("texts") String title, @ForAll("texts") String text) throws IOException {
        Path file = Files.createTempFile("pages", ".jsonl");
        try {
            StringBuilder row = new StringBuilder();
            JsonLines.row()
                    .put("title", title)
                    .put("text", text)
                    .toString()
                    .chars() // escaped, for half a surrogate pair cannot be written otherwise
                    .forEach(c -> row.append(c < 128 ? "" + (char) c : String.format("\\u%04x", c)));
            Files.writeString(file, row);
            try (Stream<Page> pages =
                    WebPages.with(Rejects.into(new ArrayList<>())).read(file)) {
                pages.forEach(page -> assertSameAsParsed(page));
            }
        } finally {
            Files.delete(file);
        }
    }

    @Provide
    Arbitrary<String> texts() {
        Arbitrary<String> piece = Arbitraries.oneOf(
                Arbitraries.of("# Ships\n", "\n\n", "\n", " ", "\t", "<b>x</b>", "&amp;", "\0", "\u0001", "\u0085"),
                Arbitraries.of("\ud800", "\ufffe", "\u00a0", "\u000c", "\r", "\ufeff", "word ", "Words. "),
                Arbitraries.strings().ofMaxLength(8));
        return piece.list().ofMaxSize(12).map(pieces -> String.join("", pieces));
    }

    private static void assertSameAsParsed(Page page) {
        Document html = page.document();
        html.outputSettings().prettyPrint(false);
        Segmenter segmenter = Segmenter.paper().characters(1, 3000);
        assertEquals(
                segmenter
                        .segments(Page.of(page.source(), html.outerHtml()), new SegmentFunnel())
                        .toList(),
                segmenter.segments(page, new SegmentFunnel()).toList());
    }

    @Test
    void sampleTextsAreCutAsTheirHtmlIs() throws IOException {
        int documents = 0;
        for (String name : List.of("self-instruct-seed-tasks.jsonl", "oasst1-en-validation-dev.messages.jsonl")) {
            Path file = ReferenceData.file("data/" + name);
            Path plain = folder.resolve(name);
            try (Stream<JsonLines.Row> rows = JsonLines.read(file, Rejects.into(rejected))) {
                Files.write(plain, rows.map(row -> documentOf(row)).toList());
            }
            try (Stream<Page> pages = WebPages.with(Rejects.into(rejected)).read(plain)) {
                documents += pages.peek(DocumentsTest::assertSameAsParsed).count();
            }
        }
        assertEquals(List.of(), rejected);
        assertTrue(documents > 200, "documents " + documents);
    }

    private static String documentOf(JsonLines.Row row) {
        String text = row.fields().has("text")
                ? row.fields().get("text").asText()
                : row.fields().toPrettyString();
        return JsonLines.row().put("title", "Sample").put("text", text).toString();
    }
}
