package io.humpback.data.web.html;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.nodes.Element;
import org.jsoup.nodes.TextNode;
import org.jsoup.select.NodeTraversor;
import org.jspecify.annotations.Nullable;

/**
 * Writes one section as Markdown while a walk opens and closes its elements. White space is held back until text follows
 * it, so that breaks never pile up. Written to be read rather than parsed: characters of the text that mean something in
 * Markdown are not escaped.
 */
public final class Markdown {

    private static final Set<String> CODE = Set.of("code", "kbd", "samp", "tt");
    private static final Set<String> PREFORMATTED = Set.of("pre", "listing", "xmp", "plaintext");
    private static final Pattern LANGUAGE = Pattern.compile(
            "(?:^|\\s)(?:language-|lang-|highlight-source-|brush:\\s*|syntaxhighlighter\\s+(?:nogutter\\s+)?)"
                    + "([A-Za-z0-9+#-]{1,20})(?=\\s|;|$)");
    private static final Pattern EXPONENT = Pattern.compile("[-+−]?[0-9n]{1,4}");

    private enum Gap {
        NONE,
        SPACE,
        LINE,
        PARAGRAPH
    }

    /** An open quote or list item: what stands before its first line and before its other lines. */
    private static final class Frame {
        private final Element owner;
        private final String first;
        private final String rest;
        private boolean begun;

        Frame(Element owner, String first, String rest) {
            this.owner = owner;
            this.first = first;
            this.rest = rest;
        }
    }

    private static final class Numbering {
        private final Element owner;
        private long next;
        private boolean any;

        Numbering(Element owner, long next) {
            this.owner = owner;
            this.next = next;
        }
    }

    private final int limit;
    private final StringBuilder out = new StringBuilder();
    private final Deque<Frame> frames = new ArrayDeque<>();
    private final Deque<Numbering> lists = new ArrayDeque<>();
    private Gap gap = Gap.NONE;
    private int breaks; // since the last text
    private boolean full;

    // emphasis is not nested: the outermost element decides
    private @Nullable Element emphasised;
    private String mark = "";
    private boolean marked;
    private int codeEnd = -1;

    /** Writes nothing more from a length in chars on. */
    public Markdown(int limit) {
        this.limit = limit;
    }

    /** The text written, or null if it reached the limit. */
    @Nullable
    public String finish() {
        endMark();
        return full ? null : out.toString().strip(); // a definition without its term is indented
    }

    /** Running text of a page. */
    public void text(TextNode text) {
        text(RawText.of(text));
    }

    /** Running text: white space is collapsed, invisible and control characters are left out. */
    private void text(String text) {
        for (int i = 0; i < text.length() && !full; i++) {
            char c = text.charAt(i);
            if (isSpace(c)) {
                space();
            } else if (isVisible(c)) {
                write(c);
            }
        }
    }

    /** A formula, on lines of its own if it is displayed. */
    public void formula(Formula formula) {
        want(formula.display() ? Gap.PARAGRAPH : Gap.NONE);
        text(formula.tex());
        want(formula.display() ? Gap.PARAGRAPH : Gap.NONE);
    }

    /** White space, if text follows on the same line. */
    public void space() {
        want(Gap.SPACE);
    }

    /**
     * Begins an element; true if it is written already, with all that is in it. A table for layout, which holds blocks,
     * is read cell by cell.
     */
    public boolean open(Element element, boolean layout) {
        if (full) {
            return true;
        }
        String name = element.normalName();
        if (PREFORMATTED.contains(name) || (CODE.contains(name) && hasLineBreak(element)) || Listing.is(element)) {
            fence(element);
            return true;
        }
        if (CODE.contains(name)) {
            code(inline(element));
            return true;
        }
        switch (name) {
            case MarkdownDocument.LINES -> {
                lines(element.wholeText().lines().toList());
                return true;
            }
            case "br" -> want(++breaks > 1 ? Gap.PARAGRAPH : Gap.LINE);
            case "wbr" -> {}
            case "q" -> text("\"");
            case "sup" -> {
                return superscript(element);
            }
            case "strong", "b" -> emphasise(element, "**");
            case "em", "i", "var", "cite", "dfn" -> emphasise(element, "*");
            case "ul", "ol" -> {
                want(frames.isEmpty() || frames.peek().rest.isBlank() && lists.isEmpty() ? Gap.PARAGRAPH : Gap.LINE);
                lists.push(new Numbering(element, name.equals("ol") ? start(element) : Long.MIN_VALUE));
            }
            case "li" -> item(element);
            case "dl" -> want(Gap.PARAGRAPH);
            case "dt" -> {
                want(Gap.LINE);
                push(new Frame(element, "- ", "  "));
            }
            case "dd" -> {
                want(Gap.LINE);
                push(new Frame(element, "  ", "  "));
            }
            case "blockquote" -> {
                want(Gap.PARAGRAPH);
                push(new Frame(element, "> ", "> "));
            }
            case "td", "th", "tr", "caption", "figcaption", "summary" -> want(Gap.LINE);
            case "table" -> {
                want(Gap.PARAGRAPH);
                return !layout && table(element);
            }
            default -> {
                if (element.isBlock()) {
                    want(Gap.PARAGRAPH);
                }
            }
        }
        return false;
    }

