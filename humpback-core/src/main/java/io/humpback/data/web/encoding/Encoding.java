package io.humpback.data.web.encoding;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * How the bytes of a page become text: by what a label means to browsers, which is not always what it says (WHATWG,
 * Encoding Standard: "latin1" is windows-1252, "gb2312" is GB18030). What browsers refuse to read for their users'
 * safety (ISO-2022-KR, ISO-2022-CN, HZ) is read here.
 */
public final class Encoding {

    /**
     * Decoders by Java's names, where Java has them, each with the labels that mean it: those of the standard, and names
     * from programs that pages have and that Java would take for something else.
     */
    private static final Map<String, String> LABELS = labels("""
        UTF-8: unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 utf_8 utf8mb4
        IBM866: 866 cp866 csibm866 dos-866 ibm866
        ISO-8859-2: csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2
        ISO-8859-3: csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3
        ISO-8859-4: csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 latin4
        ISO-8859-5: csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5
          iso_8859-5:1988
        ISO-8859-6: arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e
          iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987
        ISO-8859-7: csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597
          iso_8859-7 iso_8859-7:1987 sun_eu_greek
        ISO-8859-8: csiso88598e csiso88598i csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-8859-8-i iso-
          ir-138 iso8859-8 iso88598 iso_8859-8 iso_8859-8:1988 logical visual
        ISO-8859-10: csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6
        ISO-8859-13: iso-8859-13 iso8859-13 iso885913
        ISO-8859-14: iso-8859-14 iso8859-14 iso885914
        ISO-8859-15: csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9
        ISO-8859-16: iso-8859-16
        KOI8-R: cskoi8r koi koi8 koi8-r koi8_r
        KOI8-U: koi8-ru koi8-u
        x-MacRoman: csmacintosh mac macintosh x-mac-roman
        x-windows-874: dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874
        windows-1250: cp1250 windows-1250 x-cp1250
        windows-1251: cp1251 windows-1251 x-cp1251
        windows-1252: ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1
          iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252
          x-user-defined
        windows-1253: cp1253 windows-1253 x-cp1253
        windows-1254: cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5
          latin5 windows-1254 x-cp1254
        windows-1255: cp1255 windows-1255 x-cp1255
        windows-1256: cp1256 windows-1256 x-cp1256
        windows-1257: cp1257 windows-1257 x-cp1257
        windows-1258: cp1258 windows-1258 x-cp1258
        x-MacUkraine: x-mac-cyrillic x-mac-ukrainian
        GB18030: chinese csgb2312 csiso58gb231280 gb18030 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk cp936 ms936
          windows-936 gb_18030 euc-cn
        x-MS950-HKSCS: big5 big5-hkscs cn-big5 cp950 csbig5 ms950 x-x-big5
        x-eucJP-Open: cseucpkdfmtjapanese euc-jp x-euc-jp euc_jp eucjp eucjp-win
        x-windows-iso2022jp: csiso2022jp iso-2022-jp
        windows-31j: csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cp932
          cp943c sjis-win x-ms-cp932
        x-windows-949: cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601
          ksc_5601 windows-949 cp949 euc_kr euckr ms949 uhc x-windows-949
        ISO-2022-KR: csiso2022kr iso-2022-kr
        ISO-2022-CN: iso-2022-cn iso-2022-cn-ext
        HZ: hz-gb-2312
        UTF-16BE: unicodefffe utf-16be
        UTF-16LE: csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le
        """);

    /** Decoders that Java lacks: the characters of bytes 0xA0 to 0xFF. */
    private static final Map<String, String> UPPER = Map.of(
            "ISO-8859-10",
            "\u00a0ĄĒĢĪĨĶ§ĻĐŠŦŽ\u00adŪŊ°ąēģīĩķ·ļđšŧž―ūŋĀÁÂÃÄÅÆĮČÉĘËĖÍÎÏÐŅŌÓÔÕÖŨØŲÚÛÜÝÞßāáâãäåæįčéęëėíîïðņōóôõöũøųúûüýþĸ",
            "ISO-8859-14",
            "\u00a0Ḃḃ£ĊċḊ§Ẁ©ẂḋỲ\u00ad®ŸḞḟĠġṀṁ¶ṖẁṗẃṠỳẄẅṡÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏŴÑÒÓÔÕÖṪØÙÚÛÜÝŶßàáâãäåæçèéêëìíîïŵñòóôõöṫøùúûüýŷÿ");

