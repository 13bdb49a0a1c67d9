package io.humpback.data.web.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MarkdownDocumentTest {

    @TempDir
    Path folder;

    private final List<Rejection> rejected = new ArrayList<>();

    /** The sections of a file: header to text. */
    private Map<String, String> sections(String markdown) throws IOException {
        return sections(Files.writeString(folder.resolve("a.md"), markdown));
    }

    private Map<String, String> sections(Path file) throws IOException {
        Map<String, String> sections = new LinkedHashMap<>();
        try (Stream<Page> pages = WebPages.with(Rejects.into(rejected)).read(file)) {
            Segmenter.paper()
                    .characters(1, 10_000)
                    .segments(pages, new SegmentFunnel())
                    .forEach((Segment s) -> sections.put(s.header(), s.text()));
        }
        return sections;
    }

    @Test
    void codeIsKeptWholeWithItsFencesAndIndentation() throws IOException {
        for (String fence : List.of("```", "~~~", "````", "~~~~~")) {
            String code = fence
                    + "python\n# install first\ndef f(x):\n    if x:\n\treturn 1\n\n## configure\n\nx.run()\n" + fence;
            assertEquals(
                    Map.of("Guide", "Intro.\n\n" + code + "\n\nAfter.", "End", "it is"),
                    sections("# Guide\n\nIntro.\n\n" + code + "\n\nAfter.\n\n## End\nit is\n"));
        }
        assertEquals(
                Map.of(
                        "H",
                        "Run:\n\n    # indented\n    if x:\n        y\n\n- item\n  ```sh\n  # in a list\n  ```\n  - nested"),
                sections(
                        "# H\nRun:\n\n    # indented\n    if x:\n        y\n\n- item\n  ```sh\n  # in a list\n  ```\n  - nested"));
        assertEquals(
                Map.of("H", "````md\n```\n# inner\n```\n````\nend"),
                sections("# H\n````md\n```\n# inner\n```\n````\nend"));
        assertEquals(
                Map.of("H", "``` not closed", "I", "text"),
                sections("# H\n``` not closed\n# I\ntext"),
                "no code without an end");
    }

    @Test
    void headingsAreThoseOfMarkdown() throws IOException {
        assertEquals(
                Map.of("Setext Title", "Body text.", "Sub", "More."),
                sections("Setext Title\n============\n\nBody text.\n\nSub\n---\n\nMore."));
        assertEquals(
                Map.of("Closed", "body", "C#", "sharp", "Indented", "#NoSpace\n####### seven\n    # code"),
                sections("# Closed #\nbody\n# C#\nsharp\n   ## Indented\n#NoSpace\n####### seven\n    # code"));
        assertEquals(
                Map.of("H", "a\n\n---\n\nb\nc\n---\n- item\n---\n| x |\n|---|"),
                sections("# H\na\n\n---\n\nb\nc\n---\n- item\n---\n| x |\n|---|"));
        assertEquals(Map.of("Named", "text"), sections("---\ntitle: \"Named\"\ntags: [a]\n---\ntext"));
        assertEquals(Map.of("H", "text"), sections("---\nlayout: x\n---\n\n# H\ntext"));
    }

    @Test
    void textIsTextWhateverItLooksLike() throws IOException {
        assertEquals(
                Map.of("H", "para <b>html</b> &amp; x\n- a\n    code indented\n| a | b |\n|---|---|\n\u00e9 x"),
                sections(
                        "\ufeff# H\r\npara <b>html</b> &amp; x\r\n- a\r\n    code indented\r\n| a | b |\r\n|---|---|\r\n\u00e9\u00a0x\u200b"));
    }

    @Test
    void filesInFoldersAreReadAndThoseWithoutAHeadingRejected() throws IOException {
        Files.writeString(folder.resolve("a.md"), "# A\none");
        Files.writeString(folder.resolve("b.markdown"), "B\n=\ntwo");
        Files.writeString(folder.resolve("c.md"), "no heading");
        Files.write(folder.resolve("d.md"), "# D\nIt’s".getBytes("windows-1252"));
        assertEquals(Map.of("A", "one", "B", "two", "D", "It’s"), sections(folder));
        assertEquals(
                List.of(folder.resolve("c.md") + ": no heading, expected one: a segment is what follows a header"),
                rejected.stream().map(Rejection::toString).toList());
    }

    @Test
    void theCaseOfCodeInDocumentsIsKept() throws IOException {
        Map<String, String> sections = sections(ReferenceData.file("cases/docs-markdown-code/docs.jsonl"));
        assertEquals(
                "Some intro text about the tool that is long enough to matter.\n\n```python\n# install the package first\n"
                        + "import x\n\n## configure\nx.run()\n```\n\nAfter the code.",
                sections.get("Guide"));
        assertEquals("Intro\n\n~~~sh\n# not a header\nls\n~~~\nEnd", sections.get("Tilde"));
        assertEquals("Body text.", sections.get("Setext Title"));
        assertEquals("body2\n    # code indented\nbody3", sections.get("Indented"));
        assertTrue(sections.get("T").contains("\n    code indented\n"), sections.get("T"));
        assertEquals(
                List.of("line 6", "line 7"),
                rejected.stream().map(Rejection::place).toList());
    }
}