    /** Ends an element whose content was walked. */
    public void close(Element element) {
        if (full) {
            return;
        }
        if (element.equals(emphasised)) {
            endMark();
            emphasised = null;
        }
        if (!frames.isEmpty() && frames.peek().owner.equals(element)) {
            frames.pop();
        }
        if (!lists.isEmpty() && lists.peek().owner.equals(element)) {
            lists.pop();
        }
        switch (element.normalName()) {
            case "q" -> text("\"");
            case "li", "dt", "dd", "td", "th", "tr", "caption", "figcaption", "summary" -> want(Gap.LINE);
            case "ul", "ol" -> want(lists.isEmpty() ? Gap.PARAGRAPH : Gap.LINE);
            default -> {
                if (element.isBlock()) {
                    want(Gap.PARAGRAPH);
                }
            }
        }
    }

    /** {@return the text of an element on one line, without markup} */
    public static String inline(Element element) {
        return inline(RawText.of(element));
    }

    /** {@return a text on one line} */
    public static String inline(String text) {
        Markdown line = new Markdown(Integer.MAX_VALUE);
        line.text(text);
        return line.out.toString();
    }

    private void write(char c) {
        flush();
        if (!full) {
            out.append(c);
        }
    }

    private void want(Gap wanted) {
        boolean atItem = !frames.isEmpty() && !frames.peek().begun; // an item begins on the line of its mark
        if (wanted.compareTo(gap) > 0 && !(atItem && wanted != Gap.LINE)) {
            gap = wanted;
        }
    }

    /** Writes the white space held back, and the marks that text now follows. */
    private void flush() {
        if (out.length() >= limit) {
            full = true;
        }
        if (full) {
            return;
        }
        boolean opening = !frames.isEmpty() && !frames.peek().begun;
        if (out.isEmpty() || opening || gap.compareTo(Gap.LINE) >= 0) {
            endMark();
            if (!out.isEmpty()) {
                if (gap == Gap.PARAGRAPH) {
                    out.append('\n').append(prefix(false).stripTrailing());
                }
                out.append('\n');
            }
            out.append(prefix(true));
        } else if (gap == Gap.SPACE) {
            out.append(' ');
        }
        gap = Gap.NONE;
        breaks = 0;
        if (emphasised != null && !marked) {
            out.append(mark);
            marked = true;
        }
    }

    /** What stands before a line: of each open frame the first line's text once, then the text of the others. */
    private String prefix(boolean begin) {
        StringBuilder prefix = new StringBuilder();
        for (Iterator<Frame> outermost = frames.descendingIterator(); outermost.hasNext(); ) {
            Frame frame = outermost.next();
            if (frame.begun) {
                prefix.append(frame.rest);
            } else if (begin) {
                prefix.append(frame.first);
                frame.begun = true;
            } else {
                break;
            }
        }
        return prefix.toString();
    }

    private void push(Frame frame) {
        frames.push(frame);
    }

    private void item(Element element) {
        Numbering list = lists.peek();
        if (list == null || list.any) {
            gap = gap == Gap.NONE || out.isEmpty() ? gap : Gap.LINE; // items stand close whatever they hold
        }
        want(Gap.LINE);
        String first = "- ";
        if (list != null) {
            list.any = true;
            if (list.next != Long.MIN_VALUE) {
                first = list.next++ + ". ";
            }
        }
        push(new Frame(element, first, " ".repeat(first.length())));
    }

    private static long start(Element list) {
        String start = list.attr("start");
        return start.matches("[0-9]{1,6}") ? Long.parseLong(start) : 1;
    }

    private void emphasise(Element element, String with) {
        if (emphasised == null) {
            emphasised = element;
            mark = with;
            marked = false;
        }
    }

    private void endMark() {
        if (marked) {
            out.append(mark);
            marked = false;
        }
    }

