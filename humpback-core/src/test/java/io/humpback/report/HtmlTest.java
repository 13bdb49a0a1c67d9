package io.humpback.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.nio.charset.StandardCharsets;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jsoup.Jsoup;
import org.junit.jupiter.api.Test;

class HtmlTest {

    @Property(tries = 300)
    void aTextStaysAText(@ForAll String text) {
        String escaped = Html.escape(text);
        assertFalse(escaped.matches("(?s).*[<>\"'].*"));
        assertEquals(escaped, new String(escaped.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8));
        assertEquals(0, Jsoup.parseBodyFragment(escaped).body().childrenSize());
    }

    @Test
    void markupControlCharactersAndTurnedTextAreHarmless() {
        assertEquals(
                "&lt;b title=&quot;&#39;&quot;&gt; &amp;amp; \ufffdx\n",
                Html.escape("<b title=\"'\">\u0007&amp; \u202ex\n"));
        assertEquals(
                "<td class=\"x\">&lt;</td>",
                new Html().element("td class=\"x\"", "<").toString());
    }
}
