package io.humpback.data.web;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.function.Supplier;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jspecify.annotations.Nullable;

/** One HTML page: bytes that are parsed when they are asked for. */
public final class Page {

    private final String source;
    private final int size;
    private final Supplier<Document> document;

    /**
     * @param source where the page is from: a URI or the path of the file, inside an archive after its name and "!/"
     * @param content the HTML; not copied
     * @param charset the encoding that the server named, or null. A byte order mark overrules it; where it is null or
     *     unknown, the page's own declaration decides, and UTF-8 where there is none.
     */
    public Page(String source, byte[] content, @Nullable String charset) {
        this(source, content.length, () -> parse(content, isKnown(charset) ? charset : null));
    }

    /** A page whose document is built from something else than HTML, of a size in bytes. */
    Page(String source, int size, Supplier<Document> document) {
        this.source = Objects.requireNonNull(source, "source");
        this.size = size;
        this.document = document;
    }

    /** A page that is text already. */
    public static Page of(String source, String html) {
        return new Page(source, html.getBytes(StandardCharsets.UTF_8), "UTF-8");
    }

    private static boolean isKnown(@Nullable String charset) {
        try {
            return charset != null && Charset.isSupported(charset);
        } catch (IllegalCharsetNameException e) {
            return false;
        }
    }

    /** Where the page is from. */
    public String source() {
        return source;
    }

    private static Document parse(byte[] html, @Nullable String charset) {
        try {
            return Jsoup.parse(new ByteArrayInputStream(html), charset, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e); // bytes in memory
        }
    }

    /** Size in bytes: of the HTML, or of the text of a plain document. */
    public int size() {
        return size;
    }

    /** Parses the page. Elements nested deeper than 512 levels are moved up, so that no walk of the tree runs deep. */
    public Document document() {
        return document.get();
    }

    @Override
    public String toString() {
        return source + " (" + size + " bytes)";
    }
}
