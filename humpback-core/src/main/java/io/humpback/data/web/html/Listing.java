package io.humpback.data.web.html;

import java.util.Set;
import java.util.regex.Pattern;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;

/** Code that a page shows without {@code pre}, as highlighters and editors write it: one element a line. */
final class Listing {

    /** Classes of blocks that are code, line by line. */
    private static final Set<String> BLOCKS = Set.of(
            "syntaxhighlighter",
            "crayon-pre",
            "ltx_lstlisting",
            "ltx_listing",
            "enlighter",
            "CodeMirror-code",
            "cm-content",
            "ace_text-layer",
            "view-lines");

    /** Classes of the lines themselves. */
    private static final Set<String> LINES = Set.of(
            "line", "code-line", "token-line", "crayon-line", "view-line", "cm-line", "ace_line", "ltx_listingline");

    private static final Pattern OF_ITS_OWN_LINE = Pattern.compile("(?i)display\\s*:\\s*(?:block|flex|grid|table-row)");

    private Listing() {}

    /** Whether an element is a block of code. */
    static boolean is(Element element) {
        return element.nameIs("table")
                ? isNumbered(element)
                : element.attributesSize() > 0 && element.classNames().stream().anyMatch(BLOCKS::contains);
    }

    /** A table of code beside the numbers of its lines, or of a row for each line. */
    private static boolean isNumbered(Element table) {
        if (table.selectFirst("pre") != null) { // which is written as code by itself
            return false;
        }
        int rows = 0;
        for (Element row : table.select("tr")) {
            Element first = row.firstElementChild();
            if (row.childrenSize() < 2 || first == null || !Boilerplate.isLineNumbers(first)) {
                return false;
            }
            rows++;
        }
        return rows > 0;
    }

    /** Whether a line of code ends with an element and nothing but the element says so. */
    static boolean endsLine(Element element) {
        if (element.isBlock()) { // an empty line begins where it ends
            Element code = element.nameIs("tr") ? element.lastElementChild() : isLine(element) ? element : null;
            return code != null
                    && (code.wholeText().isEmpty() || code.childNodes().stream().allMatch(Listing::isLineNumber));
        }
        Node next = element.nextSibling();
        return next instanceof Element following
                && isLine(element)
                && isLine(following)
                && !element.wholeText().endsWith("\n");
    }

    private static boolean isLineNumber(Node node) {
        return node instanceof Element element && Boilerplate.isLineNumbers(element);
    }

    private static boolean isLine(Element element) {
        return element.attributesSize() > 0
                && (element.classNames().stream().anyMatch(LINES::contains)
                        || OF_ITS_OWN_LINE.matcher(element.attr("style")).find());
    }
}
