package io.humpback.data.web;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.humpback.data.Segment;
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
    void aSectionInsideAListIsNotIndented() {
        assertMarkdown("own text\n\nmore", "<ul><li><h2>Card</h2><p>own text</p></li></ul><p>more</p>");
    }
}
