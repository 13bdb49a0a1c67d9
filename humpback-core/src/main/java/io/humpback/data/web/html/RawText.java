package io.humpback.data.web.html;

import java.util.Set;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.Node;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeFilter;
import org.jsoup.select.NodeTraversor;

/** The text of elements with its white space, for code, and for lines that are made of it. */
final class RawText {

    private static final Set<String> NO_SPACE_IN = Set.of("ruby", "rb", "table", "thead", "tbody", "tfoot", "tr");

    private RawText() {}

    /** The text of a node; white space of the source between the cells of a table or within a ruby is none. */
    static String of(TextNode text) {
        String raw = text.getWholeText();
        Node parent = text.parent();
        if (parent == null || !NO_SPACE_IN.contains(parent.normalName())) {
            return raw;
        }
        return raw.chars().noneMatch(RawText::isLatin) ? raw.strip() : raw;
    }

    private static boolean isLatin(int c) {
        return Character.UnicodeScript.of(c) == Character.UnicodeScript.LATIN;
    }

    /** {@return the text within an element as it stands} Blocks are lines; formulas are TeX, boilerplate is left out. */
    static String of(Element root) {
        StringBuilder raw = new StringBuilder();
        NodeTraversor.filter(
                new NodeFilter() {
                    @Override
                    public FilterResult head(Node node, int depth) {
                        if (node instanceof TextNode text) {
                            raw.append(of(text));
                        } else if (node instanceof Element element && !element.equals(root)) {
                            Formula formula = Formula.of(element);
                            if (formula != null) {
                                raw.append(formula.tex());
                                return FilterResult.SKIP_ENTIRELY;
                            }
                            if (Boilerplate.is(element, false)) {
                                return FilterResult.SKIP_ENTIRELY;
                            }
                            newLine(element);
                        }
                        return FilterResult.CONTINUE;
                    }

                    @Override
                    public FilterResult tail(Node node, int depth) {
                        if (node instanceof Element element && !element.equals(root) && !element.nameIs("br")) {
                            newLine(element);
                            if (Listing.endsLine(element)) {
                                raw.append('\n');
                            }
                        }
                        return FilterResult.CONTINUE;
                    }

                    private void newLine(Element element) {
                        boolean begun = raw.isEmpty() || raw.charAt(raw.length() - 1) == '\n';
                        if (element.nameIs("br") || (element.isBlock() && !begun)) {
                            raw.append('\n');
                        }
                    }
                },
                root);
        return raw.toString();
    }
}
