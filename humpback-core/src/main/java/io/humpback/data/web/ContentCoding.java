package io.humpback.data.web;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import io.humpback.data.Rejection;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.zip.GZIPInputStream;
import java.util.zip.Inflater;
import java.util.zip.InflaterInputStream;
import org.apache.commons.compress.compressors.z.ZCompressorInputStream;
import org.brotli.dec.BrotliInputStream;

/**
 * Unpacks the bodies of HTTP (RFC 9110, content codings). What a body begins with counts more than what is said of it:
 * crawlers keep bodies that they unpacked under the header that the server sent, and servers pack twice or not at all.
 * Codings that no browser knows are passed over.
 */
final class ContentCoding {

    /** How often a body may be packed. */
    private static final int MAX_TIMES = 5;

    /** Codings of which a body shows by its first bytes that it has them. */
    private static final List<String> MARKED = List.of("gzip", "x-gzip", "zstd", "compress", "x-compress");

    private ContentCoding() {}

    private interface Opening {
        InputStream open(InputStream in) throws IOException;
    }

    /**
     * {@return a body unpacked}
     *
     * @param said the values of Content-Encoding
     * @param max the most bytes that it may have unpacked
     */
    static byte[] undo(byte[] body, List<String> said, int max) throws IOException {
        List<String> codings = new ArrayList<>();
        for (String value : said) {
            Collections.addAll(codings, value.toLowerCase(Locale.ROOT).strip().split("[\\s,;\"']+"));
        }
        Collections.reverse(codings);
        byte[] bytes = unmarked(body, max);
        for (String coding : codings) {
            if (!isText(bytes)) {
                bytes = unmarked(undone(bytes, coding, max), max);
            }
        }
        if (!isText(bytes) && !Collections.disjoint(codings, MARKED)) {
            throw new IOException(
                    "content encoding " + Rejection.oneLine(String.join(", ", said)) + ", found neither that nor text");
        }
        if (bytes.length > max) {
            throw new Metered.TooManyBytes("more than " + max + " bytes, the limit of a page");
        }
        return bytes;
    }

    /** Unpacks what says itself how it is packed, as often as it is. */
    private static byte[] unmarked(byte[] body, int max) throws IOException {
        byte[] bytes = body;
        for (int i = 0; i < MAX_TIMES; i++) {
            if (startsWith(bytes, 0x1f, 0x8b, 8)) {
                bytes = read("gzip", bytes, GZIPInputStream::new, max);
            } else if (startsWith(bytes, 0x28, 0xb5, 0x2f, 0xfd)) {
                bytes = read("zstd", bytes, ZstdInputStreamNoFinalizer::new, max);
            } else if (startsWith(bytes, 0x1f, 0x9d)) {
                bytes = read("compress", bytes, ZCompressorInputStream::new, max);
            } else {
                break;
            }
        }
        return bytes;
    }

    private static byte[] undone(byte[] body, String coding, int max) throws IOException {
        return switch (coding) {
            case "br" -> read(coding, body, BrotliInputStream::new, max);
            case "deflate" -> {
                boolean zlib =
                        (body[0] & 15) == 8 && body.length > 1 && ((body[0] & 0xff) << 8 | body[1] & 0xff) % 31 == 0;
                yield read(coding, body, in -> new InflaterInputStream(in, new Inflater(!zlib)), max);
            }
            default -> body; // unpacked already by its first bytes, if at all
        };
    }

    private static byte[] read(String coding, byte[] body, Opening opening, int max) throws IOException {
        try (InputStream in = opening.open(new ByteArrayInputStream(body))) {
            return Metered.readAll(in, max);
        } catch (Metered.TooManyBytes e) {
            throw e;
        } catch (EOFException e) {
            throw new EOFException("the body ends early as " + coding);
        } catch (IOException | RuntimeException e) {
            throw new IOException("the body is damaged as " + coding + ": " + e.getMessage());
        }
    }

    private static boolean startsWith(byte[] bytes, int... start) {
        for (int i = 0; i < start.length; i++) {
            if (bytes.length <= i || (bytes[i] & 0xff) != start[i]) {
                return false;
            }
        }
        return true;
    }

    /** Whether nothing is packed: no control characters, at the beginning, but white space and escape. */
    private static boolean isText(byte[] bytes) {
        boolean utf16 = startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff) || startsWith(bytes, '<', 0);
        for (int i = 0; i < Math.min(bytes.length, 512) && !utf16; i++) {
            int c = bytes[i];
            if (c >= 0 && c < 32 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 27) {
                return false;
            }
        }
        return true;
    }
}
