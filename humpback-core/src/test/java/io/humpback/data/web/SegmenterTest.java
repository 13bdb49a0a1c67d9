package io.humpback.data.web;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.web.SegmentFunnel.Reason;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class SegmenterTest {

    private static final String TEXT = "One sentence that is long enough to stand for the text of a section. ";

    private final SegmentFunnel funnel = new SegmentFunnel();
    private final Segmenter segmenter = Segmenter.paper().characters(20, 200);

    private List<Segment> segments(String html) {
        return segmenter.segments(Page.of("p", html), funnel).toList();
    }

    private void assertDropped(Reason reason, String html) {
        long before = funnel.dropped().get(reason);
        assertEquals(List.of(), segments(html), html);
        assertEquals(before + 1, funnel.dropped().get(reason), funnel.toString());
    }

    /** The handbook's segments. */
    static final class Handbook {
        static final SegmentFunnel FUNNEL = new SegmentFunnel();
        static List<Segment> segments = List.of();
    }

    @BeforeAll
    static void readTheHandbook() throws IOException {
        Path archive = ReferenceData.path("data/web-pages-debian-handbook.tar.gz");
        if (java.nio.file.Files.exists(archive) && Handbook.segments.isEmpty()) {
            try (Stream<Page> pages = WebPages.with(Rejects.refuse()).read(archive)) {
                Handbook.segments =
                        Segmenter.paper().segments(pages, Handbook.FUNNEL).toList();
            }
        }
    }

    @Test
    void theHandbooksFunnelAddsUp() {
        ReferenceData.file("data/web-pages-debian-handbook.tar.gz");
        SegmentFunnel f = Handbook.FUNNEL;
        assertEquals(127, f.pages());
        assertEquals(527, f.sections());
        assertEquals(285, f.segments());
        assertEquals(Handbook.segments.size(), f.segments());
        assertEquals(111, f.dropped().get(Reason.TOO_LONG));
        assertEquals(129, f.dropped().get(Reason.TOO_SHORT));
        assertEquals(2, f.dropped().get(Reason.NAVIGATION_HEADER));
        assertEquals(
                "127 pages, 527 sections, 285 segments, NAVIGATION_HEADER 2, TOO_SHORT 129, TOO_LONG 111",
                f.toString());
    }

    @Test
    void theHandbooksSegmentsAreCleanMarkdown() {
        ReferenceData.file("data/web-pages-debian-handbook.tar.gz");
        Set<String> ids = new HashSet<>();
        for (Segment s : Handbook.segments) {
            assertTrue(ids.add(s.id()), s.id());
            assertTrue(s.text().length() >= 600 && s.text().length() <= 3000, s.id());
            assertFalse(s.text().contains("Download the ebook"), s.id());
            assertFalse(s.text().contains("Prev\n"), s.text());
            assertFalse(
                    s.text().contains("\n\n\n")
                            || s.text().contains("\t\t\t")
                            || s.text().contains("\u00a0"),
                    s.text());
            assertEquals(s.text().strip(), s.text());
            assertEquals(0, s.text().lines().filter(l -> l.startsWith("```")).count() % 2, s.text());
        }
        Segment spf = Handbook.segments.stream()
                .filter(s -> s.header().contains("(SPF)"))
                .findFirst()
                .orElseThrow();
        assertTrue(
                spf.text()
                        .contains(
                                "```\nName: example.org\nType: TXT\nTTL:  3600\nData: v=spf1 a mx -all\n```\n\nLet's"),
                spf.text());
    }

    @Test
    void aSegmentIsTheTextUpToTheNextHeaderOfAnyLevel() {
        List<Segment> segments = segments("<title> The\n page </title>Lead.<h1>First <em>one</em></h1><p>" + TEXT
                + "</p><h3>Second</h3><div><p>" + TEXT + "</p><p>More.</p></div>");
        assertEquals(2, segments.size());
        assertEquals("First one", segments.get(0).header());
        assertEquals(TEXT.strip(), segments.get(0).text());
        assertEquals(TEXT.strip() + "\n\nMore.", segments.get(1).text());
        assertEquals("The page", segments.get(1).title());
        assertEquals(1, segments.get(1).index());
        assertEquals("p", segments.get(1).source());
    }

    @Test
    void theIdIsThatOfTheContent() {
        Segment one = segments("<h1>H</h1>" + TEXT).get(0);
        assertTrue(one.id().matches("[0-9a-f]{20}"));
        assertEquals(one.id(), segments("<body>lead<h2>H</h2><p>" + TEXT).get(0).id());
        assertNotEquals(one.id(), segments("<h1>I</h1>" + TEXT).get(0).id());
        assertNotEquals(one.id(), segments("<h1>H</h1>" + TEXT + "x").get(0).id());
    }

    @Test
    void everyDroppedSectionHasItsReason() {
        assertDropped(Reason.NO_HEADER_TEXT, "<h1><img src=x></h1>" + TEXT);
        assertDropped(Reason.NO_HEADER_TEXT, "<h1>1.2</h1>" + TEXT);
        assertDropped(Reason.LONG_HEADER, "<h1>" + TEXT.repeat(3) + "</h1>" + TEXT);
        assertDropped(Reason.NAVIGATION_HEADER, "<h2>See also:</h2>" + TEXT);
        assertDropped(Reason.NAVIGATION_HEADER, "<h2>3. Table of Contents</h2>" + TEXT);
        assertDropped(Reason.SHOUTING_HEADER, "<h2>BUY IT NOW</h2>" + TEXT);
        assertDropped(Reason.TOO_SHORT, "<h2>Short</h2>Few words.");
        assertDropped(Reason.TOO_SHORT, "<h2>Nothing</h2>");
        assertDropped(Reason.TOO_LONG, "<h2>Long</h2>" + TEXT.repeat(4));
        assertDropped(Reason.TOO_LONG, "<h2>Very long</h2>" + TEXT.repeat(4000));
        assertDropped(Reason.GARBLED, "<h2>Bytes</h2>" + TEXT + "\uFFFD\uFFFD");
        assertDropped(Reason.REPETITIVE, "<h2>Again</h2><p>Read on below.<p>Read on below.<p>Read on below.");
        assertEquals(1, segments("<h1>A</h1>" + TEXT + "<h1>A</h1>" + TEXT).size());
        assertEquals(1, funnel.dropped().get(Reason.REPEATED_ON_PAGE));
        assertEquals(
                funnel.sections(),
                funnel.segments()
                        + funnel.dropped().values().stream().mapToLong(n -> n).sum());
    }

    @Test
    void acronymsDoNotShout() {
        assertEquals(1, segments("<h2>8.1. DNS</h2>" + TEXT).size());
        assertEquals(1, segments("<h2>RAID and LVM</h2>" + TEXT).size());
    }

    @Test
    void whatIsNoTextIsLeftOut() {
        String noise =
                "<script>var x;</script><style>p{}</style><nav>Nav</nav><footer>Foot</footer><aside>Aside</aside>"
                        + "<form>Name <input><button>Go</button></form><p hidden>Hidden</p><p style='display: none'>Gone</p>"
                        + "<div class='foot toc'>Toc</div><div role=navigation>Nav</div><noscript>No</noscript>"
                        + "<ul><li><a href=a>Home</a><li><a href=b>Products</a></ul><!-- comment --><p><a href=p>Prev</a> | <a href=n>Next</a></p>"
                        + "<figure><img src=x><figcaption>Caption</figcaption></figure><svg><text>S</text></svg>";
        assertEquals(TEXT.strip(), segments("<h1>H</h1>" + TEXT + noise).get(0).text());
    }

    @Test
    void aFormAroundThePageIsNoForm() {
        assertEquals(
                1,
                segments("<form id=aspnet><h1>H</h1><p>" + TEXT + "</p></form>").size());
    }

    @Test
    void aChapterCalledNavigationIsKept() {
        assertEquals(
                1,
                segments("<section id=navigation><h2>Finding your way</h2><p>" + TEXT + "</p></section>")
                        .size());
    }

    @Test
    void textAfterAHiddenHeaderIsNotTheTextBefore() {
        List<Segment> segments =
                segments("<h1>H</h1>" + TEXT + "<h2 class=sr-only>Site menu</h2>Other text that stands here");
        assertEquals(TEXT.strip(), segments.get(0).text());
    }

    @Test
    void wrongBoundsAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> segmenter.characters(0, 5));
        assertThrows(IllegalArgumentException.class, () -> segmenter.characters(6, 5));
        assertThrows(IllegalArgumentException.class, () -> segmenter.characters(1, 1_000_001));
    }

    @Test
    void deepNestingEndsWell() {
        for (String tag :
                List.of("div", "blockquote", "ul><li", "b", "table><tr><td", "span", "pre", "code", "dl><dd", "h1")) {
            String html = "<h1>Deep</h1>" + ("<" + tag + ">").repeat(20_000) + TEXT;
            segments(html);
        }
        assertTrue(funnel.sections() >= 10);
    }

    @Test
    void quotesInQuotesDoNotMultiply() {
        // 500 levels and 100,000 lines would be 100 MB of "> "
        segments("<h1>Deep</h1>" + "<blockquote>".repeat(500) + "x<br>".repeat(100_000));
        segments("<h1>Deep</h1>" + "<blockquote>".repeat(500) + "<pre>" + "x\n".repeat(100_000));
        assertEquals(2, funnel.dropped().get(Reason.TOO_LONG));
    }

    @Provide
    Arbitrary<String> html() {
        Arbitrary<String> piece = Arbitraries.of(
                "<h1>Header one</h1>",
                "<h2>Second <code>header</code></h2>",
                "<h3>",
                "</h3>",
                "<p>",
                "</p>",
                "<ul>",
                "<li>",
                "</ul>",
                "<ol start=7>",
                "</ol>",
                "<table><tr><td>",
                "<td>",
                "<tr>",
                "</table>",
                "<pre>",
                "</pre>",
                "<code>",
                "</code>",
                "<b>",
                "</b>",
                "<em>",
                "</em>",
                "<blockquote>",
                "</blockquote>",
                "<br>",
                "<a href=x>",
                "</a>",
                "<dl><dt>",
                "<dd>",
                "<form>",
                "<nav>",
                "</nav>",
                "<sup>2</sup>",
                "<q>",
                "&nbsp;",
                "\n",
                " ",
                "```",
                "\u0000",
                "\u200b",
                "some words of text, ",
                "another sentence stands here. ",
                "x",
                "&#xD800;",
                "\uD83D\uDE00",
                "<div>",
                "</div>");
        return piece.list().ofMaxSize(60).map(pieces -> String.join("", pieces));
    }

    @Property(tries = 500)
    void segmentsKeepTheirBoundsAndFunnelsAddUp(@ForAll("html") String html) {
        SegmentFunnel counts = new SegmentFunnel();
        List<Segment> found = segmenter.segments(Page.of("p", html), counts).toList();
        Set<String> ids = new HashSet<>();
        for (Segment s : found) {
            int length = s.text().codePointCount(0, s.text().length());
            assertTrue(length >= 20 && length <= 200, s.text());
            assertEquals(s.text().strip(), s.text());
            assertTrue(s.header().codePoints().anyMatch(Character::isLetter));
            assertTrue(ids.add(s.id()));
        }
        assertEquals(1, counts.pages());
        assertEquals(found.size(), counts.segments());
        assertEquals(
                counts.sections(),
                counts.segments()
                        + counts.dropped().values().stream().mapToLong(n -> n).sum());
    }
}
