package io.humpback.examples.cli.resume;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.Places;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The outcomes of rows on disk, in order, a line each. After each portion of the input comes a mark: a line with the number
 * of rows that are done, the time that they took, and a checksum of all since the mark before and of these two. What comes after the last
 * sound mark, such as a half line of a process that was killed, is cut off when the journal is opened.
 */
public final class Journal implements Closeable {

    private static final String MARK = "{\"done\":";
    private static final String SUM = ",\"sum\":";
    private static final long NANOS_BETWEEN_FORCES = 1_000_000_000;

    /** As rows are read and written, but with no bound of its own; the escapes keep half of a surrogate pair as it is. */
    private static final JsonMapper JSON = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxStringLength(Integer.MAX_VALUE)
                            .maxNameLength(Integer.MAX_VALUE)
                            .maxNumberLength(Integer.MAX_VALUE)
                            .build())
                    .enable(JsonWriteFeature.ESCAPE_NON_ASCII)
                    .build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private final Path file;
    private final Keeper keeper;
    private final FileChannel channel;
    private final OutputStream out;
    private final CRC32C sum = new CRC32C(); // of the last mark and all after it
    private final long start = System.nanoTime();
    private long rows;
    private double secondsBefore;
    private long forced = start;

    /** Is told before the first mark, from which on there is something to go on with. */
    @FunctionalInterface
    interface Keeper {
        void keep() throws IOException;
    }

    /** What may follow a row. */
    @FunctionalInterface
    public interface Consumer {
        void accept(Outcome outcome) throws IOException;
    }

    /** What a mark says; its first bytes, as many as summed, are part of its sum. */
    private record Mark(long rows, double seconds, int summed, long sum) {}

    private Journal(Path file, Keeper keeper) throws IOException {
        this.file = file;
        this.keeper = keeper;
        channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
    }

    /** {@return the journal in a file, made where there is none} */
    static Journal open(Path file, Keeper keeper) throws IOException {
        Journal journal = new Journal(file, keeper);
        try {
            journal.toLastMark();
            return journal;
        } catch (IOException | RuntimeException e) {
            journal.close();
            throw e;
        }
    }

    private void toLastMark() throws IOException {
        long end = 0;
        byte[] last = {};
        Lines lines = new Lines(channel);
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            if (isMark(line)) {
                Mark mark = mark(line);
                sum.update(line, 0, mark == null ? 0 : mark.summed);
                if (mark == null || mark.sum != sum.getValue()) {
                    break;
                }
                rows = mark.rows;
                secondsBefore = mark.seconds;
                end = lines.position();
                last = line;
                sum.reset();
            }
            sum.update(line);
        }
        sum.reset();
        sum.update(last);
        channel.truncate(end);
        channel.position(end);
    }

    private static @Nullable Mark mark(byte[] line) throws IOException {
        int summed = new String(line, StandardCharsets.ISO_8859_1).lastIndexOf(SUM);
        if (summed < 0) {
            return null;
        }
        try {
            JsonNode fields = JSON.readTree(line);
            return new Mark(
                    fields.path("done").asLong(),
                    fields.path("seconds").asDouble(),
                    summed,
                    fields.path("sum").asLong(-1));
        } catch (JsonProcessingException e) {
            return null; // damaged
        }
    }

    private static boolean isMark(byte[] line) {
        return line.length > MARK.length()
                && new String(line, 0, MARK.length(), StandardCharsets.US_ASCII).equals(MARK);
    }

    /** {@return rows of the input that are done} */
    public long rows() {
        return rows;
    }

    /** {@return the time that earlier processes worked} */
    public double secondsBefore() {
        return secondsBefore;
    }

    /** Adds what became of a row; lasting with the next mark. */
    public void append(Outcome outcome) throws IOException {
        byte[] json = JSON.writeValueAsBytes(Map.of(outcome.what(), outcome.row()));
        write(json, '\n');
    }

    /** All up to here is done: so many rows of the input. It survives the end of the process, and soon a power cut. */
    public void mark(long done) throws IOException {
        keeper.keep();
        double seconds = secondsBefore + (System.nanoTime() - start) / 1e9;
        String fields = MARK + done + ",\"seconds\":" + seconds;
        sum.update(fields.getBytes(StandardCharsets.US_ASCII));
        byte[] mark = (fields + SUM + sum.getValue() + "}").getBytes(StandardCharsets.US_ASCII);
        sum.reset();
        write(mark, '\n');
        try {
            out.flush();
            if (System.nanoTime() - forced
                    > NANOS_BETWEEN_FORCES) { // each would cost more than a portion of a small model
                channel.force(false);
                forced = System.nanoTime();
            }
        } catch (IOException e) {
            throw Places.naming(file, e);
        }
        rows = done;
    }

    private void write(byte[] line, int end) throws IOException {
        try {
            out.write(line);
            out.write(end);
        } catch (IOException e) {
            throw Places.naming(file, e);
        }
        sum.update(line);
    }

    /** Gives all outcomes in order; nothing can be added afterwards. */
    public void replay(Consumer to) throws IOException {
        try {
            out.flush();
        } catch (IOException e) {
            throw Places.naming(file, e);
        }
        channel.position(0);
        Lines lines = new Lines(channel);
        for (byte[] line = lines.next(); line != null; line = lines.next()) {
            if (!isMark(line)) {
                Map.Entry<String, JsonNode> outcome =
                        JSON.readTree(line).properties().iterator().next();
                to.accept(new Outcome(outcome.getKey(), (ObjectNode) outcome.getValue()));
            }
        }
    }

    /** Closes the file, with what it holds. */
    @Override
    public void close() throws IOException {
        channel.close(); // what is buffered has no mark
    }
}
