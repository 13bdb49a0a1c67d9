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
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars as TensorBoard reads them: a sequence of records, each an {@code Event} of its protocol buffers with its length
 * and checksums. Fields of Event: 1 wall time, 2 step, 3 version of the file, 5 summary; of a summary: 1 value; of a value:
 * 1 tag, 2 number.
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
        try (DirectoryStream<Path> old = Files.newDirectoryStream(folder, NAME + "*" + SUFFIX)) {
            for (Path file : old) {
                Files.delete(file);
            }
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
        byte[] summary = message(to -> {
            for (Map.Entry<String, JsonNode> field : entry.properties()) {
                if (!field.getKey().equals(History.STEP) && !field.getKey().equals(History.TIME)) {
                    to.writeByteArray(1, message(value -> {
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

    /** Writes the fields of a message. */
    @FunctionalInterface
    private interface Fields {
        void writeTo(CodedOutputStream out) throws IOException;
    }

    private static byte[] message(Fields fields) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        CodedOutputStream out = CodedOutputStream.newInstance(bytes);
        fields.writeTo(out);
        out.flush();
        return bytes.toByteArray();
    }

    /** A record: length, its checksum, the data, its checksum. */
    private void write(byte[] data) throws IOException {
        ByteBuffer record = ByteBuffer.allocate(Long.BYTES + Integer.BYTES + data.length + Integer.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(data.length);
        record.putInt(maskedChecksum(record.array(), Long.BYTES));
        out.write(record.put(data).putInt(maskedChecksum(data, data.length)).array());
    }

    private static int maskedChecksum(byte[] data, int length) {
        CRC32C crc = new CRC32C();
        crc.update(data, 0, length);
        return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
