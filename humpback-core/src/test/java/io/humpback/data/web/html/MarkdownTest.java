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

class MarkdownTest {

    /** What becomes of HTML under a header. */
    private static String markdown(String html) {
        return Segmenter.paper()
                .characters(1, 10_000)
                .segments(Page.of("p", "<h1>Header</h1>" + html), new SegmentFunnel())
                .findFirst()
                .map(Segment::text)
                .orElse("");
    }

    private static void assertMarkdown(String expected, String html) {
        assertEquals(expected, markdown(html), html);
    }

    @Test
    void whiteSpaceIsCollapsedAndParagraphsStandApart() {
        assertMarkdown("a b\n\nc\nd", "<p> a\n\t b&nbsp; </p>\n\n<div><div><p>c<br> d</p></div></div>");
        assertMarkdown("soft break", "so&shy;ft\u200b bre\u0007ak");
    }

    @Test
    void codeBlocksAreFencedAsTheyAre() {
        assertMarkdown(
                "Run:\n\n```\nfor x in *\ndo\n\techo  $x\n\ndone\n```\n\nThen:",
                "Run:<pre>\nfor x in *\ndo\n\techo  $x  \n\ndone\n\n</pre>Then:");
        assertMarkdown("```java\nint x;\n```", "<pre><code class='hljs language-java'>int <b>x</b>;</code></pre>");
        assertMarkdown("````\n```\nx\n```\n````", "<pre>```\nx\n```</pre>");
        assertMarkdown("```\na\nb\n```", "<code>a<br>b</code>");
        assertMarkdown("```\nx = 1\n```", "<pre>x = 1<button>Copy</button></pre>");
        assertMarkdown("text", "text<pre> \n </pre>");
    }

    @Test
    void inlineCodeKeepsItsTicks() {
        assertMarkdown("Use `apt  x`.".replace("  ", " "), "Use <code>apt  x</code>.");
        assertMarkdown("`` a`b ``", "<code>a`b</code>");
        assertMarkdown("`ab` `c`", "<code>a</code><kbd>b</kbd> <tt>c</tt>");
        assertMarkdown("`plain`", "<code>p<em>lai</em>n</code>");
    }

    @Test
    void emphasisIsTheOutermost() {
        assertMarkdown("**TIP Take care** now", "<strong><em>TIP</em> Take care </strong>now");
        assertMarkdown("a *b* c", "a<i> b </i>c");
        assertMarkdown("icon", "<i class=icon></i>icon<b> </b>");
        assertMarkdown("**a**\n\n**b**", "<b>a<p>b</p></b>");
        assertMarkdown("*`x`*", "<em><code>x</code></em>");
        assertMarkdown("**a**\n\n```\nb\n```\n\n**c**", "<b>a<pre>b</pre>c</b>");
    }

    @Test
    void listsAreListsAtEveryLevel() {
        assertMarkdown("Do:\n\n- one\n- two\n\nDone.", "<p>Do:</p><ul><li>one<li><p>two</p></ul>Done.");
        assertMarkdown("9. nine\n10. ten\n    - sub", "<ol start=9><li>nine<li>ten<ul><li>sub</ul></ol>");
        assertMarkdown("- a\n\n  b\n- c", "<ul><li><p>a</p><p>b</p><li>c</ul>");
        assertMarkdown("- a\n\n  ```\n  x\n\n  y\n  ```\n- c", "<ul><li>a<pre>x\n\ny</pre><li>c</ul>");
        assertMarkdown(
                "- term\n  its meaning\n- other\n  its own", "<dl><dt>term<dd>its meaning<dt>other<dd><p>its own</dl>");
        assertMarkdown("text", "text<ul><li></ul>");
    }

    @Test
    void quotesAreMarked() {
        assertMarkdown("> a\n>\n> b\n\nc", "<blockquote><p>a<p>b</blockquote>c");
        assertMarkdown("He said \"so\".", "He said <q>so</q>.");
    }

    @Test
    void tablesOfDataAreTables() {
        assertMarkdown(
                "Sizes\n\n| a | b |\n| --- | --- |\n| 1 | x\\|y |\n| 2 | |\n\nend",
                "<table><caption>Sizes</caption><tr><th>a<th>b<tr><td>1<td>x|y<tr><td>2</table>end");
        assertMarkdown(
                "| a | b |\n| --- | --- |\n| 1 | 2 |\n| | 3 |",
                "<table><tr><th>a<th>b<tr><td rowspan=2>1<td>2<tr><td>3</table>");
        assertMarkdown("left\n\ninner\n\nright", "<table><tr><td><p>left<table><tr><td>inner</table><td>right</table>");
        assertMarkdown("only\none", "<table><tr><td>only<tr><td>one</table>");
        assertMarkdown("wide\ntable\nx\ny", "<table><tr><td colspan=999>wide<td>table<tr><td>x<td>y</table>");
    }

