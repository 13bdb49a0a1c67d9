package io.humpback.data.web.html;

import java.text.Normalizer;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.Elements;

/** MathML, or what MathJax makes of it, as TeX that reads well. An element that is not known is its content. */
final class MathText {

    /** Formulas nested deeper than this are their text. */
    private static final int MAX_DEPTH = 60;

    private static final Set<String> SKIPPED = Set.of(
            "annotation",
            "annotation-xml",
            "mphantom",
            "none",
            "mprescripts",
            "maligngroup",
            "malignmark",
            "title",
            "style");

    /** Elements that are built of a number of parts. */
    private static final Map<String, Integer> PARTS = Map.of(
            "mfrac", 2, "mroot", 2, "msup", 2, "msub", 2, "munder", 2, "mover", 2, "msubsup", 3, "munderover", 3);

    private static final Set<String> FUNCTIONS = Set.of(
            "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh", "log", "ln",
            "exp", "lim", "max", "min", "sup", "inf", "det", "dim", "gcd", "ker", "arg", "deg", "mod");

    private static final Map<String, String> ACCENTS = Map.of(
            "^", "\\hat",
            "\u02c6", "\\hat",
            "\u00af", "\\overline",
            "\u203e", "\\overline",
            "_", "\\overline",
            "\u2192", "\\vec",
            "~", "\\tilde",
            "\u02dc", "\\tilde",
            "\u02d9", "\\dot",
            "\u00a8", "\\ddot");

    /** Function application, invisible times, separator and plus. */
    private static final Pattern INVISIBLE = Pattern.compile("[\u2061-\u2064]");

    /** Letters of an alphabet of their own for mathematics, such as an italic x. */
    private static final Pattern STYLED = Pattern.compile("[\\x{1D400}-\\x{1D7FF}]");

    /** A glyph of MathJax, whose class has the number of its character. */
    private static final Pattern GLYPH = Pattern.compile("mjx-c([0-9A-F]{2,6})");

    private MathText() {}

    /** {@return an element as TeX on one line} */
    static String of(Element math) {
        return content(math, 0).replaceAll("\\s+", " ").strip();
    }

    private static String content(Element parent, int depth) {
        StringBuilder out = new StringBuilder();
        for (Node node : parent.childNodes()) {
            if (node instanceof TextNode text) {
                out.append(characters(text.getWholeText()));
            } else if (node instanceof Element element) {
                out.append(write(element, depth + 1));
            }
        }
        return out.toString();
    }

    private static String characters(String text) {
        String visible = INVISIBLE.matcher(text.isBlank() ? "" : text).replaceAll("");
        return STYLED.matcher(visible).replaceAll(letter -> Normalizer.normalize(letter.group(), Normalizer.Form.NFKC));
    }

    private static String write(Element element, int depth) {
        String name = element.hasAttr("data-mml-node")
                ? element.attr("data-mml-node")
                : element.normalName().replaceFirst("^mjx-", "");
        if (SKIPPED.contains(name)) {
            return "";
        }
        if (depth > MAX_DEPTH) {
            return characters(element.text());
        }
        Elements parts = element.children();
        if (PARTS.getOrDefault(name, -1) == parts.size()) {
            return structure(
                    name,
                    parts.stream().map(part -> write(part, depth + 1).strip()).toList());
        }
        return switch (name) {
            case "c", "use", "path" -> glyph(element) + content(element, depth);
            case "semantics" -> parts.isEmpty() ? "" : write(parts.get(0), depth + 1);
            case "mi", "mo", "mn" -> {
                String token = content(element, depth).strip();
                yield FUNCTIONS.contains(token) ? "\\" + token + " " : token;
            }
            case "mspace" -> " ";
            case "mtext", "ms" -> " " + content(element, depth) + " ";
            case "msqrt" -> "\\sqrt{" + content(element, depth).strip() + "}";
            case "mfenced" -> fenced(element, depth);
            case "mtable" -> "\\begin{matrix}" + rows(element, depth) + "\\end{matrix}";
            case "mmultiscripts" -> parts.isEmpty() ? "" : multiscripts(parts, depth);
            default -> content(element, depth);
        };
    }

    private static String structure(String name, List<String> part) {
        return switch (name) {
            case "mfrac" -> "\\frac{" + part.get(0) + "}{" + part.get(1) + "}";
            case "mroot" -> "\\sqrt[" + part.get(1) + "]{" + part.get(0) + "}";
            case "msup" -> base(part.get(0)) + raised(part.get(1));
            case "msub" -> base(part.get(0)) + "_" + argument(part.get(1));
            case "msubsup" -> base(part.get(0)) + "_" + argument(part.get(1)) + raised(part.get(2));
            case "munder" -> part.get(0) + "_" + argument(part.get(1));
            case "munderover" -> part.get(0) + "_" + argument(part.get(1)) + "^" + argument(part.get(2));
            default -> { // mover
                String accent = ACCENTS.get(part.get(1));
                yield accent == null ? part.get(0) + "^" + argument(part.get(1)) : accent + "{" + part.get(0) + "}";
            }
        };
    }

    private static String raised(String exponent) {
        return exponent.matches("['\u2032\u2033]+") ? exponent.replace('\u2032', '\'') : "^" + argument(exponent);
    }

    private static String base(String base) {
        return base.matches("[^\\s\\\\^_]*|\\\\[a-z]+") ? base : "{" + base + "}";
    }

    private static String argument(String text) {
        return text.codePointCount(0, text.length()) == 1 ? text : "{" + text + "}";
    }

    private static String multiscripts(Elements parts, int depth) {
        StringBuilder out = new StringBuilder(write(parts.get(0), depth + 1));
        for (int i = 1; i < parts.size(); i++) {
            String script = write(parts.get(i), depth + 1).strip();
            out.append(script.isEmpty() ? "" : (i % 2 == 1 ? "_" : "^") + argument(script));
        }
        return out.toString();
    }

    private static String fenced(Element element, int depth) {
        String open = element.hasAttr("open") ? element.attr("open") : "(";
        String close = element.hasAttr("close") ? element.attr("close") : ")";
        String separator = element.hasAttr("separators") ? element.attr("separators") : ",";
        return element.children().stream()
                .map(part -> write(part, depth + 1).strip())
                .collect(Collectors.joining(separator.strip(), open, close));
    }

    private static String rows(Element table, int depth) {
        return table.children().stream()
                .map(row -> row.children().stream()
                        .map(cell -> write(cell, depth + 1).strip())
                        .collect(Collectors.joining(" & ")))
                .collect(Collectors.joining(" \\\\ "));
    }

    private static String glyph(Element element) {
        Matcher number = GLYPH.matcher(element.className());
        String hex = element.hasAttr("data-c") ? element.attr("data-c") : number.find() ? number.group(1) : "";
        if (!hex.matches("[0-9A-Fa-f]{2,6}")) {
            return "";
        }
        int c = Integer.parseInt(hex, 16);
        return Character.isValidCodePoint(c) ? characters(Character.toString(c)) : "";
    }
}
