package io.humpback.data.web;

import io.humpback.data.web.encoding.Encoding;
import io.humpback.data.web.html.Xhtml;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
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
     * A page of which the source's name says whether it is HTML or, with {@code .xhtml} at its end, XML.
     *
     * @param source where the page is from: a URI or the path of the file, inside an archive after its name and "!/"
     * @param content the HTML; not copied
     * @param charset the encoding that the server named, or null. Labels mean what they mean to browsers: "ISO-8859-1"
     *     is windows-1252. A byte order mark overrules it; where it is null or unknown, the page's own declaration
     *     decides, and where there is none, the bytes.
     */
    public Page(String source, byte[] content, @Nullable String charset) {
        this(source, content, charset, source.toLowerCase(Locale.ROOT).matches("(?s).*\\.(xhtml|xht)"));
    }

    /** A page that is XML or is not, whatever its name. */
    Page(String source, byte[] content, @Nullable String charset, boolean xml) {
        this(source, content.length, () -> parse(Encoding.decode(content, charset, source), xml));
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

    /** Where the page is from. */
    public String source() {
        return source;
    }

    private static Document parse(String text, boolean xml) {
        return xml || Xhtml.isNeeded(text) ? Xhtml.parse(text) : Jsoup.parse(text);
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
