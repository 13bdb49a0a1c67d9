package io.humpback.data.web.html;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * Mathematics as TeX, whichever way a page shows it: the author's TeX, which MathML, KaTeX, MathJax and pictures carry
 * with them, else TeX made from the MathML. What is shown twice, once for readers and once for their machines, is
 * written once.
 *
 * @param tex the formula, without delimiters
 * @param display whether it stands on lines of its own
 */
public record Formula(String tex, boolean display) {

    /** Classes of elements that hold one formula, in several forms. */
    private static final Set<String> CONTAINERS = Set.of(
            "katex",
            "katex-display",
            "mwe-math-element",
            "MathJax",
            "MathJax_Display",
            "MathJax_SVG",
            "MathJax_SVG_Display",
            "MathJax_CHTML",
            "MathJax_MathML",
            "MathJax_Preview",
            "MJXc-display",
            "mjx-chtml");

    private static final Set<String> PICTURES = Set.of(
            "tex",
            "latex",
            "math",
            "mwe-math-fallback-image-inline",
            "mwe-math-fallback-image-display",
            "ee_img",
            "latexit");

    private static final Pattern DELIMITED =
            Pattern.compile("(?s)(?:\\$\\$(.+)\\$\\$|\\$([^$]+)\\$|\\\\\\((.+)\\\\\\)|\\\\\\[(.+)\\\\\\])");
    private static final Pattern STYLED = Pattern.compile("(?s)\\{\\\\(?:display|text)style\\s*(.*)\\}");

    /** {@return the formula that an element is, with all that is in it; null if it is none} An empty one is left out. */
    public static @Nullable Formula of(Element element) {
        return switch (element.normalName()) {
            case "math" -> new Formula(ofMath(element), element.attr("display").equals("block"));
            case "script" -> ofScript(element);
            case "img" -> ofPicture(element);
            case "mjx-container" ->
                new Formula(ofContainer(element), element.attr("display").equals("true"));
            default ->
                element.attributesSize() == 0 ? null : isContainer(element) ? ofClass(element) : ofHidden(element);
        };
    }

    private static boolean isContainer(Element element) {
        return element.classNames().stream().anyMatch(CONTAINERS::contains)
                && element.selectFirst("p, ul, ol, h1, h2, h3, h4, h5, h6")
                        == null; // a page may be styled so as a whole
    }

    private static Formula ofClass(Element element) {
        String classes = element.className().toLowerCase(Locale.ROOT);
        boolean display = classes.contains("display")
                || element.selectFirst(".mwe-math-fallback-image-display, math[display=block]") != null;
        return isBeforeItsScript(element) ? new Formula("", display) : new Formula(ofContainer(element), display);
    }

    /** MathML for machines alone, beside something for readers that has no text. */
    private static @Nullable Formula ofHidden(Element element) {
        Element math = element.nameIs("span") && element.childrenSize() == 1 ? element.child(0) : null;
        return math != null && math.nameIs("math") && element.ownText().isEmpty() ? of(math) : null;
    }

    /** MathJax 2 puts what it shows before the script that holds the TeX. */
    private static boolean isBeforeItsScript(Element element) {
        Element next = element;
        for (int i = 0; i < 3 && next != null; i++) {
            next = next.nextElementSibling();
            if (next != null && next.nameIs("script") && next.attr("type").startsWith("math/")) {
                return true;
            }
            if (next != null && !isContainer(next)) {
                return false;
            }
        }
        return false;
    }

    private static String ofContainer(Element element) {
        Element tex =
                element.selectFirst("script[type^=math/], annotation, math, [data-latex], [data-mathml], img[alt]");
        if (tex == null) {
            return MathText.of(element);
        }
        if (tex.hasAttr("data-latex")) {
            return plain(tex.attr("data-latex"));
        }
        if (tex.hasAttr("data-mathml")) {
            Element math = Jsoup.parse(tex.attr("data-mathml")).selectFirst("math");
            return math == null ? "" : ofMath(math);
        }
        Element math = element.selectFirst("math");
        Formula script = ofScript(tex);
        return script != null ? script.tex : math != null ? ofMath(math) : plain(tex.attr("alt"));
    }

    private static String ofMath(Element math) {
        for (Element annotation : math.select("annotation")) {
            if (annotation.attr("encoding").toLowerCase(Locale.ROOT).contains("tex")) {
                return plain(annotation.wholeText());
            }
        }
        String alternative = plain(math.attr("alttext"));
        return alternative.isEmpty() ? MathText.of(math) : alternative;
    }

    private static @Nullable Formula ofScript(Element script) {
        String type = script.attr("type").toLowerCase(Locale.ROOT).replace(" ", "");
        if (!script.nameIs("script") || !type.startsWith("math/")) {
            return null;
        }
        if (type.startsWith("math/mml")) {
            Element math = Jsoup.parse(script.data()).selectFirst("math");
            return math == null ? null : of(math);
        }
        return new Formula(plain(script.data()), type.contains("mode=display"));
    }

    /** A picture of a formula has its TeX as the text that stands for it; beside MathML it is not read. */
    private static @Nullable Formula ofPicture(Element picture) {
        String alternative = picture.attr("alt").strip();
        String source = picture.attr("src");
        boolean known = picture.classNames().stream().anyMatch(PICTURES::contains)
                || source.contains("latex.codecogs.com")
                || source.contains("/media/math/render/")
                || source.contains("latex.php");
        if (alternative.isEmpty()
                || !known
                        && !DELIMITED.matcher(alternative).matches()
                        && !STYLED.matcher(alternative).matches()) {
            return null;
        }
        Element parent = picture.parent();
        boolean beside = parent != null && parent.selectFirst("math") != null;
        return new Formula(beside ? "" : plain(alternative), picture.hasClass("mwe-math-fallback-image-display"));
    }

    /** TeX without delimiters and without the style that a converter put around it. */
    private static String plain(String tex) {
        String bare = tex.strip()
                .replaceFirst("^%\\s*<!\\[CDATA\\[", "")
                .replaceFirst("%?\\s*\\]\\]>$", "")
                .strip();
        Matcher delimited = DELIMITED.matcher(bare);
        if (delimited.matches()) {
            for (int i = 1; i <= delimited.groupCount(); i++) {
                bare = delimited.group(i) == null ? bare : delimited.group(i).strip();
            }
        }
        Matcher styled = STYLED.matcher(bare);
        return styled.matches() ? styled.group(1).strip() : bare.replaceFirst("^\\\\displaystyle\\b\\s*", "");
    }
}
