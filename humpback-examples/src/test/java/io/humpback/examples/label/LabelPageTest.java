package io.humpback.examples.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, its keys pressed. */
class LabelPageTest {

    private static final String HOSTILE =
            "# Title\n<img src=x onerror=document.title='hit'> [a](javascript:1) **bold** `code`"
                    + "\n\n```\n<script>document.title='hit'</script>\n```\n- one\n- two\n\n> quoted";

    @TempDir
    private Path folder;

    @Test
    void keysLabelSkipAndUndoAndTextStaysText() throws Exception {
        assumeTrue(Chromium.isThere(), "needs chromium on the path");
        List<ScoredPair> pairs = List.of(
                new ScoredPair("a", "first", HOSTILE, 1),
                new ScoredPair("b", "first", HOSTILE, 2),
                new ScoredPair("c", "first", HOSTILE, 3));
        Path file = folder.resolve("labels.jsonl");
        Labelling labelling =
                new Labelling(Draw.of(pairs::forEach, 3, 1), Scale.GOOD_BAD, LabelFile.open(file), Map.of(), 1);
        try (LabelServer server = LabelServer.start(labelling, 0);
                Chromium browser = Chromium.open(server.address(), folder.resolve("profile"))) {
            browser.await("!document.getElementById('pair').hidden");
            assertEquals("Label pairs", browser.value("document.title").textValue());
            assertEquals(
                    0,
                    browser.value("document.querySelectorAll('#pair img, #pair script, #pair a').length")
                            .intValue());
            assertTrue(browser.value("document.getElementById('response').textContent")
                    .textValue()
                    .contains("<img src=x onerror=document.title='hit'>"));
            assertEquals(
                    "bold",
                    browser.value("document.querySelector('#response strong').textContent")
                            .textValue());
            assertEquals(
                    2,
                    browser.value("document.querySelectorAll('#response li').length")
                            .intValue());
            assertFalse(browser.value("document.body.innerText").textValue().contains("score 1"));
            browser.press("g");
            browser.await("document.getElementById('count').textContent.startsWith('1 of 3')");
            browser.press("b");
            browser.await("document.getElementById('count').textContent.startsWith('2 of 3')");
            browser.press("u");
            browser.await("document.getElementById('count').textContent.startsWith('1 of 3')");
            browser.press("s");
            browser.await("document.getElementById('count').textContent.includes('1 skipped')");
            browser.press("b");
            browser.await("document.getElementById('count').textContent.startsWith('2 of 3')");
            browser.press("g");
            browser.await("!document.getElementById('done').hidden");
        }
        List<Integer> labels = LabelFile.open(file).rows().stream()
                .map(row -> row.get("label").intValue())
                .toList();
        assertEquals(List.of(1, 0, 1), labels);
        JsonNode seconds = LabelFile.open(file).rows().get(0).get("seconds");
        assertTrue(seconds.doubleValue() >= 0 && seconds.doubleValue() < 60);
    }
}
