package io.humpback.data.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.FileKind;
import io.humpback.internal.FileNames;
import io.humpback.internal.JsonFaults;
import io.humpback.internal.LookAhead;
import io.humpback.internal.Places;
import io.humpback.internal.ReadFaults;
import io.humpback.internal.Replacement;
import io.humpback.internal.reading.InputBytes;
import io.humpback.internal.unpack.Gunzip;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a text file row by row, one row in memory at a time; a format says where a row ends and what is in it. Rows that
 * are longer than {@link JsonLines#MAX_LINE_BYTES}, not UTF-8 or not of the format are rejected with the line at which
 * they begin, and reading goes on with the next.
 */
abstract class RowReader extends LookAhead<Row> implements Closeable {

    private static final String NOT_UTF8 = "bytes that are not UTF-8, expected a file saved as UTF-8";
    /** The system property that says how many times its size a gzipped file of rows may unpack to, beyond 64 MiB. */
    private static final String EXPANSION = "humpback.max.expansion";

    private final String source;
    private final Rejects rejects;
    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private int position;
    private int limit;
    private byte[] again = {}; // bytes to be read before those of the buffer
    private int againFrom;
    private boolean begun;
    private long line = 1; // of the byte that is read next
    private byte[] kept = new byte[256];
    private int length;
    private boolean tooLong;
    private long start = 1;

    /** Reads a stream from here on, and closes it at the end; {@link #open} is the usual one. */
    RowReader(Path file, InputStream in, Rejects rejects) {
        this.source = file.toString();
        this.in = in;
        this.rejects = Objects.requireNonNull(rejects, "rejects");
    }

    /** {@return the bytes of a file, unpacked if its name ends in .gz} */
    static InputStream open(Path file) throws IOException {
        Places.requireReadable(file);
        Replacement.complete(file);
        InputStream raw = InputBytes.open(file);
        return FileNames.isGzip(file) ? new Gunzip(raw, 0, Math.max(1, Integer.getInteger(EXPANSION, 200))) : raw;
    }

    /** {@return the rows left; closing the stream closes the file} */
    Stream<Row> stream() {
        return stream(this::close);
    }

    /**
     * Reads up to the end of the next row and keeps its bytes; false if there is no row. Throws if neither this row nor
     * a later one can be read.
     */
    abstract boolean cut() throws IOException;

    /**
     * {@return the row that was cut, or null if there is nothing in it}
     *
     * @throws DataException if it is not of the format
     */
    abstract @Nullable ObjectNode parse() throws JsonProcessingException, CharacterCodingException;

    /** The row begins with the byte that is read next. */
    final void start() {
        start = line;
        length = 0;
        tooLong = false;
    }

    /** Adds a byte to the row. */
    final void keep(int b) {
        if (length == JsonLines.MAX_LINE_BYTES) {
            tooLong = true;
            return;
        }
        if (length == kept.length) {
            kept = Arrays.copyOf(kept, Math.min(JsonLines.MAX_LINE_BYTES, 2 * length));
        }
        kept[length++] = (byte) b;
    }

    /** {@return the number of bytes of the row so far} */
    final int length() {
        return length;
    }

    /** {@return a byte of the row} */
    final int kept(int index) {
        return kept[index];
    }

    /** Gives the row's bytes back from an index on: they are read again. */
    final void unread(int from) {
        byte[] more = Arrays.copyOfRange(kept, from, length + again.length - againFrom);
        System.arraycopy(again, againFrom, more, length - from, again.length - againFrom);
        again = more;
        againFrom = 0;
        for (int i = from; i < length; i++) {
            line -= kept[i] == '\n' ? 1 : 0;
        }
        length = from;
    }

    /** {@return a part of the row's bytes as text} */
    final String text(int from, int to) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(kept, from, to - from))
                .toString();
    }

    /** {@return the next byte, -1 at the end} */
    final int read() throws IOException {
        int b = peek();
        if (b >= 0) {
            if (againFrom < again.length) {
                againFrom++;
            } else {
                position++;
            }
            line += b == '\n' ? 1 : 0;
        }
        return b;
    }

    /** {@return the byte that {@link #read} gives next, -1 at the end} */
    final int peek() throws IOException {
        if (againFrom < again.length) {
            return again[againFrom] & 0xff;
        }
        if (position == limit) {
            position = 0;
            if (begun) {
                limit = Math.max(0, in.read(buffer));
            } else {
                begun = true;
                limit = in.readNBytes(buffer, 0, FileKind.HEAD);
                String kind = FileKind.of(Arrays.copyOf(buffer, limit));
                if (kind != null) {
                    throw new IOException("the file is " + kind + ", expected text in UTF-8");
                }
                boolean mark =
                        limit >= 3 && buffer[0] == (byte) 0xef && buffer[1] == (byte) 0xbb && buffer[2] == (byte) 0xbf;
                position = mark ? 3 : 0; // of the byte order
                return peek();
            }
        }
        return position < limit ? buffer[position] & 0xff : -1;
    }

    /** Passes over white space. */
    final void skipBlank() throws IOException {
        for (int b = peek(); b == ' ' || b == '\t' || b == '\r' || b == '\n'; b = peek()) {
            read();
        }
    }

    @Override
    protected final @Nullable Row advance() {
        Row next = null;
        boolean ended = false;
        while (next == null && !ended) {
            try {
                start();
                if (!cut()) {
                    ended = true;
                    close();
                } else if (tooLong) {
                    reject("more than " + JsonLines.MAX_LINE_BYTES + " bytes in one row");
                } else {
                    next = row();
                }
            } catch (IOException e) {
                ended = true;
                close();
                String fault = e instanceof CharacterCodingException ? NOT_UTF8 : ReadFaults.reason(e);
                reject(fault + "; the rest is not read");
            }
        }
        return next;
    }

    private @Nullable Row row() {
        try {
            ObjectNode fields = parse();
            return fields == null ? null : new Row(source, start, fields);
        } catch (CharacterCodingException e) {
            reject(NOT_UTF8);
        } catch (JsonProcessingException e) {
            reject(JsonFaults.reason(e));
        } catch (IllegalArgumentException | DataException e) {
            reject(String.valueOf(e.getMessage()));
        }
        return null;
    }

    private void reject(String reason) {
        rejects.accept(new Rejection(source, "line " + start, reason));
    }

    @Override
    public final void close() {
        ReadFaults.closeQuietly(in);
    }
}
