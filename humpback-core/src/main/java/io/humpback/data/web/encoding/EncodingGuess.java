package io.humpback.data.web.encoding;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.mozilla.universalchardet.UniversalDetector;

/**
 * The encoding of a page that names none: UTF-8 where the bytes are that; for scripts other than Latin what the
 * frequencies of the bytes say; else what the page's language or the country of its host used most (as browsers do:
 * WHATWG, HTML, "encoding sniffing algorithm"), and at last windows-1252.
 */
final class EncodingGuess {

    /** Decoders by language, which is in lower case, and by country (top-level domain), in upper case. */
    private static final Map<String, String> LEGACY = legacy("""
        windows-1250: cs hr hu pl ro sk sl bs CZ HR HU PL RO SK SI BA
        windows-1251: be bg kk ky mk mn ru sah sr tg tt uk BY BG KZ KG MK MN RU SU RS TJ UA
        windows-1253: el GR CY
        windows-1254: az ku tr AZ TR
        windows-1255: he iw yi IL
        windows-1256: ar fa ur AE BH DZ EG IQ IR JO KW LB LY MA OM PK QA SA SY YE
        windows-1257: et lt lv EE LT LV
        windows-1258: vi VN
        x-windows-874: th TH
        GB18030: zh CN SG
        x-MS950-HKSCS: zh-hant zh-tw zh-hk zh-mo TW HK MO
        windows-31j: ja JP
        x-windows-949: ko KR
        """);

    private static final Pattern LANGUAGE =
            Pattern.compile("(?i)<html\\b[^>]{0,500}?\\slang\\s*=\\s*[\"']?([a-z]{2,3}(?:-[a-z]+)?)");
    private static final Pattern COUNTRY = Pattern.compile("(?i)^https?://[^/:?#]*\\.([a-z]{2})(?=[:/?#]|$)");

    /** Share of the bytes above 127 that stand three or more together, above which a page is not in Latin script. */
    private static final double NOT_LATIN = 0.4;

    /** The Arabic letters that make up a third of any text, in windows-1256, and the Latin ones between them. */
    private static final String ARABIC = "\u00e1\u00e3\u00e4\u00e5\u00e6\u00ec\u00ed";

    private static final String BETWEEN_ARABIC =
            "\u00e0\u00e2\u00e7\u00e8\u00e9\u00ea\u00eb\u00ee\u00ef\u00f4\u00f9\u00fb\u00fc";

    /** Share of the characters beyond ASCII that may be broken in UTF-8. */
    private static final double BROKEN = 0.1;

    private EncodingGuess() {}

    private static Map<String, String> legacy(String table) {
        Map<String, String> legacy = new HashMap<>();
        for (String line : table.strip().split("\n")) {
            String[] words = line.split(":? ");
            for (String word : words) {
                legacy.put(word, words[0]);
            }
        }
        return legacy;
    }

    /**
     * {@return the decoder for a page}
     *
     * @param start the first bytes of the page, each as a character
     */
    static String of(byte[] page, String start, String source) {
        if (start.contains("\u001b$B") || start.contains("\u001b$@")) {
            return "x-windows-iso2022jp";
        }
        if (start.contains("\u001b$)C")) {
            return "ISO-2022-KR";
        }
        String utf8 = new String(page, StandardCharsets.UTF_8);
        long broken = utf8.chars().filter(c -> c == '\uFFFD').count();
        long beyondAscii = utf8.chars().filter(c -> c > 127).count();
        if (broken <= BROKEN * beyondAscii) {
            return "UTF-8";
        }
        String hint = hint(start, source);
        String seen = isLatin(page) ? null : byFrequency(page);
        return seen != null ? seen : hint != null ? hint : "windows-1252";
    }

    private static @Nullable String hint(String start, String source) {
        Matcher language = LANGUAGE.matcher(start);
        if (language.find()) {
            String tag = language.group(1).toLowerCase(Locale.ROOT);
            String legacy = LEGACY.getOrDefault(tag, LEGACY.get(tag.replaceFirst("-.*", "")));
            if (legacy != null) {
                return legacy;
            }
        }
        Matcher country = COUNTRY.matcher(source);
        return country.find() ? LEGACY.get(country.group(1).toUpperCase(Locale.ROOT)) : null;
    }

    private static boolean isLatin(byte[] page) {
        int high = 0;
        int together = 0;
        int run = 0;
        for (byte b : page) {
            run = b < 0 ? run + 1 : 0;
            high += b < 0 ? 1 : 0;
            together += run == 3 ? 3 : run > 3 ? 1 : 0;
        }
        return together < NOT_LATIN * high;
    }

    private static @Nullable String byFrequency(byte[] page) {
        int high = 0;
        int arabic = 0;
        int between = 0;
        int macs = 0; // the last letter of the Russian alphabet, where Macintosh has it and where Windows has it
        int windows = 0;
        boolean controls = false;
        for (byte b : page) {
            int c = b & 0xff;
            high += c > 127 ? 1 : 0;
            arabic += ARABIC.indexOf(c) >= 0 ? 1 : 0;
            between += BETWEEN_ARABIC.indexOf(c) >= 0 ? 1 : 0;
            macs += c == 0xdf ? 1 : 0;
            windows += c == 0xff ? 1 : 0;
            controls |= c >= 0x80 && c < 0xa0;
        }
        if (arabic > 0.25 * high && between < 0.05 * high) {
            return "windows-1256"; // which the detector does not know
        }
        UniversalDetector detector = new UniversalDetector();
        detector.handleData(page);
        detector.dataEnd();
        String detected = String.valueOf(detector.getDetectedCharset());
        return switch (detected) {
            case "TIS620" -> "x-windows-874";
            case "MACCYRILLIC" -> macs > windows ? "x-MacUkraine" : "windows-1251";
            case "KOI8-R" -> "KOI8-U"; // the same letters and some more
            case "ISO-8859-7" -> controls ? "windows-1253" : detected;
            default -> Encoding.of(detected);
        };
    }
}