    /** Characters for which browsers differ from Java, by decoder: Java's, then the browsers'. */
    private static final Map<String, String[]> DIFFERENCES = Map.of(
            "KOI8-U", new String[] {"\u255d\u256c", "\u045e\u040e"},
            "x-MacUkraine", new String[] {"\u00a4", "\u20ac"},
            "x-eucJP-Open",
                    new String[] {
                        "\u2014\u301c\u2016\u2212\u00a2\u00a3\u00ac", "\u2015\uff5e\u2225\uff0d\uffe0\uffe1\uffe2"
                    });

    private static final Pattern LABEL = Pattern.compile("[a-z0-9][a-z0-9_.:+-]*");
    private static final Pattern CHARSET = Pattern.compile("(?i)charset\\s*=\\s*[\"']?\\s*([^\\s\"',;/>]+)");
    private static final Pattern XML_ENCODING =
            Pattern.compile("^<\\?xml\\s[^>]{0,200}?encoding\\s*=\\s*[\"']([^\"']{1,40})[\"']");

    /** How far into a page its declaration is looked for, in bytes. */
    private static final int DECLARED_WITHIN = 1 << 16;

    private Encoding() {}

    private static Map<String, String> labels(String table) {
        Map<String, String> labels = new HashMap<>();
        String decoder = "";
        for (String word : table.strip().split("\\s+")) {
            if (word.endsWith(":")) {
                decoder = word.substring(0, word.length() - 1);
            } else {
                labels.put(word, decoder);
            }
        }
        return labels;
    }

    /** {@return the decoder that a label names to browsers, else to Java, or null if neither knows it} */
    public static @Nullable String of(@Nullable String label) {
        String name = label == null ? "" : label.strip().toLowerCase(Locale.ROOT);
        String decoder = LABELS.get(name);
        return decoder != null || !LABEL.matcher(name).matches() || !Charset.isSupported(name)
                ? decoder
                : Charset.forName(name).name();
    }

    /** {@return the label in a media type such as {@code text/html; charset=latin1}, or null} */
    public static @Nullable String labelIn(String mediaType) {
        Matcher charset = CHARSET.matcher(mediaType);
        return charset.find() ? charset.group(1) : null;
    }

    /**
     * {@return the text of a page} A byte order mark decides; then the server's label, the page's own declaration, and
     * at last the bytes themselves.
     *
     * @param label the server's, or null
     * @param source where the page is from, a hint to its language
     */
    public static String decode(byte[] page, @Nullable String label, String source) {
        String marked = marked(page);
        if (marked != null) {
            return marked;
        }
        if (startsWith(page, 0, '<') || startsWith(page, '<', 0)) { // whatever is said of it
            return decode(page, 0, page[0] == 0 ? "UTF-16BE" : "UTF-16LE");
        }
        String start = new String(page, 0, Math.min(page.length, DECLARED_WITHIN), StandardCharsets.ISO_8859_1);
        String named = usable(of(label), page);
        if (named == null || (named.startsWith("UTF-16") && start.indexOf('\0') < 0)) {
            named = usable(declared(start), page);
        }
        return decode(page, 0, named != null ? named : EncodingGuess.of(page, start, source));
    }

    /** {@return the text of a file that cannot name its encoding: by its byte order mark or its bytes} */
    public static String decodePlain(byte[] text, String source) {
        String marked = marked(text);
        String start = new String(text, 0, Math.min(text.length, DECLARED_WITHIN), StandardCharsets.ISO_8859_1);
        return marked != null ? marked : decode(text, 0, EncodingGuess.of(text, start, source));
    }

