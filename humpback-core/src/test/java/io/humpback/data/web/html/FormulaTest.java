package io.humpback.data.web.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FormulaTest {

    private static void assertMarkdown(String expected, String html) {
        assertEquals(expected, markdown(html), html);
    }

    private static String markdown(String html) {
        return Segmenter.paper()
                .characters(1, 100_000)
                .segments(Page.of("p", "<h1>Header</h1>" + html), new SegmentFunnel())
                .findFirst()
                .map(Segment::text)
                .orElse("");
    }

    @Test
    void theAuthorsTexIsTaken() {
        String annotated = "<math><semantics><mrow><msup><mi>x</mi><mn>2</mn></msup></mrow>"
                + "<annotation encoding='application/x-tex'>x^2 &lt; y</annotation></semantics></math>";
        assertMarkdown("So x^2 < y holds.", "So " + annotated + " holds.");
        assertMarkdown("So x^2 it is", "So <math alttext='{\\displaystyle x^2}'><mi>x</mi><mn>2</mn></math> it is");
        assertMarkdown("See \\frac{1}{2}\\cdot x and", "See <script type='math/tex'>\\frac{1}{2}\\cdot x</script> and");
        assertMarkdown(
                "See\n\n\\int_0^1 x\n\nand",
                "See <script type='math/tex; mode=display'>% <![CDATA[\n\\int_0^1 x %]]></script> and");
        assertMarkdown("kept \\(x^2\\) and $$y$$", "kept \\(x^2\\) and $$y$$");
    }

    @Test
    void katexIsWrittenOnce() {
        String katex = "<span class='katex'><span class='katex-mathml'><math><semantics><mrow><mi>E</mi></mrow>"
                + "<annotation encoding='application/x-tex'>E = mc^2</annotation></semantics></math></span>"
                + "<span class='katex-html' aria-hidden='true'><span class='base'>E=mc2</span></span></span>";
        assertMarkdown("Here E = mc^2.", "Here " + katex + ".");
        assertMarkdown("Here\n\nE = mc^2\n\nso", "<p>Here <span class='katex-display'>" + katex + "</span> so</p>");
        assertMarkdown(
                "Only x2 here",
                "Only <span class=katex><span class=katex-html aria-hidden=true>x<sup>2</sup></span></span> here");
    }

    @Test
    void mathJax2IsWrittenOnceBeforeAndAfterItsWork() {
        String shown =
                "<span class='MathJax_Preview'>x2</span><span class='MathJax' data-mathml='&lt;math&gt;&lt;mi&gt;x&lt;/mi&gt;&lt;/math&gt;'>"
                        + "<nobr aria-hidden=true><span class=math>x2</span></nobr><span class='MJX_Assistive_MathML'>"
                        + "<math><msup><mi>x</mi><mn>2</mn></msup></math></span></span>";
        assertMarkdown("a x^2 b", "a " + shown + "<script type='math/tex'>x^2</script> b");
        assertMarkdown("a x^2 b", "a <span class='MathJax_Preview'></span><script type='math/tex'>x^2</script> b");
        assertMarkdown(
                "a\n\nx^2\n\nb",
                "a <div class='MathJax_Display'>" + shown
                        + "</div><script type='math/tex; mode=display'>x^2</script> b");
        assertMarkdown(
                "a x^2 b",
                "a "
                        + shown.replaceFirst(" data-mathml='[^']*'", "")
                                .replaceFirst("<span class='MathJax_Preview'>x2</span>", "")
                        + " b");
        assertMarkdown("a y b", "a <script type='math/mml'><math><mi>y</mi></math></script> b");
        assertMarkdown("a sum b", "a <script type='math/asciimath'>sum</script> b");
    }

    @Test
    void mathJax3IsReadFromItsMathMlOrItsGlyphs() {
        String glyphs = "<mjx-math aria-hidden=true><mjx-msup><mjx-mi><mjx-c class='mjx-c1D465 TEX-I'></mjx-c></mjx-mi>"
                + "<mjx-script><mjx-mn><mjx-c class='mjx-c32'></mjx-c></mjx-mn></mjx-script></mjx-msup></mjx-math>";
        String assistive =
                "<mjx-assistive-mml unselectable=on><math><msup><mi>x</mi><mn>2</mn></msup></math></mjx-assistive-mml>";
        assertMarkdown("a x^2 b", "a <mjx-container jax=CHTML>" + glyphs + assistive + "</mjx-container> b");
        assertMarkdown("a x^2 b", "a <mjx-container jax=CHTML>" + glyphs + "</mjx-container> b");
        assertMarkdown("a\n\nx^2\n\nb", "a <mjx-container display=true>" + assistive + "</mjx-container> b");
        assertMarkdown(
                "a x^2 b",
                "a <mjx-container jax=SVG><svg><g data-mml-node=math><g data-mml-node=msup><g data-mml-node=mi><use data-c='1D465'/></g>"
                        + "<g data-mml-node=mn><use data-c='32'/></g></g></g></svg></mjx-container> b");
        assertMarkdown("a x^2 b", "a <mjx-container><mjx-math data-latex='x^2'>x2</mjx-math></mjx-container> b");
    }

    @Test
    void wikipediasFormulasAreWrittenOnce() {
        String mathml = "<span class='mwe-math-mathml-inline mwe-math-mathml-a11y' style='display: none;'>"
                + "<math alttext='{\\displaystyle a^{2}}'><semantics><mi>a</mi><annotation encoding='application/x-tex'>"
                + "{\\displaystyle a^{2}}</annotation></semantics></math></span>";
        String image = "<img src='https://wikimedia.org/api/rest_v1/media/math/render/svg/0a' aria-hidden=true "
                + "class='mwe-math-fallback-image-inline' alt='{\\displaystyle a^{2}}'>";
        assertMarkdown("a a^{2} b", "a <span class=mwe-math-element>" + mathml + image + "</span> b");
        assertMarkdown("a a^{2} b", "a <span class=mwe-math-element>" + image + "</span> b");
        assertMarkdown("a a^{2} b", "a " + mathml + image + " b");
        assertMarkdown("a a^{2} b", "a " + image + " b");
    }

    @Test
    void picturesOfFormulasAreTheirTex() {
        assertMarkdown("a x^2 b", "a <img class=latex src=x.png alt='x^2'> b");
        assertMarkdown("a x^2 b", "a <img src=img1.png alt='$x^2$'> b");
        assertMarkdown("a x^2 b", "a <img src='https://latex.codecogs.com/gif.latex?x^2' alt='x^2'> b");
        assertMarkdown("a b", "a <img src=cat.png alt='A cat'> b");
    }

    @Test
    void mathMlWithoutTexBecomesTex() {
        assertMarkdown("x", "<math><mi>x</mi></math>");
        assertMarkdown(
                "\\frac{a+1}{\\sqrt{b}}",
                "<math><mfrac><mrow><mi>a</mi><mo>+</mo><mn>1</mn></mrow><msqrt><mi>b</mi></msqrt></mfrac></math>");
        assertMarkdown(
                "\\sum_{i=1}^n x_i^2",
                "<math><munderover><mo>\\sum</mo><mrow><mi>i</mi><mo>=</mo><mn>1</mn></mrow><mi>n</mi></munderover><mtext> </mtext>"
                        + "<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup></math>");
        assertMarkdown("\\sin x", "<math>\n <mi>sin</mi>\n <mo>&#x2061;</mo>\n <mi>x</mi>\n</math>");
        assertMarkdown("f'", "<math><msup><mi>f</mi><mo>&#x2032;</mo></msup></math>");
        assertMarkdown(
                "(\\begin{matrix}1 & 0 \\\\ 0 & 1\\end{matrix})",
                "<math><mo>(</mo><mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr>"
                        + "<mtr><mtd><mn>0</mn></mtd><mtd><mn>1</mn></mtd></mtr></mtable><mo>)</mo></math>");
        assertMarkdown("\\hat{x}", "<math><mover><mi>x</mi><mo>^</mo></mover></math>");
        assertMarkdown("\\sqrt[3]{x}", "<math><mroot><mi>x</mi><mn>3</mn></mroot></math>");
        assertMarkdown("(a,b)", "<math><mfenced><mi>a</mi><mi>b</mi></mfenced></math>");
        assertMarkdown("the end", "<math><mfrac></mfrac><msup></msup><mmultiscripts></mmultiscripts></math>the end");
    }

    @Test
    void headersCellsAndTitlesHaveFormulasToo() {
        String math = "<math alttext='x^2'><mi>x</mi></math>";
        Segment segment = Segmenter.paper()
                .characters(1, 1000)
                .segments(Page.of("p", "<h1>On " + math + "</h1><p>text"), new SegmentFunnel())
                .findFirst()
                .orElseThrow();
        assertEquals("On x^2", segment.header());
        assertMarkdown(
                "| a | b |\n| --- | --- |\n| x^2 | 1 |", "<table><tr><th>a<th>b<tr><td>" + math + "<td>1</table>");
    }

    @Test
    void deepFormulasAndStyledPagesEndWell() {
        assertTrue(
                markdown("<math>" + "<msup><mi>x</mi>".repeat(5000) + "</math>").contains("x"));
        assertMarkdown("one\n\ntwo", "<div class='katex MathJax'><p>one<p>two</div>");
        assertMarkdown("", "<math></math><span class=katex></span><script type='math/tex'></script>");
    }

    @Test
    void theCaseOfLostMathematicsIsReadOnce() throws IOException {
        try (Stream<Page> pages =
                WebPages.with(Rejects.refuse()).read(ReferenceData.file("cases/html-math-lost/katex.html"))) {
            String text = Segmenter.paper()
                    .segments(pages, new SegmentFunnel())
                    .findFirst()
                    .orElseThrow()
                    .text();
            assertTrue(
                    text.startsWith("The area is x^2 for a side of x, see x \\cdot x = x^2 and y too.\n\nBarley"),
                    text);
        }
    }
}
