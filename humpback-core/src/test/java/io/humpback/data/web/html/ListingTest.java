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
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ListingTest {

    private static final String EXPECTED = "```\ndef f():\n    return 1\n\nf()\n```";

    private static String markdown(String html) {
        return Segmenter.paper()
                .characters(1, 10_000)
                .segments(Page.of("p", "<h1>Header</h1>" + html), new SegmentFunnel())
                .findFirst()
                .map(Segment::text)
                .orElse("");
    }

    private static void assertListing(String html) {
        assertEquals(EXPECTED, markdown(html), html);
    }

    /** The lines of the listing, each in a pattern in which %d is its number and %s its text. */
    private static String lines(String pattern) {
        StringBuilder out = new StringBuilder();
        String[] lines = {"def f():", "    return 1", "", "f()"};
        for (int i = 0; i < lines.length; i++) {
            out.append(pattern.replace("%d", "" + (i + 1)).replace("%s", lines[i]));
        }
        return out.toString();
    }

    @Test
    void chromasNumbersGo() {
        assertListing("<pre class=chroma><code>"
                + lines("<span class=line><span class=ln>%d</span><span class=cl>%s\n</span></span>")
                + "</code></pre>");
        assertListing("<table class=lntable><tr><td class=lntd><pre class=chroma><code>"
                + lines("<span class=lnt>%d\n</span>") + "</code></pre></td><td class=lntd><pre class=chroma><code>"
                + lines("%s\n") + "</code></pre></td></tr></table>");
    }

    @Test
    void tablesOfCodeAreOneListing() {
        assertListing("<table class='highlight js-file-line-container'>\n <tbody>"
                + lines("\n <tr>\n  <td class='blob-num js-line-number' "
                        + "data-line-number=%d></td>\n  <td class='blob-code blob-code-inner'>%s</td>\n </tr>")
                + "\n</tbody></table>");
        assertListing("<table>"
                + lines("<tr><td class=lines-num><span data-line-number=%d></span></td>"
                        + "<td class='lines-code chroma'><code class=code-inner>%s</code></td></tr>")
                + "</table>");
        assertListing("<div class=syntaxhighlighter><table><tr><td class=gutter>"
                + lines("<div class='line number%d'>%d</div>") + "</td><td class=code><div class=container>"
                + lines("<div class='line number%d'><code class='plain'>%s</code></div>")
                        .replace("    return", "&nbsp;&nbsp;&nbsp;&nbsp;return")
                + "</div></td></tr></table></div>");
        assertListing("<table class=crayon-table><tr><td class=crayon-nums><div>"
                + lines("<div class=crayon-num>%d</div>")
                + "</div></td><td class=crayon-code><div class=crayon-pre>" + lines("<div class=crayon-line>%s</div>")
                + "</div></td></tr></table>");
        assertListing("<figure class=highlight><table><tr><td class=gutter><pre>"
                + lines("<span class=line>%d</span><br>") + "</pre></td><td class=code><pre>"
                + lines("<span class=line>%s</span><br>") + "</pre></td></tr></table></figure>");
        assertListing("<table class=rouge-table><tr><td class='gutter gl'><pre class=lineno>" + lines("%d\n")
                + "</pre></td><td class=code><pre>" + lines("%s\n") + "</pre></td></tr></table>");
        assertListing("<pre><table class=hljs-ln>"
                + lines("<tr><td class='hljs-ln-line hljs-ln-numbers' data-line-number=%d><div class=hljs-ln-n"
                        + " data-line-number=%d></div></td><td class='hljs-ln-line hljs-ln-code'>%s</td></tr>")
                + "</table></pre>");
    }

    @Test
    void linesThatAreBlocksDoNotRunTogether() {
        assertListing("<pre class=shiki><code>" + lines("<span class=line style='display:block'>%s</span>")
                + "</code></pre>");
        assertListing("<pre class=shiki><code>" + lines("<span class=line>%s</span>\n") + "</code></pre>");
        assertListing("<pre><code style='display:grid'>" + lines("<span data-line style='display: grid'>%s</span>")
                + "</code></pre>");
        assertListing("<pre class=prism><code>" + lines("<span class=token-line><span>%s</span><br></span>")
                + "</code></pre>");
        assertListing("<pre><code>" + lines("<div class=line>%s</div>") + "</code></pre>");
    }

    @Test
    void highlightersWithoutPreAreListings() {
        assertListing("<div class='enlighter'>" + lines("<div class=line><span class=enlighter-text>%s</span></div>")
                + "</div>");
        assertListing("<div class='ltx_listing ltx_lstlisting'>"
                + lines("<div class=ltx_listingline><span class='ltx_tag ltx_tag_listingline'>%d</span>%s</div>")
                + "</div>");
        assertListing("<div class=CodeMirror-code>"
                + lines("<div><div class=CodeMirror-gutter-wrapper><div class=CodeMirror-linenumber>%d</div></div><pre"
                        + " class='CodeMirror-line line'>%s</pre></div>")
                + "</div>");
        assertListing("<div class=view-lines>"
                + lines("<div class=view-line>%s</div>").replace("    return", "&nbsp;   return") + "</div>");
        assertListing("<pre>" + lines("<span class='react-syntax-highlighter-line-number'>%d</span>%s\n") + "</pre>");
    }

    @Test
    void numbersThatAreNoLineNumbersStay() {
        assertEquals("42 apples", markdown("<span class=num>42</span> apples"));
        assertEquals("| 1 | a |\n| --- | --- |\n| 2 | b |", markdown("<table><tr><td>1<td>a<tr><td>2<td>b</table>"));
    }

    @Test
    void theCasesOfLineNumbersAreCodeInOneFence() throws IOException {
        List<List<String>> expected = List.of(
                List.of("chroma-inline", "```go\npackage main\nfunc f() {}\n```"),
                List.of("chroma-table", "```go\npackage main\nfunc f() {}\n```"),
                List.of("syntaxhighlighter", "```java\nint a = 1;\nb();\n```"));
        for (List<String> one : expected) {
            try (Stream<Page> pages = WebPages.with(Rejects.refuse())
                    .read(ReferenceData.file("cases/html-code-line-numbers/" + one.get(0) + ".html"))) {
                String text = Segmenter.paper()
                        .segments(pages, new SegmentFunnel())
                        .findFirst()
                        .orElseThrow()
                        .text();
                assertTrue(text.endsWith("\n\n" + one.get(1)) && text.split("```").length == 2, text);
            }
        }
    }
}
