package io.humpback.data;

import java.util.Objects;

/**
 * Something that could not be read and was set aside: a row, a page, or the rest of a file.
 *
 * @param source the file, inside an archive followed by "!/" and the name of the entry
 * @param place where in it: "line 7", "byte 1024", empty if it is the whole
 * @param reason what was found and what was expected, one line
 */
public record Rejection(String source, String place, String reason) {
    /** Keeps each field on one line, so that a hostile name cannot forge a second one. */
    public Rejection {
        source = oneLine(Objects.requireNonNull(source, "source"));
        place = oneLine(Objects.requireNonNull(place, "place"));
        reason = oneLine(Objects.requireNonNull(reason, "reason"));
    }

    /** Text with its control characters shown as "?", cut after 500 characters. */
    public static String oneLine(String text) {
        StringBuilder line = new StringBuilder(Math.min(text.length(), 500));
        text.codePoints()
                .limit(500)
                .map(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029 ? '?' : c)
                .forEach(line::appendCodePoint);
        return line.toString();
    }

    /** One line: source, place and reason. */
    @Override
    public String toString() {
        return place.isEmpty() ? source + ": " + reason : source + ": " + place + ": " + reason;
    }
}
