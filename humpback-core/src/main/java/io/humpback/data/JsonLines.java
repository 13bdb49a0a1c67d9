package io.humpback.data;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.ValueNode;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Iterator;
import java.util.Locale;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.UUID;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes JSON Lines: one JSON object a line, UTF-8, gzipped where the name ends in {@code .gz}. Fields keep
 * their order, and numbers their digits.
 */
public final class JsonLines {

    /** Longest line that is read, in bytes; a longer one is rejected without being held in memory. */
    public static final int MAX_LINE_BYTES = 16 << 20;

    private static final int MAX_DEPTH = 100;
    private static final int MAX_EXPONENT = 400; // a double ends at 308

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_LINE_BYTES)
                            .maxNameLength(1 << 16)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .nodeFactory(new BoundedNumbers())
            .build();

    private JsonLines() {}

    /**
     * One row of a file.
     *
     * @param source the file
     * @param line number of the line, from 1
     * @param fields the object that the line holds
     */
    public record Row(String source, long line, ObjectNode fields) {
        /** A rejection of this row, for a reason that only its user can know. */
        public Rejection rejection(String reason) {
            return new Rejection(source, "line " + line, reason);
        }
    }

    /**
     * The rows of a file, lazily, one line in memory at a time. Empty lines are passed over. A line that is longer than
     * {@link #MAX_LINE_BYTES}, not UTF-8, not one JSON object, nested deeper than 100 levels or has a key twice goes to
     * {@code rejects}, and reading goes on with the next. The stream holds the file open: close it.
     *
     * @param rejects {@link Rejects#refuse()} to stop at the first
     * @throws IOException if the file cannot be opened; if it cannot be read further, the rest is rejected
     */
    public static Stream<Row> read(Path file, Rejects rejects) throws IOException {
        Reader reader = new Reader(file, rejects);
        return StreamSupport.stream(
                        Spliterators.spliteratorUnknownSize(reader, Spliterator.ORDERED | Spliterator.NONNULL), false)
                .onClose(reader::close);
    }

    /**
     * A writer of a file that appears, or replaces an older one, when {@link Writer#commit()} is called, and not before.
     *
     * @throws IOException if no file can be made in that folder
     */
    public static Writer write(Path file) throws IOException {
        return new Writer(file);
    }

    /** A new row without fields. */
    public static ObjectNode object() {
        return MAPPER.createObjectNode();
    }

    private static boolean isGzip(Path file) {
        return file.toString().toLowerCase(Locale.ROOT).endsWith(".gz");
    }

    /** Refuses a number whose exponent alone would take gigabytes to write out. */
    private static final class BoundedNumbers extends JsonNodeFactory {

        private static final long serialVersionUID = 1;

        @Override
        public ValueNode numberNode(@Nullable BigDecimal number) {
            if (number != null && Math.abs((long) number.precision() - number.scale()) > MAX_EXPONENT) {
                throw new IllegalArgumentException(
                        "a number with an exponent beyond " + MAX_EXPONENT + ", expected one of a double's range");
            }
            return super.numberNode(number);
        }
    }

    private static final class Reader implements Iterator<Row>, Closeable {

        private final String source;
        private final Rejects rejects;
        private final InputStream in;
        private final byte[] buffer = new byte[1 << 16];
        private int position;
        private int limit;
        private long line;
        private boolean ended;
        private @Nullable Row next;

        Reader(Path file, Rejects rejects) throws IOException {
            this.source = file.toString();
            this.rejects = Objects.requireNonNull(rejects, "rejects");
            InputStream raw = Files.newInputStream(file);
            this.in = isGzip(file) ? new Gunzip(raw, 0) : raw;
        }

        @Override
        public boolean hasNext() {
            while (next == null && !ended) {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
                boolean whole;
                try {
                    if (!fill()) {
                        ended = true;
                        close();
                        break;
                    }
                    line++;
                    whole = readLine(bytes);
                } catch (IOException e) {
                    ended = true;
                    close();
                    long at = Math.max(1, line);
                    reject(at, WebPages.reason(e) + "; the rest is not read");
                    break;
                }
                if (whole) {
                    next = parse(bytes.toByteArray());
                } else {
                    reject(line, "more than " + MAX_LINE_BYTES + " bytes in one line");
                }
            }
            return next != null;
        }

        @Override
        public Row next() {
            if (!hasNext()) {
                throw new NoSuchElementException();
            }
            Row row = Objects.requireNonNull(next);
            next = null;
            return row;
        }

        /** Reads up to the line's end; false if the line is too long, of which then only the start was kept. */
        private boolean readLine(ByteArrayOutputStream bytes) throws IOException {
            boolean whole = true;
            do {
                int end = position;
                while (end < limit && buffer[end] != '\n') {
                    end++;
                }
                whole = whole && bytes.size() + (end - position) <= MAX_LINE_BYTES;
                if (whole) {
                    bytes.write(buffer, position, end - position);
                }
                position = end;
                if (position < limit) {
                    position++; // the line feed
                    return whole;
                }
            } while (fill());
            return whole;
        }

        private boolean fill() throws IOException {
            if (position == limit) {
                position = 0;
                limit = Math.max(0, in.read(buffer));
            }
            return position < limit;
        }

        private @Nullable Row parse(byte[] bytes) {
            try {
                String text = StandardCharsets.UTF_8
                        .newDecoder()
                        .decode(ByteBuffer.wrap(bytes))
                        .toString();
                if (line == 1 && text.startsWith("\uFEFF")) {
                    text = text.substring(1);
                }
                if (text.isBlank()) {
                    return null;
                }
                JsonNode node = MAPPER.readTree(text);
                if (node instanceof ObjectNode object) {
                    return new Row(source, line, object);
                }
                reject(
                        line,
                        "found a JSON " + node.getNodeType().name().toLowerCase(Locale.ROOT) + ", expected an object");
            } catch (CharacterCodingException e) {
                reject(line, "bytes that are not UTF-8");
            } catch (JsonProcessingException e) {
                String at = e.getLocation() == null
                        ? ""
                        : " at column " + e.getLocation().getColumnNr();
                reject(line, "not JSON" + at + ": " + e.getOriginalMessage());
            } catch (IllegalArgumentException e) {
                reject(line, String.valueOf(e.getMessage()));
            }
            return null;
        }

        private void reject(long at, String reason) {
            rejects.accept(new Rejection(source, "line " + at, reason));
        }

        @Override
        public void close() {
            WebPages.closeQuietly(in);
        }
    }

    /** Writes rows to a file beside the wanted one, which takes its place at the end. */
    public static final class Writer implements Closeable {

        private final Path file;
        private final Path temporary;
        private final FileChannel channel;
        private final OutputStream out;
        private boolean closed;

        private Writer(Path file) throws IOException {
            this.file = file.toAbsolutePath();
            String name = this.file.getFileName().toString();
            temporary = this.file.resolveSibling("." + name + "." + UUID.randomUUID() + ".part");
            channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            try {
                OutputStream bytes = Channels.newOutputStream(channel);
                out = new BufferedOutputStream(isGzip(file) ? new GZIPOutputStream(bytes, 1 << 16) : bytes, 1 << 16);
            } catch (IOException e) { // a full disk, met by the gzip header
                WebPages.closeQuietly(channel);
                Files.deleteIfExists(temporary);
                throw e;
            }
        }

        /** Writes one row as a line. */
        public void write(ObjectNode row) throws IOException {
            out.write(escapeLoneSurrogates(MAPPER.writeValueAsString(row)).getBytes(StandardCharsets.UTF_8));
            out.write('\n');
        }

        /** Makes the file, complete and on disk; nothing can be written afterwards. */
        public void commit() throws IOException {
            if (closed) {
                throw new IllegalStateException(file + ": already closed");
            }
            out.close(); // writes what is buffered; the channel is opened again to be forced
            try (FileChannel written = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                written.force(true);
            }
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            closed = true;
        }

        /** Without a {@link #commit()} before: forgets all that was written and leaves an older file as it was. */
        @Override
        public void close() throws IOException {
            if (!closed) {
                closed = true;
                WebPages.closeQuietly(channel);
                WebPages.closeQuietly(out);
                Files.deleteIfExists(temporary);
            }
        }

        /** Half of a surrogate pair cannot be encoded as UTF-8; as an escape it is read back as it was. */
        private static String escapeLoneSurrogates(String json) {
            StringBuilder escaped = null;
            for (int i = 0; i < json.length(); i++) {
                char c = json.charAt(i);
                boolean pair = Character.isHighSurrogate(c)
                        && i + 1 < json.length()
                        && Character.isLowSurrogate(json.charAt(i + 1));
                if (!pair && Character.isSurrogate(c)) {
                    escaped = escaped == null ? new StringBuilder(json.substring(0, i)) : escaped;
                    escaped.append("\\u%04x".formatted((int) c));
                } else {
                    if (escaped != null) {
                        escaped.append(json, i, pair ? i + 2 : i + 1);
                    }
                    i += pair ? 1 : 0;
                }
            }
            return escaped == null ? json : escaped.toString();
        }
    }
}
