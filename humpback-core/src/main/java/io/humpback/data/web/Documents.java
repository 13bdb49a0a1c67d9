package io.humpback.data.web;

import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.web.encoding.Encoding;
import io.humpback.data.web.html.MarkdownDocument;
import io.humpback.internal.JsonFields;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Stream;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.Nullable;

/**
 * Reads plain documents, one a line of JSON Lines, as pages: {@code text}, and where known {@code title} and
 * {@code url}. The title becomes the first header, and so does each heading of {@link MarkdownDocument}. A document
 * without a title and without a heading is rejected, as a segment is what follows a header.
 */
final class Documents implements PageReader {

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
            try {
                return page(row);
            } catch (IllegalArgumentException e) {
                rejects.accept(row.rejection(String.valueOf(e.getMessage())));
            }
        }
        return null;
    }

    private Page page(Row row) {
        String text = clean(JsonFields.text(row.fields(), "text"));
        String title = clean(JsonFields.textOrEmpty(row.fields(), "title").strip());
        String url = JsonFields.textOrEmpty(row.fields(), "url");
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > maxPageBytes) {
            throw new IllegalArgumentException("more than " + maxPageBytes + " bytes, the limit of a page");
        }
        Document document = MarkdownDocument.of(title, text);
        if (document == null) {
            throw new IllegalArgumentException("title: missing, expected one, or a heading in the text");
        }
        return new Page(
                url.isEmpty() ? row.source() + "!/line " + row.line() : Rejection.oneLine(url), bytes, () -> document);
    }

    /** {@return a file in Markdown as a page, or null if nothing in it begins a section} */
    static @Nullable Page ofMarkdown(String source, byte[] file) {
        Document document = MarkdownDocument.of("", clean(Encoding.decodePlain(file, source)));
        return document == null ? null : new Page(source, file.length, () -> document);
    }

    /** Puts replacement characters where a text holds what is no character, as a parser of HTML does. */
    private static String clean(String text) {
        byte[] bytes = text.replace('\0', '\uFFFD').getBytes(StandardCharsets.UTF_8); // half a pair becomes "?"
        return new String(bytes, StandardCharsets.UTF_8);
    }

    @Override
    public void close() {
        stream.close();
    }
}
