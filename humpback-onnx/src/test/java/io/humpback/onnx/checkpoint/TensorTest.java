package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorTest {

    @TempDir
    Path folder;

    private Safetensors withNumbers(long... shape) throws IOException {
        Path path = folder.resolve("numbers.safetensors");
        float[] values = new float[(int) Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
            values[i] = i;
        }
        new SafetensorsWriter().add("x", values, shape).write(path);
        return Safetensors.open(path);
    }

    @Test
    void rowsRunAlongTheLastDimension() throws IOException {
        try (Safetensors file = withNumbers(2, 3, 4)) {
            Tensor tensor = file.tensor("x");
            assertEquals(6, tensor.rows());
            assertEquals(4, tensor.rowLength());
            assertEquals(16, tensor.rowBytes());
            assertEquals(96, tensor.byteSize());
            float[] rows = new float[10];
            tensor.floats(4, 2, rows, 1);
            assertArrayEquals(new float[] {0, 16, 17, 18, 19, 20, 21, 22, 23, 0}, rows);
        }
    }

    @Test
    void aVectorIsOneRow() throws IOException {
        try (Safetensors file = withNumbers(5)) {
            assertEquals(1, file.tensor("x").rows());
            assertArrayEquals(new float[] {0, 1, 2, 3, 4}, Shared.floats(file.tensor("x")));
        }
    }

    @Test
    void rowsGoIntoABufferFromItsPositionOn() throws IOException {
        try (Safetensors file = withNumbers(600, 1000)) {
            FloatBuffer buffer = ByteBuffer.allocateDirect(4 * 600_001)
                    .order(ByteOrder.nativeOrder())
                    .asFloatBuffer()
                    .put(-1);
            file.tensor("x").floats(0, 600, buffer);
            assertEquals(0, buffer.remaining());
            for (int i = 0; i < 600_000; i++) {
                assertEquals(i, buffer.get(i + 1));
            }
        }
    }

    @Test
    void rowsOutsideTheTensorAndShortDestinationsAreRefused() throws IOException {
        try (Safetensors file = withNumbers(2, 3)) {
            Tensor tensor = file.tensor("x");
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.floats(1, 2, new float[6], 0));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.floats(-1, 1, new float[6], 0));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.floats(0, 2, new float[6], 1));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.floats(0, 2, FloatBuffer.allocate(5)));
            assertThrows(IndexOutOfBoundsException.class, () -> tensor.bytes(2, 1));
        }
    }

    @Test
    void storedBytesAreACopyAndLittleEndian() throws IOException {
        try (Safetensors file = withNumbers(2, 3)) {
            ByteBuffer bytes = file.tensor("x").bytes(1, 1);
            assertEquals(3f, bytes.getFloat());
            assertEquals(4f, bytes.getFloat());
            bytes.putFloat(0, 9f);
            assertEquals(3f, file.tensor("x").bytes(1, 1).getFloat());
        }
    }

    @Test
    void interleavedHalvesOfHeadsComeOutOneAfterTheOther() throws IOException {
        try (Safetensors file = withNumbers(8, 2)) {
            Tensor tensor = file.tensor("x").unpaired(4);
            float[] expected = {0, 1, 4, 5, 2, 3, 6, 7, 8, 9, 12, 13, 10, 11, 14, 15};
            assertArrayEquals(expected, Shared.floats(tensor));
            float[] fromBytes = new float[16];
            tensor.bytes(0, 8).asFloatBuffer().get(fromBytes);
            assertArrayEquals(expected, fromBytes);
            assertEquals(ByteOrder.LITTLE_ENDIAN, tensor.bytes(0, 8).order());
        }
    }

    /** {@return a file with a tensor x of a shape, whose zeros take no room} */
    private Path sparse(String shape, long bytes) throws IOException {
        String header = "{\"x\":{\"dtype\":\"F32\",\"shape\":[" + shape + "],\"data_offsets\":[0," + bytes + "]}}";
        Path path = folder.resolve("sparse.safetensors");
        try (RandomAccessFile out = new RandomAccessFile(path.toFile(), "rw")) {
            out.write(ByteBuffer.allocate(8)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length())
                    .array());
            out.write(header.getBytes(StandardCharsets.UTF_8));
            out.setLength(8 + header.length() + bytes);
        }
        return path;
    }

    @Test
    void aTensorBeyondTwoGibibytesIsReadToItsEnd() throws IOException {
        long rows = 700_000;
        Path path = sparse(rows + ",1024", rows * 4096);
        try (RandomAccessFile out = new RandomAccessFile(path.toFile(), "rw")) {
            out.seek(out.length() - 4096);
            out.writeInt(0x0000803f); // 1, little endian
        }
        try (Safetensors file = Safetensors.open(path)) {
            Tensor tensor = file.tensor("x");
            assertEquals(rows, tensor.rows());
            float[] last = new float[2048];
            tensor.floats(rows - 2, 2, last, 0);
            assertEquals(0, last[1023]);
            assertEquals(1, last[1024]);
            assertEquals(1, tensor.bytes(rows - 1, 1).getFloat());
            assertThrows(IllegalArgumentException.class, () -> tensor.bytes(0, 300_000));
        }
    }

    @Test
    void aRowBeyondAGibibyteIsRefused() throws IOException {
        long length = (1L << 28) + 1;
        Path path = sparse("" + length, length * 4);
        try (Safetensors file = Safetensors.open(path)) {
            String message =
                    assertThrows(ModelException.class, () -> file.tensor("x")).getMessage();
            assertTrue(message.endsWith("expected at most 1 GiB"), message);
        }
    }
}
