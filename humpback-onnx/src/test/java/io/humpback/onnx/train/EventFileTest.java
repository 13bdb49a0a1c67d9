package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventFileTest {

    @TempDir
    Path folder;

    private Path file() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> found = files.toList();
            assertEquals(1, found.size());
            assertTrue(found.get(0).getFileName().toString().contains("tfevents"));
            return found.get(0);
        }
    }

    private static int masked(byte[] data) {
        CRC32C crc = new CRC32C();
        crc.update(data);
        long value = crc.getValue();
        return (int) ((value >>> 15 | value << 17) + 0xa282ead8L);
    }

    /** Reads records as the format's readers do, checksums and all. */
    private static List<byte[]> records(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        List<byte[]> records = new ArrayList<>();
        while (in.hasRemaining()) {
            byte[] length = new byte[8];
            in.get(length);
            assertEquals(masked(length), in.getInt());
            byte[] data = new byte
                    [(int) ByteBuffer.wrap(length)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .getLong()];
            in.get(data);
            assertEquals(masked(data), in.getInt());
            records.add(data);
        }
        return records;
    }

    private static ObjectNode entry() {
        return new ObjectMapper()
                .createObjectNode()
                .put("step", 300)
                .put("time", 2.5)
                .put("loss", 1.5);
    }

    @Test
    void aScalarIsAnEventOfItsStepAndTime() throws IOException {
        try (EventFile events = EventFile.in(folder)) {
            events.add(entry());
        }
        List<byte[]> records = records(Files.readAllBytes(file()));
        assertEquals(2, records.size());
        assertTrue(new String(records.get(0), StandardCharsets.ISO_8859_1).endsWith("\u001a\rbrain.Event:2"));
        byte[] expected = ByteBuffer.allocate(27)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put((byte) 0x09) // wall time
                .putDouble(2.5)
                .put(new byte[] {0x10, (byte) 0xac, 0x02}) // step 300
                .put(new byte[] {0x2a, 13, 0x0a, 11}) // summary with one value
                .put(new byte[] {0x0a, 4, 'l', 'o', 's', 's', 0x15}) // tag and number
                .putFloat(1.5f)
                .array();
        assertArrayEquals(expected, records.get(1));
    }

    @Test
    void aFileThatIsThereIsReplaced() throws IOException {
        Files.writeString(folder.resolve("events.out.tfevents.0000000001.humpback"), "old");
        EventFile.in(folder).close();
        assertEquals(1, records(Files.readAllBytes(file())).size());
    }
}