    private void code(String code) {
        if (code.isEmpty()) {
            return;
        }
        flush();
        if (full) {
            return;
        }
        if (code.indexOf('`') >= 0) {
            out.append("`` ").append(code).append(" ``");
        } else if (codeEnd == out.length()) { // two pieces side by side are one
            out.insert(out.length() - 1, code);
            codeEnd = out.length();
        } else {
            out.append('`').append(code).append('`');
            codeEnd = out.length();
        }
    }

    private static boolean hasLineBreak(Element code) {
        boolean[] found = {false};
        NodeTraversor.traverse((node, depth) -> found[0] |= node.nameIs("br"), code);
        return found[0];
    }

    /** A power keeps its sign, a footnote is left out, the ending of an ordinal is text. */
    private boolean superscript(Element element) {
        String text = inline(element);
        boolean note = element.hasClass("reference")
                || element.hasClass("footnote")
                || element.childrenSize() > 0
                        && element.select("a[href]")
                                .text()
                                .strip()
                                .equals(element.text().strip());
        if (!note && EXPONENT.matcher(text).matches() && gap == Gap.NONE && !out.isEmpty()) {
            text("^" + text);
            return true;
        }
        return note;
    }

    private void fence(Element element) {
        String raw = RawText.of(element);
        List<String> lines = new ArrayList<>();
        raw.lines().map(Markdown::codeLine).forEach(lines::add);
        while (!lines.isEmpty() && lines.get(0).isEmpty()) {
            lines.remove(0);
        }
        while (!lines.isEmpty() && lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
        if (lines.isEmpty()) {
            return;
        }
        String ticks = "```";
        while (raw.contains(ticks) && ticks.length() < 100) {
            ticks += "`";
        }
        want(Gap.PARAGRAPH);
        Element outer = emphasised;
        emphasised = null; // a fence stands outside of emphasis
        flush();
        String prefix = prefix(false);
        out.append(ticks).append(language(element));
        for (String line : lines) {
            if (out.length() >= limit) {
                full = true;
                return;
            }
            out.append('\n').append((prefix + line).stripTrailing());
        }
        out.append('\n').append(prefix).append(ticks);
        gap = Gap.PARAGRAPH;
        emphasised = outer;
    }

    /** Lines of a text that is in Markdown already. */
    private void lines(List<String> lines) {
        want(Gap.PARAGRAPH);
        flush();
        String between = "";
        for (String line : lines) {
            if (out.length() >= limit) {
                full = true;
                return;
            }
            out.append(between).append(codeLine(line));
            between = "\n";
        }
        gap = Gap.PARAGRAPH;
    }

    private static String codeLine(String line) {
        StringBuilder kept = new StringBuilder(line.length());
        for (int i = 0; i < line.length(); i++) {
            char c = line.charAt(i);
            if (c == '\t' || isSpace(c) || isVisible(c)) {
                kept.append(c != '\t' && isSpace(c) ? ' ' : c);
            }
        }
        return kept.toString().stripTrailing();
    }

    private static String language(Element element) {
        Element inner = element.childrenSize() == 1 ? element.child(0) : element;
        for (String classes : new String[] {element.className(), inner.className()}) {
            Matcher matcher = LANGUAGE.matcher(classes);
            if (matcher.find()) {
                return matcher.group(1);
            }
        }
        return "";
    }

    /** Writes a table of at least two rows and columns; one of another shape is left to be walked. */
    private boolean table(Element table) {
        List<List<String>> rows = Table.rows(table);
        if (rows.isEmpty()) {
            return false;
        }
        for (Element caption : table.children()) {
            if (caption.nameIs("caption")) {
                text(inline(caption));
                want(Gap.PARAGRAPH);
            }
        }
        Element outer = emphasised;
        emphasised = null;
        for (int r = 0; r < rows.size(); r++) {
            row(rows.get(r));
            if (r == 0) {
                row(Collections.nCopies(rows.get(0).size(), "---"));
            }
        }
        gap = Gap.PARAGRAPH;
        emphasised = outer;
        return true;
    }

    private void row(List<String> cells) {
        text("| " + String.join(" | ", cells) + " |");
        want(Gap.LINE);
    }

    private static boolean isSpace(char c) {
        return Character.isWhitespace(c) || Character.isSpaceChar(c);
    }

    /** Not a control character, a zero-width space, a soft hyphen or a byte order mark. */
    private static boolean isVisible(char c) {
        return !Character.isISOControl(c) && c != '\u200B' && c != '\u00AD' && c != '\uFEFF' && c != '\u2060';
    }
}
