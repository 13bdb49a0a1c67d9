package io.humpback.data.web.html;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.Nullable;

/**
 * A text in Markdown, of which the headings begin sections: {@code ## Like this}, and a line underlined with "=" or "-".
 * What stands in fenced or indented code is no heading. All other lines stay as they are: all text is text, whatever it
 * looks like. Lines between two of three hyphens at the beginning are about the text and no part of it.
 */
public final class MarkdownDocument {

    /** An element whose lines are written as they are. */
    static final String LINES = "humpback-lines";

    private static final Pattern HEADING = Pattern.compile(" {0,3}(#{1,6})[ \\t]+(.*?\\S)(?:[ \\t]+#+)?[ \\t]*");
    private static final Pattern UNDERLINE = Pattern.compile(" {0,3}(=+|-{2,})[ \\t]*");
    private static final Pattern FENCE = Pattern.compile("[ \\t]*(?:[-*+]|\\d{1,9}[.)])?[ \\t]*(`{3,}|~{3,})([^`]*)");
    private static final Pattern NO_PARAGRAPH =
            Pattern.compile("(?: {4}|\\t| {0,3}(?:[-*+>|]|\\d{1,9}[.)])(?:\\s|$)).*");
    private static final Pattern TITLE = Pattern.compile("title:\\s*[\"']?(.*?)[\"']?\\s*");

    private final Document html = Document.createShell("");
    private final List<String> open = new ArrayList<>();
    private final Set<String> unclosed = new HashSet<>();
    private boolean anyHeading;

    private MarkdownDocument(String title, List<String> lines) {
        html.title(title);
        if (!title.isEmpty()) {
            html.body().appendElement("h1").text(title);
        }
        String fence = ""; // what ends the code that is open
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            Matcher fenced = FENCE.matcher(line);
            if (!fence.isEmpty()) {
                fence = closes(line, fence) ? "" : fence;
                open.add(line);
                continue;
            }
            Matcher heading = HEADING.matcher(line);
            String under = i + 1 < lines.size() ? lines.get(i + 1) : "";
            if (fenced.matches() && isClosed(lines, i + 1, fenced.group(1))) {
                fence = fenced.group(1);
                open.add(line);
            } else if (heading.matches()) {
                heading(heading.group(1).length(), heading.group(2).strip());
            } else if (isParagraph(line, i == 0 ? "" : lines.get(i - 1))
                    && UNDERLINE.matcher(under).matches()) {
                heading(under.strip().startsWith("=") ? 1 : 2, line.strip());
                i++;
            } else {
                open.add(line);
            }
        }
        endSection();
    }

    /** {@return the page that a text is, or null if nothing in it begins a section} A title is the first header. */
    public static @Nullable Document of(String title, String text) {
        List<String> lines = text.lines().toList();
        String named = title;
        int end = lines.isEmpty() || !lines.get(0).strip().equals("---")
                ? -1
                : lines.subList(1, lines.size()).indexOf("---");
        if (end >= 0) {
            for (String line : lines.subList(1, end + 1)) {
                Matcher matcher = TITLE.matcher(line);
                named = named.isEmpty() && matcher.matches() ? matcher.group(1) : named;
            }
            lines = lines.subList(end + 2, lines.size());
        }
        MarkdownDocument document = new MarkdownDocument(named, lines);
        return document.anyHeading || !named.isEmpty() ? document.html : null;
    }

    private static boolean closes(String line, String fence) {
        String mark = line.strip();
        return mark.startsWith(fence) && mark.chars().allMatch(c -> c == mark.charAt(0));
    }

    /** Whether code ends before the text does: what looks like its beginning may be the underline of a title. */
    private boolean isClosed(List<String> lines, int from, String fence) {
        if (unclosed.contains(fence)) {
            return false;
        }
        boolean closed = lines.subList(from, lines.size()).stream().anyMatch(line -> closes(line, fence));
        if (!closed) {
            unclosed.add(fence);
        }
        return closed;
    }

    /** A line that may be the only one of a paragraph. */
    private static boolean isParagraph(String line, String before) {
        return !line.isBlank()
                && before.isBlank()
                && !NO_PARAGRAPH.matcher(line).matches();
    }

    private void heading(int level, String text) {
        endSection();
        html.body().appendElement("h" + level).text(text);
        anyHeading = true;
    }

    private void endSection() {
        if (open.stream().anyMatch(line -> !line.isBlank())) {
            html.body().appendElement(LINES).text(String.join("\n", open));
        }
        open.clear();
    }
}
