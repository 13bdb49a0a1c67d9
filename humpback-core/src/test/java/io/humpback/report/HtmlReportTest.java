package io.humpback.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.quality.Labels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HtmlReportTest {

    private static final String HOSTILE = "</div></main><script>alert(1)</script><img src=x onerror=alert(1)>";

    @TempDir
    private Path folder;

    /** A folder as a run of two rounds leaves it, in which all texts want to be markup. */
    private void run() throws IOException {
        SplittableRandom random = new SplittableRandom(5);
        StringBuilder first = new StringBuilder();
        StringBuilder second = new StringBuilder();
        StringBuilder kept = new StringBuilder();
        for (int i = 0; i < 60; i++) {
            int label = 1 + i % 5;
            String row = "{\"instruction\": \"Write a story " + i + " " + HOSTILE + "\", \"response\": \"" + HOSTILE
                    + "\", \"page\": \"" + HOSTILE + "\", \"label\": " + label
                    + ", \"distribution\": [0.1, 0.1, 0.1, 0.2, 0.5], \"judge\": {\"model\": \"" + HOSTILE + "\"}";
            first.append(row)
                    .append(", \"score\": ")
                    .append(1 + 4 * random.nextDouble())
                    .append("}\n");
            String scored = row + ", \"score\": " + Math.min(5, label + random.nextDouble()) + "}\n";
            second.append(scored);
            kept.append(label == 5 ? scored : "");
        }
        Files.writeString(folder.resolve("scores-0.jsonl"), first);
        Files.writeString(folder.resolve("scores-1.jsonl"), second);
        Files.writeString(folder.resolve("kept.jsonl"), kept);
        Files.writeString(
                folder.resolve("scores-1.rejected.jsonl"),
                "{\"reason\": \"empty: response has no text\", \"row\": {\"instruction\": \"" + HOSTILE + "\"}}\n"
                        + "{\"reason\": \"not JSON\"}\n");
        Path training = Files.createDirectories(folder.resolve("adapters/M_0"));
        Files.writeString(
                training.resolve("losses.jsonl"), "{\"step\": 1, \"loss\": 2.5}\n{\"step\": 2, \"loss\": 1.5}\n");
    }

    @Test
    void aRunBecomesOnePageThatNeedsNothingElse() throws IOException {
        run();
        Path page = folder.resolve("report.html");
        HtmlReport.write(JsonlRun.read(folder, Labels.none()), page);
        String text = Files.readString(page);
        Document document = Jsoup.parse(text);
        assertEquals(
                0,
                document.select("img, link, iframe, object, [onerror], [src], [href]")
                        .size());
        assertEquals(1, document.select("script").size(), "the page's own");
        assertEquals(1, document.select("main").size());
        assertEquals(
                List.of(
                        "Funnel",
                        "Scores",
                        "Agreement with labels",
                        "Training",
                        "Lengths",
                        "What the instructions ask for",
                        "Pairs",
                        "Settings",
                        "Fingerprints"),
                document.select("h2").eachText());
        assertEquals(5, document.select("svg").size());
        assertTrue(document.select("details .text").text().contains(HOSTILE), "texts are shown as they are");
        assertTrue(document.select(".why").text().contains("dropped 2: empty 1 \u00b7 unreadable 1"));
        assertTrue(document.select(".why").text().contains("score below 48"));
        assertFalse(text.contains("rgb("), "all colours are the style sheet's");
        assertEquals(
                document.select("clipPath").size(),
                document.select("clipPath").eachAttr("id").stream().distinct().count());
        assertFalse(Files.exists(folder.resolve("report.html.part")));
    }

    @Test
    void thePolicyAllowsThePagesScriptAlone() throws Exception {
        run();
        Document document = Jsoup.parse(HtmlReport.of(RunReport.read(folder, Labels.none())));
        byte[] hash = java.security.MessageDigest.getInstance("SHA-256")
                .digest(document.select("script").get(0).data().getBytes(java.nio.charset.StandardCharsets.UTF_8));
        assertEquals(
                "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'unsafe-inline'; script-src 'sha256-"
                        + java.util.Base64.getEncoder().encodeToString(hash) + "'",
                document.select("meta[http-equiv]").attr("content"));
    }

    @Test
    void pairsAreFoundByWhatBecameOfThem() throws IOException {
        run();
        Document document = Jsoup.parse(HtmlReport.of(RunReport.read(folder, Labels.none())));
        assertEquals(
                java.util.Set.of("all", "kept", "score below", "empty"),
                java.util.Set.copyOf(document.select("#filter option").eachText()));
        assertEquals(12, document.select("details[data-fate=kept]").size());
        assertTrue(document.select("#tools").hasAttr("hidden"), "without a script there is nothing to press");
        assertTrue(document.select("td.number").eachText().stream()
                .anyMatch(cell -> cell.matches("0\\.\\d\\d \\(0\\.\\d\\d to [01]\\.\\d\\d\\)")));
    }

    @Test
    void onlyPagesOfTheWebAreLinked() throws IOException {
        String row = "{\"instruction\": \"Why?\", \"response\": \"So.\", \"score\": 3, \"page\": \"%s\"}\n";
        Files.writeString(
                folder.resolve("scores.jsonl"),
                row.formatted("https://example.org/a?b=1&c='2'")
                        + row.formatted("javascript:alert(1)")
                        + row.formatted("https://example.org/\\\" onclick=\\\"x")
                        + row.formatted("page.html"));
        Document document = Jsoup.parse(HtmlReport.of(RunReport.read(folder, Labels.none())));
        assertEquals(
                List.of("https://example.org/a?b=1&c='2'"),
                document.select("a[href]").eachAttr("href"));
        assertEquals(0, document.select("[onclick]").size());
    }

    @Test
    void theSameRunGivesTheSamePage() throws IOException {
        run();
        assertEquals(
                HtmlReport.of(JsonlRun.read(folder, Labels.none())),
                HtmlReport.of(JsonlRun.read(folder, Labels.none())));
    }

    @Test
    void whatThereIsNotIsLeftOut() {
        RunReport empty = new RunReport(
                "nothing",
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                List.of(),
                new RunReport.Verbs(0, Map.of()),
                List.of(),
                Map.of(),
                Map.of(),
                Map.of());
        assertEquals(0, Jsoup.parse(HtmlReport.of(empty)).select("section").size());
    }

    @Test
    void scoresThatAreNoRatingsAndEqualScoresArePlotted() throws IOException {
        Files.writeString(
                folder.resolve("scores.jsonl"), "{\"score\": -2, \"label\": 1}\n{\"score\": -2, \"label\": 0}\n");
        Document document = Jsoup.parse(HtmlReport.of(JsonlRun.read(folder, Labels.none())));
        assertTrue(document.select("h2").eachText().contains("Agreement with labels"));
    }

    @Test
    void aFolderWithoutARunIsRefused() {
        assertTrue(assertThrows(DataException.class, () -> JsonlRun.read(folder, Labels.none()))
                .getMessage()
                .startsWith(folder + ": found none of segments"));
    }
}
