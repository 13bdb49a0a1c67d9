package io.humpback.data.web;

import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.JsonFields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jspecify.annotations.Nullable;

/**
 * Reads plain documents, one a line of JSON Lines, as pages: {@code text}, and where known {@code title} and
 * {@code url}. The title becomes the first header, and so does each Markdown heading ({@code ## Like this}); empty lines
 * part paragraphs. All text is text, whatever it looks like. A document without a title and without a heading is
 * rejected, as a segment is what follows a header.
 */
final class Documents implements PageReader {

    private static final Pattern HEADING = Pattern.compile("(#{1,6})[ \\t]+(.*\\S.*)");

    private final Stream<Row> stream;
    private final Iterator<Row> rows;
    private final Rejects rejects;
    private final int maxPageBytes;

    /** Rejects pages of more than some bytes of text. */
    Documents(Path file, int maxPageBytes, Rejects rejects) throws IOException {
        this.stream = JsonLines.read(file, rejects);
        this.rows = stream.iterator();
        this.rejects = Objects.requireNonNull(rejects, "rejects");
        this.maxPageBytes = maxPageBytes;
    }

    @Override
    public @Nullable Page next() {
        while (rows.hasNext()) {
            Row row = rows.next();
            String fault;
            try {
                Page page = page(row);
                if (page.size() <= maxPageBytes) {
                    return page;
                }
                fault = "more than " + maxPageBytes + " bytes, the limit of a page";
            } catch (IllegalArgumentException e) {
                fault = String.valueOf(e.getMessage());
            }
            rejects.accept(row.rejection(fault));
        }
        return null;
    }

    private static Page page(Row row) {
        String text = clean(JsonFields.text(row.fields(), "text"));
        String title = clean(JsonFields.textOrEmpty(row.fields(), "title").strip());
        String url = JsonFields.textOrEmpty(row.fields(), "url");
        if (title.isEmpty()
                && text.lines().noneMatch(line -> HEADING.matcher(line).matches())) {
            throw new IllegalArgumentException("title: missing, expected one, or a heading in the text");
        }
        String source = url.isEmpty() ? row.source() + "!/line " + row.line() : Rejection.oneLine(url);
        return new Page(source, text.getBytes(StandardCharsets.UTF_8).length, () -> document(title, text));
    }

    /** Puts replacement characters where a text holds what is no character, as a parser of HTML does. */
    private static String clean(String text) {
        byte[] bytes = text.replace('\0', '\uFFFD').getBytes(StandardCharsets.UTF_8); // half a pair becomes "?"
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Document document(String title, String text) {
        Document html = Document.createShell("");
        html.title(title);
        Element body = html.body();
        if (!title.isEmpty()) {
            body.appendElement("h1").text(title);
        }
        Element paragraph = null;
        for (String line : text.lines().toList()) {
            Matcher heading = HEADING.matcher(line);
            if (heading.matches()) {
                body.appendElement("h" + heading.group(1).length())
                        .text(heading.group(2).strip());
                paragraph = null;
            } else if (line.isBlank()) {
                paragraph = null;
            } else if (paragraph == null) {
                paragraph = body.appendElement("p").text(line);
            } else {
                paragraph.appendElement("br");
                paragraph.appendText(line);
            }
        }
        return html;
    }

    @Override
    public void close() {
        stream.close();
    }
}
