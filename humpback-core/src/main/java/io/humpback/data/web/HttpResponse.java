package io.humpback.data.web;

import io.humpback.data.Rejection;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A response as a crawler kept it. What servers say of a body is taken as browsers take it: what is not so is passed
 * over.
 *
 * @param fields values by name in lower case
 * @param body as it was sent, which may be in chunks and packed
 */
record HttpResponse(int status, Map<String, List<String>> fields, InputStream body) {

    private static final Pattern STATUS = Pattern.compile("(?i)(?:HTTP(?:/[\\d.]+)?|ICY)\\s+(\\d{3})(?:\\s.*)?");
    private static final Pattern CHUNK = Pattern.compile("\\s*([0-9a-fA-F]{1,7})\\s*(?:;.*)?");

    /** Reads the head; the body stays to be read. */
    static HttpResponse of(InputStream message) throws IOException {
        Lines lines = new Lines(message);
        String first = lines.firstLine();
        Matcher status = STATUS.matcher(first == null ? "" : first);
        if (!status.matches()) {
            throw new IOException("found "
                    + (first == null
                            ? "nothing"
                            : "\"" + Rejection.oneLine(first.substring(0, Math.min(40, first.length()))) + "\"")
                    + ", expected a line such as HTTP/1.1 200 OK");
        }
        return new HttpResponse(Integer.parseInt(status.group(1)), lines.fields(), lines);
    }

    /** {@return all that was sent, out of its chunks and unpacked} */
    byte[] content(int max) throws IOException {
        byte[] sent = Metered.readAll(body, (int) Math.min(Integer.MAX_VALUE - 8L, 8L * max + (1 << 16)));
        String transfer = String.join(",", fields.getOrDefault("transfer-encoding", List.of()));
        byte[] whole = transfer.toLowerCase(Locale.ROOT).contains("chunked") ? joined(sent) : sent;
        return ContentCoding.undo(whole, fields.getOrDefault("content-encoding", List.of()), max);
    }

    /** The chunks as one; a body that does not begin with a chunk was joined by the crawler. */
    private static byte[] joined(byte[] sent) throws IOException {
        Lines chunks = new Lines(new ByteArrayInputStream(sent));
        ByteArrayOutputStream whole = new ByteArrayOutputStream(sent.length);
        for (String line = chunks.line(); line != null; line = chunks.line()) {
            Matcher size = CHUNK.matcher(line);
            if (!size.matches()) {
                if (whole.size() == 0) {
                    return sent;
                }
                throw new IOException("a chunk of the body begins with \""
                        + Rejection.oneLine(line.substring(0, Math.min(20, line.length()))) + "\", expected its size");
            }
            int length = Integer.parseInt(size.group(1), 16);
            if (length == 0) {
                break;
            }
            byte[] chunk = chunks.readNBytes(length);
            whole.writeBytes(chunk);
            if (chunk.length < length) {
                throw new IOException("a chunk of the body ends " + (length - chunk.length) + " bytes early");
            }
            chunks.line();
        }
        return whole.toByteArray();
    }
}
