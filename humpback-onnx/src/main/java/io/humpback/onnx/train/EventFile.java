package io.humpback.onnx.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32C;

/**
 * Scalars as TensorBoard reads them: a sequence of records, each an {@code Event} of its protocol buffers with its length
 * and checksums. Fields of Event: 1 wall time, 2 step, 3 version of the file, 5 summary; of a summary's value: 1 tag,
 * 2 number.
 */
final class EventFile implements Closeable {

    private static final String NAME = "events.out.tfevents.";
    private static final String SUFFIX = ".humpback";

    private static final int VARINT = 0;
    private static final int FIXED64 = 1;
    private static final int BYTES = 2;
    private static final int FIXED32 = 5;

    private final OutputStream out;

    private EventFile(OutputStream out) {
        this.out = out;
    }

    /** {@return an empty file in a folder, in place of those that are there} */
    static EventFile in(Path folder) throws IOException {
        List<Path> old;
        try (Stream<Path> files = Files.list(folder)) {
            old = files.filter(file -> {
                        String name = file.getFileName().toString();
                        return name.startsWith(NAME) && name.endsWith(SUFFIX);
                    })
                    .toList();
        }
        for (Path file : old) {
            Files.delete(file);
        }
        long now = System.currentTimeMillis();
        String name = String.format(Locale.ROOT, "%s%010d%s", NAME, now / 1000, SUFFIX);
        EventFile events =
                new EventFile(new FileOutputStream(folder.resolve(name).toFile()));
        ByteArrayOutputStream version = new ByteArrayOutputStream();
        number(version, now / 1000.0);
        bytes(version, 3, "brain.Event:2".getBytes(StandardCharsets.UTF_8));
        events.write(version.toByteArray());
        return events;
    }

    /** Adds the numbers of an entry under their names. */
    void add(ObjectNode entry) throws IOException {
        ByteArrayOutputStream summary = new ByteArrayOutputStream();
        for (Map.Entry<String, JsonNode> field : entry.properties()) {
            if (!field.getKey().equals(History.STEP) && !field.getKey().equals(History.TIME)) {
                ByteArrayOutputStream value = new ByteArrayOutputStream();
                bytes(value, 1, field.getKey().getBytes(StandardCharsets.UTF_8));
                key(value, 2, FIXED32);
                value.writeBytes(little(Float.BYTES)
                        .putFloat((float) field.getValue().doubleValue())
                        .array());
                bytes(summary, 1, value.toByteArray());
            }
        }
        ByteArrayOutputStream event = new ByteArrayOutputStream();
        number(event, entry.path(History.TIME).doubleValue());
        key(event, 2, VARINT);
        varint(event, entry.path(History.STEP).longValue());
        bytes(event, 5, summary.toByteArray());
        write(event.toByteArray());
    }

    /** A record: length, its checksum, the data, its checksum. */
    private void write(byte[] data) throws IOException {
        byte[] length = little(Long.BYTES).putLong(data.length).array();
        ByteBuffer record = little(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES);
        out.write(record.put(length)
                .putInt(masked(length))
                .put(data)
                .putInt(masked(data))
                .array());
    }

    private static int masked(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    private static void number(ByteArrayOutputStream out, double wallTime) {
        key(out, 1, FIXED64);
        out.writeBytes(little(Double.BYTES).putDouble(wallTime).array());
    }

    private static void bytes(ByteArrayOutputStream out, int field, byte[] data) {
        key(out, field, BYTES);
        varint(out, data.length);
        out.writeBytes(data);
    }

    private static void key(ByteArrayOutputStream out, int field, int type) {
        varint(out, (long) field << 3 | type);
    }

    private static void varint(ByteArrayOutputStream out, long value) {
        long rest = value;
        for (; rest >>> 7 != 0; rest >>>= 7) {
            out.write((int) (rest & 0x7f | 0x80));
        }
        out.write((int) rest);
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
