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
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class XhtmlTest {

    private static final String ROOT =
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">";

    private static String markdown(String name, String page) {
        return Segmenter.paper()
                .characters(1, 10_000)
                .segments(new Page(name, page.getBytes(StandardCharsets.UTF_8), null), new SegmentFunnel())
                .map(Segment::text)
                .findFirst()
                .orElse("");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<title/>",
                "<script src='x.js'/>",
                "<style/>",
                "<script type='text/javascript'\n src='x'/>",
                "<iframe src='x'/>",
                "<noscript/>",
                "<textarea/>"
            })
    void whatClosesItselfSwallowsNothing(String element) {
        String page = ROOT + "<head>" + element + "</head><body><h1>H</h1><p>Text &amp; more.</p></body></html>";
        assertEquals("Text & more.", markdown("a.xhtml", page));
        assertEquals("Text & more.", markdown("a.html", page), "XML by its own words");
        String inside = ROOT + "<body><h1>H</h1>" + element + "<p>Text.</p></body></html>";
        assertEquals("Text.", markdown("a.xhtml", inside));
    }

    @Test
    void emptyElementsEndAtOnce() {
        assertEquals(
                "Plain text.",
                markdown("a.xhtml", ROOT + "<body><h1><a id='a'/>H</h1><p><i/>Plain text.</p></body></html>"));
        assertEquals("one\n\ntwo", markdown("a.xht", ROOT + "<body><h1>H</h1><div/>one<p/>two</body></html>"));
        assertEquals("one\ntwo", markdown("a.xhtml", ROOT + "<body><h1>H</h1><p>one<br/>two</p></body></html>"));
        assertEquals("one\ntwo", markdown("a.xhtml", ROOT + "<body><h1>H</h1><p>one<br></br>two</p></body></html>"));
    }

    @Test
    void cdataIsText() {
        String body = "<body><h1>H</h1><pre><![CDATA[if (a < b && c) { run(); }]]></pre><p>x <![CDATA[<b>&amp;]]></p>"
                + "<script>//<![CDATA[\nif (a < b) {}\n//]]></script></body></html>";
        assertEquals("```\nif (a < b && c) { run(); }\n```\n\nx <b>&amp;", markdown("a.xhtml", ROOT + body));
    }

    @Test
    void entitiesPrefixesAndDoctypesAreKnown() {
        String page = "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY own \"x\">]>"
                + "<h:html xmlns:h='http://www.w3.org/1999/xhtml' xmlns:m='http://www.w3.org/1998/Math/MathML'>"
                + "<h:head><h:title/></h:head><h:body><h:h1>H</h:h1><h:p>caf&eacute;&nbsp;&#8211; <m:math alttext='x^2'/></h:p>"
                + "</h:body></h:html>";
        assertEquals("café – x^2", markdown("a.xhtml", page));
    }

    @Test
    void whatIsNoXmlIsReadAsHtml() {
        assertEquals("one\n\ntwo & three", markdown("a.xhtml", "<h1>H</h1><p>one<p>two & three"));
        assertEquals("one\n\ntwo", markdown("a.xhtml", "<html><body><h1>H<br></h1><p>one<p>two"));
        assertEquals("a", markdown("a.html", ROOT + "<body><h1>H</h1><script>if (a<b) {}</script>a"));
    }

    @Test
    void deepNestingEndsWell() {
        String deep = ROOT + "<body><h1>H</h1>" + "<div>".repeat(20_000) + "text";
        assertEquals("text", markdown("a.xhtml", deep));
    }

    @Test
    void casesOfXhtmlKeepTheirText() throws IOException {
        for (String name : List.of("self-closed-title", "self-closed-script", "cdata-and-anchor")) {
            try (Stream<Page> pages = WebPages.with(Rejects.refuse())
                    .read(ReferenceData.file("cases/html-xhtml-as-html/" + name + ".xhtml"))) {
                List<Segment> segments =
                        Segmenter.paper().segments(pages, new SegmentFunnel()).toList();
                assertEquals(
                        List.of("Chapter one"),
                        segments.stream().map(Segment::header).toList(),
                        name);
                String text = segments.get(0).text();
                assertTrue(text.startsWith("Hammer lantern") || text.startsWith("Orchard copper"), text);
                assertTrue(
                        !name.startsWith("cdata") || text.endsWith("\n\n```\nif (a < b && c) { run(); }\n```"), text);
            }
        }
    }
}
