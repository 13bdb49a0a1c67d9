package io.humpback.data.file;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.ValueNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.FileNames;
import io.humpback.internal.JsonFaults;
import io.humpback.internal.Places;
import io.humpback.internal.ReadFaults;
import io.humpback.internal.Replacement;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.math.BigDecimal;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes JSON Lines: one JSON object a line, UTF-8, gzipped where the name ends in {@code .gz}. Fields keep
 * their order, and numbers their digits.
 */
public final class JsonLines {

    /** Longest line that is read, in bytes; a longer one is rejected without being held in memory. */
    public static final int MAX_LINE_BYTES = 16 << 20;

    private static final Pattern LONE_SURROGATE = Pattern.compile("\\p{Cs}");
    private static final int MAX_DEPTH = 100;
    private static final int MAX_EXPONENT = 400; // a double ends at 308

    static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxStringLength(MAX_LINE_BYTES)
                            .maxNameLength(1 << 16)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
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
     * @param line number of the line where the row begins, from 1; in a Parquet file the number of the row
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
     * {@code rejects}, and reading goes on with the next. NaN, infinities and numbers beyond 1e400 are null. The stream holds the file open: close it.
     *
     * @param rejects {@link Rejects#refuse()} to stop at the first
     * @throws IOException if the file cannot be opened; if it cannot be read further, the rest is rejected
     */
    public static Stream<Row> read(Path file, Rejects rejects) throws IOException {
        return new Reader(file, rejects).stream();
    }

    /** A writer of a file that appears, or replaces an older one, only when {@link Writer#commit()} is called. */
    public static Writer write(Path file) throws IOException {
        return new Writer(file, false);
    }

    /** A new row without fields. */
    public static ObjectNode row() {
        return MAPPER.createObjectNode();
    }

    /** {@return settings as a row's field holds them: texts, numbers, truth values and lists} */
    public static ObjectNode row(Map<String, ?> settings) {
        return MAPPER.valueToTree(Objects.requireNonNull(settings, "settings"));
    }

    /**
     * {@return the object that a text holds, read as strictly as a line of a file}
     *
     * @throws DataException if it is not one JSON object; the message says what is wrong
     */
    public static ObjectNode row(String json) {
        try {
            return parse(Objects.requireNonNull(json, "json"));
        } catch (JsonProcessingException e) {
            throw new DataException(JsonFaults.reason(e));
        }
    }

    /** {@return a row as JSON on one line; half of a surrogate pair, which other readers refuse, becomes U+FFFD} */
    static String json(ObjectNode row) throws JsonProcessingException {
        return LONE_SURROGATE.matcher(MAPPER.writeValueAsString(row)).replaceAll("\uFFFD");
    }

    /** Takes a number as null whose exponent alone would take gigabytes to write out. */
    private static final class BoundedNumbers extends JsonNodeFactory {

        private static final long serialVersionUID = 1;

        @Override
        public ValueNode numberNode(@Nullable BigDecimal number) {
            boolean huge = number != null && Math.abs((long) number.precision() - number.scale()) > MAX_EXPONENT;
            return huge ? nullNode() : super.numberNode(number);
        }
    }

    /** {@return the object in a text; a {@link DataException} if it is something else} */
    static ObjectNode parse(String text) throws JsonProcessingException {
        JsonNode node = MAPPER.readTree(text);
        if (node instanceof ObjectNode object) {
            if (text.contains("NaN") || text.contains("INF") || text.contains("Infinity")) {
                nullNonNumbers(object);
            }
            return object;
        }
        throw new DataException(
                "found a JSON " + node.getNodeType().name().toLowerCase(Locale.ROOT) + ", expected an object");
    }

    /** Other languages write NaN and infinities, for which JSON has no number. */
    private static void nullNonNumbers(JsonNode node) {
        if (node instanceof ObjectNode object) {
            object.properties().forEach(field -> {
                if (isNoNumber(field.getValue())) {
                    field.setValue(object.nullNode());
                }
            });
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                if (isNoNumber(array.get(i))) {
                    array.setNull(i);
                }
            }
        }
        node.forEach(JsonLines::nullNonNumbers);
    }

    private static boolean isNoNumber(JsonNode node) {
        return node.isDouble() && !Double.isFinite(node.doubleValue());
    }

    private static final class Reader extends RowReader {

        Reader(Path file, Rejects rejects) throws IOException {
            super(file, open(file), rejects);
        }

        @Override
        boolean cut() throws IOException {
            if (peek() < 0) {
                return false;
            }
            for (int b = read(); b >= 0 && b != '\n'; b = read()) {
                keep(b);
            }
            return true;
        }

        @Override
        @Nullable
        ObjectNode parse() throws JsonProcessingException, CharacterCodingException {
            String text = text(0, length());
            try {
                return text.isBlank() ? null : JsonLines.parse(text);
            } catch (JsonEOFException e) {
                throw new DataException(JsonFaults.reason(e) + " on its line, expected one object a line");
            }
        }
    }

    /** Writes rows to a temporary file in the same folder, which gets the wanted name at the end. */
    public static final class Writer extends StagedWriter {

        private final Path file;
        private final Path temporary;
        private final FileChannel channel;
        private final OutputStream out;
        private final boolean array;
        private boolean any;
        private boolean closed;

        /** A writer of lines, or of one JSON array that still has one row a line. */
        Writer(Path file, boolean array) throws IOException {
            Places.requireWritable(file);
            this.array = array;
            this.file = file.toAbsolutePath();
            Replacement.complete(this.file);
            temporary = AtomicFiles.temporary(this.file);
            channel = FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW);
            try {
                OutputStream bytes = Channels.newOutputStream(channel);
                out = new BufferedOutputStream(
                        FileNames.isGzip(file) ? new GZIPOutputStream(bytes, 1 << 16) : bytes, 1 << 16);
            } catch (IOException e) { // a full disk, met by the gzip header
                ReadFaults.closeQuietly(channel);
                Files.deleteIfExists(temporary);
                throw e;
            }
        }

        /** Writes one row as a line. */
        @Override
        public void write(ObjectNode row) throws IOException {
            String json = json(row);
            String line = array ? (any ? ",\n" : "[\n") + json : json + "\n";
            out.write(line.getBytes(StandardCharsets.UTF_8));
            any = true;
        }

        @Override
        Path target() {
            return file;
        }

        @Override
        void stage(Replacement replacement) throws IOException {
            if (closed) {
                throw new IllegalStateException(file + ": already closed");
            }
            if (array) {
                out.write((any ? "\n]\n" : "[]\n").getBytes(StandardCharsets.UTF_8));
            }
            out.close(); // writes what is buffered; the channel is opened again to be forced
            closed = true;
            replacement.appear(temporary, file);
        }

        @Override
        public void close() throws IOException {
            if (!closed) {
                closed = true;
                ReadFaults.closeQuietly(channel);
                ReadFaults.closeQuietly(out);
                Files.deleteIfExists(temporary);
            }
        }
    }
}
