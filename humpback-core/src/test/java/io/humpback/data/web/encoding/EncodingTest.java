package io.humpback.data.web.encoding;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.ReferenceData;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EncodingTest {

    private static final String RUSSIAN = "Река течёт через старый город, и каждое утро рыбаки выходят на берег.";
    private static final String GREEK = "Το ποτάμι κυλά μέσα από την παλιά πόλη και κάθε πρωί οι ψαράδες βγαίνουν.";
    private static final String ARABIC =
            "يجري النهر عبر المدينة القديمة وفي كل صباح يخرج الصيادون إلى الضفة مع شباكهم.";
    private static final String HEBREW = "הנהר זורם דרך העיר העתיקה, ובכל בוקר יוצאים הדייגים אל הגדה עם הרשתות שלהם.";
    private static final String THAI = "แม่น้ำไหลผ่านเมืองเก่า และทุกเช้าชาวประมงจะออกไปที่ริมฝั่งพร้อมกับแห";
    private static final String JAPANESE = "川は古い町を流れ、毎朝漁師たちは網を持って岸に出る。";
    private static final String CHINESE = "河流穿过古老的城市，每天早晨渔民们带着渔网来到岸边。";
    private static final String TAIWANESE = "河流穿過古老的城市，每天早晨漁民們帶著漁網來到岸邊。";
    private static final String KOREAN = "강은 오래된 도시를 지나 흐르고, 매일 아침 어부들은 그물을 들고 강가로 나간다.";

    private static byte[] page(String head, byte[] text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(("<html>" + head + "<body><p>").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(text);
        out.writeBytes("</p></body></html>".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    private static String text(byte[] page, String label) {
        return new Page("x", page, label).document().text();
    }

    /** The text of a page as its own label, its http-equiv and its server's label have it. */
    private static void assertReadAs(String expected, String label, byte[] text) {
        assertEquals(expected, text(page("<meta charset='" + label + "'>", text), null), label);
        String type = "<META content=\"text/html; charset=" + label + "\" HTTP-EQUIV=\"Content-Type\">";
        assertEquals(expected, text(page(type, text), null), label);
        assertEquals(expected, text(page("", text), label.toUpperCase()), label);
        assertEquals(expected, text(page("<meta charset=koi8-r>", text), " " + label + " "), label);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
        iso-8859-1 latin1 l1 ISO8859-1 iso_8859-1:1987 ascii us-ascii x-cp1252 ansi_x3.4-1968 cp819 x-user-defined|9349749273948097858099|“It’s”€—…€™
        iso-8859-9 latin5 iso8859-9 l5|d0fdfe80|Ğış€
        iso-8859-11 tis-620 dos-874|a1d2c3858080|การ…€€
        iso-8859-15 latin9 l9|a4bcbd|€Œœ
        iso-8859-10 latin6 l6|a1bdb9ff|Ą―đĸ
        iso-8859-14 iso885914|d0a8f7|ŴẀṫ
        iso-8859-2 latin2 l2 csisolatin2|a1e6b3|Ąćł
        iso-8859-3 latin3|a1f8e6|Ħĝĉ
        iso-8859-4 latin4|a1bff0|Ąŋđ
        iso-8859-5 cyrillic|c0d5dad0|Река
        iso-8859-6 arabic asmo-708 iso-8859-6-i|e6e7d1|نهر
        iso-8859-7 greek elot_928 sun_eu_greek|d4efa4|Το€
        iso-8859-8 iso-8859-8-i logical visual hebrew csiso88598i|f0e4f8|נהר
        iso-8859-13|d9e6f8|Łęų
        iso-8859-16|a4aaff|€Șÿ
        dos-866 866 cp866 ibm866|90a5aaa0|Река
        koi8-r koi koi8_r|f2c5cbc1|Река
        koi8-u koi8-ru|f2a6deae|Річў
        macintosh mac x-mac-roman|d22a8ed3db|“*é”€
        x-mac-cyrillic x-mac-ukrainian|90e5eae0ff|Река€
        windows-1250 cp1250 x-cp1250|a5e6b3848f|Ąćł„Ź
        windows-1251 cp1251|d0e5eae088|Река€
        windows-1253 cp1253|d4efa2|ΤοΆ
        windows-1254 cp1254|d0fdfe|Ğış
        windows-1255 cp1255|f0e4f8|נהר
        windows-1256 cp1256|e4e5d1|نهر
        windows-1257 cp1257|d9e6f8|Łęų
        windows-1258 cp1258|ea80fe|ê€₫
        gb2312 gbk x-gbk gb18030 cp936 chinese gb_2312-80 iso-ir-58|ba93c1f7e946a2e3|簱流镕€
        big5 big5-hkscs cn-big5 x-x-big5|a470a145a1c3|小‧￣
        shift_jis sjis x-sjis ms_kanji windows-31j cp932|90ec87408160fa55|川①～￤
        euc-jp x-euc-jp|c0eeada1a1c1a1dd|川①～－
        iso-2022-jp csiso2022jp|1b2442406e2d211b2842|川①
        euc-kr ks_c_5601-1987 korean windows-949 cp949 ksc5601 iso-ir-149|b0ad8c63|강똠
        utf-8 utf8 unicode-1-1-utf-8 unicode11utf8 x-unicode20utf8|e28899c3a9|∙é
        iso-2022-kr csiso2022kr|1b2429430e302d0f|강
        hz-gb-2312|7e7b3a534e447e7d7e7e|河文~
        """)
    void labelsMeanWhatTheyMeanToBrowsers(String labels, String bytes, String expected) {
        byte[] text = HexFormat.of().parseHex(bytes);
        for (String label : labels.split(" ")) {
            assertReadAs(expected, label, text);
        }
    }

    @Test
    void theLabelsAreThoseOfTheStandard() {
        long known = Stream.of("utf-8", "iso-ir-144", "csisolatingreek", "unicodefeff", "iso-10646-ucs-2", "x-cp1258")
                .filter(label -> Encoding.of(label) != null)
                .count();
        assertEquals(6, known);
        assertNull(Encoding.of("utf-7"));
        assertNull(Encoding.of("windows-1259"));
        assertNull(Encoding.of("none"));
    }

    @Test
    void unassignedBytesAreControlCharactersNotRubbish() {
        byte[] all = new byte[32];
        for (int i = 0; i < all.length; i++) {
            all[i] = (byte) (0x80 + i);
        }
        for (int i = 0; i <= 8; i++) {
            String decoded = Encoding.decode(all, "windows-125" + i, "x");
            assertEquals(32, decoded.length());
            assertEquals(-1, decoded.indexOf('\uFFFD'), "windows-125" + i);
        }
        assertEquals(-1, Encoding.decode(all, "windows-874", "x").indexOf('\uFFFD'));
    }

    @Test
    void aByteOrderMarkIsStrongerThanAnyLabel() {
        for (String name : List.of("UTF-8", "UTF-16BE", "UTF-16LE")) {
            byte[] marked = ("\ufeff<meta charset=koi8-r><p>" + RUSSIAN).getBytes(Charset.forName(name));
            assertEquals(RUSSIAN, text(marked, "iso-8859-1"));
            byte[] unmarked = ("<p>" + RUSSIAN).getBytes(Charset.forName(name));
            assertEquals(RUSSIAN, text(unmarked, name.equals("UTF-8") ? null : "utf-8"), name);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"utf-16", "utf-16le", "utf-16be", "unicode", "ucs-2", "iso-10646-ucs-2", "csunicode"})
    void anAsciiReadablePageThatSaysUtf16IsUtf8(String label) {
        byte[] text = RUSSIAN.getBytes(StandardCharsets.UTF_8);
        assertEquals(RUSSIAN, text(page("<meta charset=" + label + ">", text), null));
        assertEquals(RUSSIAN, text(page("", text), label));
    }

    @Test
    void declarationsAreFoundWhereTheyCount() {
        byte[] text = RUSSIAN.getBytes(Charset.forName("windows-1251"));
        for (String head : List.of(
                "<!-- <meta charset=utf-8> --><meta charset=windows-1251>",
                "<meta charset=nonsense><meta charset=cp1251>",
                "<meta name=description content='text; charset=utf-8'><meta charset=\"windows-1251\" />",
                "<meta http-equiv=content-type content='text/html;charset=windows-1251;x'>",
                "<title>T</title>" + "<script>var x = '<';</script>".repeat(200) + "<meta charset=windows-1251>")) {
            assertEquals(RUSSIAN, text(page(head, text), null).replaceFirst("^T ?", ""), head);
        }
        byte[] xml = ("<?xml version='1.0' encoding='windows-1251'?><html><body><p>" + RUSSIAN + "</p></body></html>")
                .getBytes(Charset.forName("windows-1251"));
        assertEquals(RUSSIAN, text(xml, null));
        assertEquals("windows-1251", Encoding.labelIn("text/html; Charset = \"windows-1251\"; q=1"));
        assertEquals("utf-8", Encoding.labelIn("text/html;charset='utf-8'"));
        assertNull(Encoding.labelIn("text/html"));
    }

    @ParameterizedTest
    @CsvSource(textBlock = """
        windows-1251, RUSSIAN
        KOI8-R, RUSSIAN
        IBM866, RUSSIAN
        ISO-8859-5, RUSSIAN
        windows-1253, GREEK
        ISO-8859-7, GREEK
        windows-1255, HEBREW
        windows-1256, ARABIC
        x-windows-874, THAI
        windows-31j, JAPANESE
        EUC-JP, JAPANESE
        ISO-2022-JP, JAPANESE
        GB18030, CHINESE
        Big5, TAIWANESE
        x-windows-949, KOREAN
        UTF-8, KOREAN
        UTF-8, ARABIC
        """)
    void pagesWithoutALabelAreReadByTheirBytes(String encoding, String language) {
        String text =
                switch (language) {
                    case "RUSSIAN" -> RUSSIAN;
                    case "GREEK" -> GREEK;
                    case "HEBREW" -> HEBREW;
                    case "ARABIC" -> ARABIC;
                    case "THAI" -> THAI;
                    case "JAPANESE" -> JAPANESE;
                    case "CHINESE" -> CHINESE;
                    case "TAIWANESE" -> TAIWANESE;
                    default -> KOREAN;
                };
        String english = "<h1>An English header</h1><script>var x = 1;</script>".repeat(20);
        byte[] bytes = text.getBytes(Charset.forName(encoding));
        assertEquals(text, text(page("", bytes), null));
        assertEquals(text, text(page("", bytes), "no such label"));
        assertTrue(text(page(english, bytes), null).endsWith(text));
    }

    @Test
    void latinPagesWithoutALabelAreReadByLanguageOrCountryElseAsWindows1252() {
        byte[] czech =
                "Řeka teče městem a každé ráno rybáři „vycházejí“ na břeh.".getBytes(Charset.forName("windows-1250"));
        String expected = "Řeka teče městem a každé ráno rybáři „vycházejí“ na břeh.";
        assertEquals(
                expected, text(page("", czech).clone(), null).isEmpty() ? "" : byHint("<html lang=cs>", "x", czech));
        assertEquals(expected, byHint("<html class=a lang=\"cs-CZ\">", "http://x.org/", czech));
        assertEquals(expected, byHint("<html>", "http://www.priklad.cz/cs/a.html", czech));
        byte[] turkish = "Işık şehrin içinden geçer; ağaç güzel.".getBytes(Charset.forName("windows-1254"));
        assertEquals("Işık şehrin içinden geçer; ağaç güzel.", byHint("<html>", "https://ornek.com.tr:80/x", turkish));
        byte[] english = "It’s “so” – €5… naïve".getBytes(Charset.forName("windows-1252"));
        assertEquals("It’s “so” – €5… naïve", byHint("<html lang=en>", "http://x.co.uk/a.ru", english));
        assertEquals("It’s “so” – €5… naïve", byHint("<html>", "http://x.org?a=b.cz", english));
    }

    private static String byHint(String html, String source, byte[] text) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(html.getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(text);
        return new Page(source, out.toByteArray(), null).document().text();
    }

    @Test
    void afewBrokenBytesMakeNoPageOtherThanUtf8() {
        byte[] text = (RUSSIAN.repeat(3) + "|").getBytes(StandardCharsets.UTF_8);
        text[text.length - 1] = (byte) 0xff;
        assertEquals(RUSSIAN.repeat(3) + "\uFFFD", text(page("", text), null));
    }

    @Test
    void casesOfLabelsAreReadAsBrowsersDo() throws IOException {
        assertTrue(section("html-latin1-label/meta-iso-8859-1.html")
                .startsWith("It’s the miller’s “old wheel” – don’t touch it; it costs €5…"));
        assertTrue(section("html-latin1-label/http-header.warc.gz")
                .startsWith("It’s the miller’s “old wheel” – don’t touch it; it costs €5…"));
        String chinese = section("html-cjk-labels/gb2312-with-gbk.html");
        assertTrue(chinese.startsWith("我们") && chinese.indexOf('\uFFFD') < 0, chinese);
        String japanese = section("html-cjk-labels/shift_jis-with-cp932.html");
        assertTrue(japanese.startsWith("この川") && japanese.indexOf('\uFFFD') < 0, japanese);
    }

    private static String section(String name) throws IOException {
        try (Stream<Page> pages = WebPages.with(Rejects.refuse()).read(ReferenceData.file("cases/" + name));
                Stream<Segment> segments =
                        Segmenter.paper().characters(200, 5000).segments(pages, new SegmentFunnel())) {
            return segments.findFirst().orElseThrow().text();
        }
    }
}
