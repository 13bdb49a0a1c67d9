package io.humpback.examples.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.examples.label.Chromium;
import io.humpback.quality.Drop;
import io.humpback.quality.Labels;
import io.humpback.report.RunReport;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.dflib.jjava.jupyter.kernel.display.DisplayData;
import org.dflib.jjava.jupyter.kernel.display.Renderer;
import org.dflib.jjava.jupyter.kernel.display.mime.MIMEType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.rapaio.jupyter.kernel.display.DisplaySystem;

class ShownTest {

    private static final String HOSTILE =
            "\"></iframe><script>document.title='hit';top.document.title='hit'</script><img src=x"
                    + " onerror=\"document.title='hit'\">&quot;&lt;script&gt;'\u202e</pre></template><!--";

    private static final Score SCORE =
            Score.ofRatings(List.of(0.1, 0.1, 0.1, 0.3, 0.4), 0.02, 0, List.of("Thought: " + HOSTILE));

    private static final RunReport REPORT = RunReport.of(
            HOSTILE,
            List.of(
                    new Scored<>(new Example(HOSTILE, HOSTILE), SCORE, null),
                    new Scored<>(new Example("i", HOSTILE), null, new Drop(Drop.Reason.EMPTY, HOSTILE))),
            Labels.none());

    @TempDir
    private Path folder;

    @Test
    void scoresAreShownWithTheirBars() {
        String html = Shown.html(Score.ofRatings(List.of(0.0, 0.0, 0.25, 0.25, 0.5), 0, 0, List.of()));
        assertTrue(html.contains(">4.25<") && html.contains("width:50.0%"), html);
        String gain = Shown.html(Score.of(-1.5, Map.of("<b>", 2)));
        assertTrue(gain.contains(">-1.50<") && gain.contains("&lt;b&gt; = 2"), gain);
    }

    @Test
    void otherValuesAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> Shown.html("text"));
    }

    @Test
    void textsAreEscapedWhereverTheyStand() {
        assertFalse(Shown.html(SCORE).contains("<script") || Shown.html(SCORE).contains("<img"));
        String page = Shown.html(REPORT);
        assertEquals(1, page.split("<iframe", -1).length - 1);
        assertEquals(
                page.length(), page.indexOf("</iframe>") + "</iframe>".length(), "one frame, and nothing after it");
        assertFalse(page.contains("<script") || page.contains("allow-same-origin"));
    }

    @Test
    void inABrowserNoTextDoesAnything() throws Exception {
        assumeTrue(Chromium.isThere(), "needs chromium on the path");
        Path page = Files.writeString(
                folder.resolve("page.html"),
                "<!doctype html><meta charset=\"utf-8\"><title>notebook</title>" + Shown.html(SCORE)
                        + Shown.html(REPORT) + "<p id=\"end\">end</p>");
        try (Chromium browser = Chromium.open(page.toUri(), folder.resolve("profile"))) {
            browser.await("document.readyState == 'complete' && document.getElementById('end') != null");
            Thread.sleep(1000); // what could run would have
            assertEquals("notebook", browser.value("document.title").textValue());
            assertEquals(
                    0,
                    browser.value("document.querySelectorAll('script, img').length")
                            .intValue());
            assertEquals(
                    1,
                    browser.value("document.querySelectorAll('iframe').length").intValue());
            assertTrue(browser.value("document.querySelector('iframe').srcdoc.includes('Content-Security-Policy')")
                    .booleanValue());
        }
    }

    @Test
    void rapaiosKernelFindsHowToShowThem() {
        org.rapaio.jupyter.kernel.display.DisplayData shown =
                DisplaySystem.inst().render(REPORT);
        assertEquals(Shown.html(REPORT), shown.data().get("text/html"));
        assertTrue(shown.data().get("text/plain").toString().endsWith("2 pairs, 1 scored"));
        assertEquals(
                Shown.html(SCORE), DisplaySystem.inst().render(SCORE).data().get("text/html"));
    }

    @Test
    void jjavaShowsThemOnceTheExtensionIsInstalled() {
        Renderer renderer = new Renderer();
        JJavaDisplay.register(renderer);
        DisplayData shown = renderer.render(REPORT);
        assertEquals(Shown.html(REPORT), shown.getData(MIMEType.TEXT_HTML));
        assertEquals(Shown.html(SCORE), renderer.render(SCORE).getData(MIMEType.TEXT_HTML));
    }
}