    @Test
    void linksAreTheirTextAndSmallSignsMakeSense() {
        assertMarkdown("See the manual.", "See <a href='http://x'>the <b></b>manual</a>.");
        assertMarkdown("10^9 and the 1st", "10<sup>9</sup> and the 1<sup>st</sup>");
        assertMarkdown("A fact.", "A fact<sup class=reference><a href='#1'>[1]</a></sup>.");
        assertMarkdown("H2O", "H<sub>2</sub>O");
        assertMarkdown("so x^2 it is", "so <math alttext='x^2'><mi>x</mi><mn>2</mn></math> it is");
    }

    @Test
    void twoLineBreaksAreAParagraph() {
        assertMarkdown("a\n\nb\nc\n\nd", "a<br><br>b<br>c<br>&nbsp;<br/>\n<br>d");
        assertMarkdown("- a\n\n  b", "<ul><li>a<br><br>b</ul>");
        assertMarkdown("> a\n>\n> b", "<blockquote>a<br><br>b</blockquote>");
        assertMarkdown("**a**\n\n**b**", "<b>a<br><br>b</b>");
        assertMarkdown("a\n\nb", "<p>a<br></p><p><br>b</p>");
    }

    @Test
    void whatIsLeftOutOfAWordLeavesNoSpace() {
        assertMarkdown("漢字を書く", "<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby><ruby>字<rt>ji</rt></ruby>を書く");
        assertMarkdown(
                "漢字",
                "<ruby>\n <rb>漢</rb>\n <rb>字</rb>\n <rp>(</rp><rtc><rt>kan</rt><rt>ji</rt></rtc><rp>)</rp>\n</ruby>");
        for (String hidden : new String[] {
            "<span hidden>x</span>",
            "<span style='display:none'>x</span>",
            "<i aria-hidden=true>x</i>",
            "<svg><text>x</text></svg>",
            "<img src=x>",
            "<input>",
            "<script>x</script>",
            "<style>x</style>",
            "<button>x</button>",
            "<template>x</template>",
            "<noscript>x</noscript>",
            "<span class=sr-only>x</span>",
            "<iframe></iframe>",
            "<a href='#s'>#</a>",
            "<wbr>",
            "<!-- x -->"
        }) {
            assertMarkdown("paragraph here", "para" + hidden + "graph here");
            assertMarkdown("one two", "one " + hidden + "two");
            assertMarkdown("*ab*", "<i>a" + hidden + "b</i>");
        }
        assertMarkdown("one two", "one<nav>x</nav>two");
        assertMarkdown("one two", "one<div hidden>x</div>two");
    }

    @Test
    void asidesThatAreNotesAreText() {
        String note = "<aside class='starlight-aside starlight-aside--caution'><p>Back up first.</p></aside>";
        assertMarkdown("a\n\nBack up first.", "a" + note);
        assertMarkdown("a\n\nb", "<article>a<aside>b</aside></article>");
        assertMarkdown("a\n\nb", "a<aside role=note>b</aside>");
        assertMarkdown("a\n\nb", "a<aside class=pull-quote-tip id=tip>b</aside>");
        for (String other :
                new String[] {"class=sidebar", "class='related-posts'", "id=author-note class=author", "class=toc-box"
                }) {
            assertMarkdown("a", "<main>a<aside " + other + ">b</aside></main>");
        }
        assertMarkdown("a", "<main>a<aside role=complementary>b</aside></main>");
        assertMarkdown("a", "a<aside>b</aside>");
        assertMarkdown(
                "> Measure twice.\n>\n> — A carpenter",
                "<blockquote><p>Measure twice.</p><footer>— A carpenter</footer></blockquote>");
        assertMarkdown("a", "<article>a<footer>b</footer></article>");
        assertMarkdown("Soup\n\nBread", "<main><div class=menu><p>Soup</p><p>Bread</p></div></main>");
        assertMarkdown("a", "a<div class=menu><p>Soup</p></div>");
    }

    @Test
    void theCasesOfMarkupAreRead() throws IOException {
        assertTrue(ofCase("html-inline-space/ruby.html").startsWith("漢字を書く。漢字を書く。"));
        assertTrue(ofCase("html-inline-space/hidden.html").startsWith("An interesting prefix and a paragraph. Barley"));
        assertEquals(3, ofCase("html-br-paragraphs/br.html").split("\n\n").length);
        assertTrue(ofCase("html-aside-admonition/aside.html")
                .endsWith("\n\nCaution: back up the data first.\n\n> Measure twice.\n>\n> — A carpenter"));
    }

    private static String ofCase(String name) throws IOException {
        try (Stream<Page> pages = WebPages.with(Rejects.refuse()).read(ReferenceData.file("cases/" + name))) {
            return Segmenter.paper()
                    .characters(100, 5000)
                    .segments(pages, new SegmentFunnel())
                    .findFirst()
                    .orElseThrow()
                    .text();
        }
    }

    @Test
    void aSectionInsideAListIsNotIndented() {
        assertMarkdown("own text\n\nmore", "<ul><li><h2>Card</h2><p>own text</p></li></ul><p>more</p>");
    }
}
