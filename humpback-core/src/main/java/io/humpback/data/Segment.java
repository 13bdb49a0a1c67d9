package io.humpback.data;

import io.humpback.internal.ContentId;
import java.util.Objects;

/**
 * The text that follows one header of a page: a response whose instruction is to be written (paper, section 2.1).
 *
 * @param id derived from the content: equal for equal source, header and text
 * @param source where the page is from: a URI or the path of the file, inside an archive after its name and "!/"
 * @param title the page's title, empty if it has none
 * @param header the header that the text follows
 * @param index number of the segment in its page, from 0
 * @param text the text as Markdown
 */
public record Segment(String id, String source, String title, String header, int index, String text) {
    /** Checks that nothing is null. */
    public Segment {
        Objects.requireNonNull(id, "id");
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(title, "title");
        Objects.requireNonNull(header, "header");
        Objects.requireNonNull(text, "text");
    }

    /** {@return a segment with the id of its content} */
    public static Segment of(String source, String title, String header, int index, String text) {
        return new Segment(
                ContentId.of(
                        Objects.requireNonNull(source, "source"),
                        Objects.requireNonNull(header, "header"),
                        Objects.requireNonNull(text, "text")),
                source,
                title,
                header,
                index,
                text);
    }
}
