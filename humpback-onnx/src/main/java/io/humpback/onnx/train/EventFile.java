package io.humpback.onnx.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
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
        events.write(message(event -> {
            event.writeDouble(1, now / 1000.0);
            event.writeString(3, "brain.Event:2");
        }));
        return events;
    }

    /** Adds the numbers of an entry under their names. */
    void add(ObjectNode entry) throws IOException {
        byte[] summary = message(values -> {
            for (Map.Entry<String, JsonNode> field : entry.properties()) {
                if (!field.getKey().equals(History.STEP) && !field.getKey().equals(History.TIME)) {
                    values.writeByteArray(1, message(value -> {
                        value.writeString(1, field.getKey());
                        value.writeFloat(2, (float) field.getValue().doubleValue());
                    }));
                }
            }
        });
        write(message(event -> {
            event.writeDouble(1, entry.path(History.TIME).doubleValue());
            event.writeInt64(2, entry.path(History.STEP).longValue());
            event.writeByteArray(5, summary);
        }));
    }

    /** The fields of a message. */
    @FunctionalInterface
    private interface Fields {
        void write(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Fields fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        fields.write(out);
        out.flush();
        return bytes.toByteArray();
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

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