    private static @Nullable String marked(byte[] page) {
        if (startsWith(page, 0xef, 0xbb, 0xbf)) {
            return decode(page, 3, "UTF-8");
        }
        boolean bigEndian = startsWith(page, 0xfe, 0xff);
        return bigEndian || startsWith(page, 0xff, 0xfe) ? decode(page, 2, bigEndian ? "UTF-16BE" : "UTF-16LE") : null;
    }

    private static boolean startsWith(byte[] page, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            if (page.length <= i || (page[i] & 0xff) != bytes[i]) {
                return false;
            }
        }
        return true;
    }

    /** A decoder, unless the page has bytes above 127 and its encoding has none. */
    private static @Nullable String usable(@Nullable String decoder, byte[] page) {
        if (decoder != null && (decoder.equals("HZ") || decoder.startsWith("ISO-2022"))) {
            for (byte b : page) {
                if (b < 0) {
                    return null;
                }
            }
        }
        return decoder;
    }

    /** The decoder that the first known label in a page names: an ASCII-readable page is not in UTF-16. */
    private static @Nullable String declared(String start) {
        int at = 0;
        String found = null;
        while (found == null && (at = start.indexOf('<', at)) >= 0) {
            boolean comment = start.startsWith("<!--", at);
            if (comment || start.regionMatches(true, at + 1, "meta", 0, 4)) {
                int end = comment ? start.indexOf("-->", at + 2) : start.indexOf('>', at);
                if (end < 0) {
                    break;
                }
                found = comment ? null : of(inMeta(start.substring(at, end + 1)));
                at = end;
            } else {
                at++;
            }
        }
        if (found == null) {
            Matcher xml = XML_ENCODING.matcher(start);
            found = xml.find() ? of(xml.group(1)) : null;
        }
        return found != null && found.startsWith("UTF-16") ? "UTF-8" : found;
    }

    private static @Nullable String inMeta(String tag) {
        Element meta = Jsoup.parse(tag).selectFirst("meta");
        if (meta == null) {
            return null;
        }
        boolean ofType = meta.attr("http-equiv").strip().equalsIgnoreCase("content-type");
        return meta.hasAttr("charset") ? meta.attr("charset") : ofType ? labelIn(meta.attr("content")) : null;
    }

    private static String decode(byte[] page, int from, String decoder) {
        byte[] bytes = decoder.equals("HZ") ? hz(page) : page;
        String upper = UPPER.get(decoder);
        Charset charset = upper != null
                ? StandardCharsets.ISO_8859_1
                : Charset.forName(decoder.equals("HZ") ? "GB18030" : decoder);
        String text = new String(bytes, from, bytes.length - from, charset);
        String[] difference = DIFFERENCES.get(decoder);
        for (int i = 0; difference != null && i < difference[0].length(); i++) {
            text = text.replace(difference[0].charAt(i), difference[1].charAt(i));
        }
        if (upper == null && !decoder.matches("windows-125\\d|x-windows-874")) {
            return text;
        }
        StringBuilder mended = new StringBuilder(text); // of one byte a character
        for (int i = 0; i < mended.length(); i++) {
            int b = bytes[from + i] & 0xff;
            if (upper != null && b >= 0xa0) {
                mended.setCharAt(i, upper.charAt(b - 0xa0));
            } else if (b >= 0x80 && b < 0xa0 && mended.charAt(i) == '\uFFFD') {
                mended.setCharAt(i, (char) b); // not assigned: a control character
            }
        }
        return mended.toString();
    }

    /** Chinese in seven bits, between "~{" and "~}", as GB 2312 (RFC 1843). */
    private static byte[] hz(byte[] page) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(page.length);
        boolean chinese = false;
        for (int i = 0; i < page.length; i++) {
            int next = page[i] == '~' && i + 1 < page.length ? page[i + 1] : 0;
            if (next == '{' || next == '}') {
                chinese = next == '{';
                i++;
            } else if (next == '~' || next == '\n') {
                out.write(next == '~' ? '~' : ' ');
                i++;
            } else {
                chinese &= page[i] != '\n';
                out.write(chinese ? page[i] | 0x80 : page[i]);
            }
        }
        return out.toByteArray();
    }
}
