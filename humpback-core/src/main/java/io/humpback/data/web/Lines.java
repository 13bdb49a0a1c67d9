package io.humpback.data.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Bytes that begin with lines, each ended by CRLF or LF, such as the header of a message. */
final class Lines extends InputStream {

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 13];
    private int position;
    private int limit;
    private long consumed;

    Lines(InputStream in) {
        this.in = in;
    }

    /** Bytes taken so far. */
    long consumed() {
        return consumed;
    }

    private boolean fill() throws IOException {
        if (position == limit) {
            position = 0;
            limit = 0; // also where reading fails
            limit = Math.max(0, in.read(buffer, 0, buffer.length));
        }
        return limit > 0;
    }

    @Override
    public int read() throws IOException {
        if (!fill()) {
            return -1;
        }
        consumed++;
        return buffer[position++] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        if (!fill()) {
            return -1;
        }
        int n = Math.min(length, limit - position);
        System.arraycopy(buffer, position, bytes, offset, n);
        position += n;
        consumed += n;
        return n;
    }

    /** {@return the next line without its end, each byte a character, or null at the end} */
    @Nullable
    String line() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        int c = read();
        if (c < 0) {
            return null;
        }
        while (c >= 0 && c != '\n') {
            line.write(c);
            c = read();
        }
        String text = line.toString(StandardCharsets.ISO_8859_1);
        return text.endsWith("\r") ? text.substring(0, text.length() - 1) : text;
    }

    /** {@return the first line that is not empty, or null at the end} */
    @Nullable
    String firstLine() throws IOException {
        String line = line();
        while (line != null && line.isBlank()) {
            line = line();
        }
        return line;
    }

    /** {@return the fields up to an empty line: values by name in lower case} A line that is no field is passed over. */
    Map<String, List<String>> fields() throws IOException {
        Map<String, List<String>> fields = new HashMap<>();
        List<String> last = new ArrayList<>();
        for (String line = line(); line != null && !line.isEmpty(); line = line()) {
            int colon = line.indexOf(':');
            if ((line.startsWith(" ") || line.startsWith("\t")) && !last.isEmpty()) {
                last.set(last.size() - 1, last.get(last.size() - 1) + " " + line.strip());
            } else if (colon > 0) {
                String name = line.substring(0, colon).strip().toLowerCase(Locale.ROOT);
                last = fields.computeIfAbsent(name, n -> new ArrayList<>());
                last.add(line.substring(colon + 1).strip());
            }
        }
        return fields;
    }
}
