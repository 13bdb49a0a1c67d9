package io.humpback.data.web;

import io.humpback.data.Rejection;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The records of a web archive one after another: WARC of any version (ISO 28500) and ARC. Lines may end with LF alone,
 * and any number of empty lines may stand between two records.
 */
final class WarcRecords {

    private static final Pattern VERSION = Pattern.compile("WARC/\\d+\\.\\d+\\s*");

    /** URL, IP address, date, media type, four fields more in version 2, length in bytes. */
    private static final Pattern ARC =
            Pattern.compile("(\\S.*?) (\\S+) (\\d{8,14}) (\\S+)(?: \\S+ \\S+ \\S+ \\d+ \\S+)? (\\d{1,18})");

    /**
     * One record.
     *
     * @param type such as "response"
     * @param fields values by name in lower case
     */
    record Entry(String type, Map<String, List<String>> fields, InputStream body) {

        /** The first value of a field, or "". */
        String first(String name) {
            return fields.getOrDefault(name, List.of("")).get(0);
        }

        /** The address that the record is of, without the brackets that some crawlers put around it; or "". */
        String uri() {
            String uri =
                    new String(first("warc-target-uri").getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
            return uri.startsWith("<") && uri.endsWith(">") ? uri.substring(1, uri.length() - 1) : uri;
        }
    }

    private final Metered bytes;
    private final Lines in;
    private long start;
    private long left; // of the present record's body

    WarcRecords(Metered bytes) {
        this.bytes = bytes;
        this.in = new Lines(bytes);
    }

    /** Offset of the present record, or of what was found in its place. */
    long start() {
        return start;
    }

    /** Moves to the next record, past what is left of the present one; null at the end. */
    @Nullable
    Entry next() throws IOException {
        skipRest();
        bytes.allow(Metered.HEADER_BYTES);
        String line;
        do {
            start = in.consumed();
            line = in.line();
        } while (line != null && line.isBlank());
        Entry entry = line == null ? null : entry(line);
        bytes.allow(Long.MAX_VALUE);
        return entry;
    }

    private Entry entry(String line) throws IOException {
        if (VERSION.matcher(line).matches()) {
            Map<String, List<String>> fields = in.fields();
            String length =
                    fields.getOrDefault("content-length", List.of("none")).get(0);
            if (!length.matches("\\d{1,18}")) {
                throw new IOException("Content-Length: " + Rejection.oneLine(length) + ", expected a number of bytes");
            }
            left = Long.parseLong(length);
            String type = fields.getOrDefault("warc-type", List.of("")).get(0);
            return new Entry(type.toLowerCase(Locale.ROOT), fields, new Body());
        }
        Matcher arc = ARC.matcher(line);
        if (!arc.matches()) {
            throw new IOException(
                    line.startsWith("\u001f\u008b") || line.startsWith("(\u00b5/\u00fd")
                            ? "compressed twice or not with gzip, expected WARC records, plain or gzipped"
                            : "found \"" + Rejection.oneLine(line.substring(0, Math.min(40, line.length())))
                                    + "\", expected a line such as WARC/1.0");
        }
        left = Long.parseLong(arc.group(5));
        boolean http = arc.group(1).startsWith("http");
        Map<String, List<String>> fields = Map.of(
                "warc-target-uri",
                List.of(arc.group(1)),
                "content-type",
                List.of(http ? "application/http" : arc.group(4)),
                "arc-content-type",
                List.of(arc.group(4)));
        return new Entry(arc.group(1).startsWith("filedesc:") ? "warcinfo" : "response", fields, new Body());
    }

    /** Passes over what is left of the present record. */
    void skipRest() throws IOException {
        byte[] sink = new byte[1 << 13];
        while (left > 0) {
            read(sink, 0, sink.length);
        }
    }

    private int read(byte[] to, int offset, int length) throws IOException {
        if (left == 0) {
            return -1;
        }
        int n = in.read(to, offset, (int) Math.min(length, left));
        if (n < 0) {
            long missing = left;
            left = 0;
            throw new EOFException("ends " + missing + " bytes early");
        }
        left -= n;
        return n;
    }

    private final class Body extends InputStream {
        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            return length == 0 ? 0 : WarcRecords.this.read(to, offset, length);
        }
    }
}
