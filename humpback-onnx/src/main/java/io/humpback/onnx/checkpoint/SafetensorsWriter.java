package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.humpback.internal.AtomicFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Writes a safetensors file: collects what belongs in it, then writes all of it at once. The file appears whole or not at
 * all: it is written under another name, forced to disk and renamed, so that nobody who has the old one open sees it change.
 * The same content gives the same bytes as the format's reference writer. Not thread-safe.
 */
public final class SafetensorsWriter {

    /** Bytes copied at a time. */
    private static final int CHUNK = 1 << 20;

    /** The data of a tensor, produced when the file is written. */
    @FunctionalInterface
    public interface Content {

        /** Writes exactly the bytes of the tensor, little endian, to a blocking channel that stays open. */
        void writeTo(WritableByteChannel channel) throws IOException;
    }

    private record Entry(String name, DType dtype, long[] shape, long bytes, Content content) {}

    private final Map<String, String> metadata = new TreeMap<>();
    private final List<Entry> entries = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    /** Numbers on their way to the file. */
    private final ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);

    /** A writer of a file with no tensors yet. */
    public SafetensorsWriter() {}

    /** {@return this, with a text in the file's {@code __metadata__}, which replaces one of the same name} */
    public SafetensorsWriter metadata(String key, String value) {
        metadata.put(key, value);
        return this;
    }

    /**
     * {@return this, with a tensor more}
     *
     * @param name not among those added before
     * @param dtype F32, F16 or BF16
     * @param shape its dimensions, the last running fastest; each at least 0
     * @param content called once for every {@link #write}
     */
    public SafetensorsWriter add(String name, DType dtype, long[] shape, Content content) {
        if (dtype.blockSize() != 1) {
            throw new IllegalArgumentException(name + ": dtype " + dtype + ", expected F32, F16 or BF16");
        }
        if (name.equals(Safetensors.METADATA) || !names.add(name)) {
            throw new IllegalArgumentException(name + ": expected another name than those there are");
        }
        long elements = 1;
        for (long dimension : shape) {
            if (dimension < 0) {
                throw new IllegalArgumentException(name + ": dimension " + dimension + ", expected at least 0");
            }
            elements = Math.multiplyExact(elements, dimension);
        }
        entries.add(new Entry(name, dtype, shape.clone(), dtype.bytes(elements), content));
        return this;
    }

    /** {@return this, with an F32 tensor more; the values, one for each element, are not copied} */
    public SafetensorsWriter add(String name, float[] values, long... shape) {
        return add(name, DType.F32, FloatBuffer.wrap(values), shape);
    }

    /**
     * {@return this, with a tensor more: F32, or rounded to BF16, halves to even; the values, one for each element,
     * from the buffer's beginning to its limit, are not copied}
     */
    public SafetensorsWriter add(String name, DType dtype, FloatBuffer values, long... shape) {
        return add(name, dtype, shape, channel -> {
            for (int done = 0; done < values.limit(); ) {
                int n = Math.min(CHUNK / 4, values.limit() - done);
                writeFully(channel, encoded(dtype, values.slice(done, n), buffer));
                done += n;
            }
        });
    }

    /**
     * {@return this, with a tensor of a checkpoint: bit for bit where it is stored in the format asked for, else in F32
     * or rounded to BF16, halves to even; the checkpoint stays open until {@link #write} is done}
     */
    public SafetensorsWriter add(Tensor tensor, DType dtype) {
        if (tensor.dtype() == dtype) {
            return add(tensor);
        }
        return add(tensor.name(), dtype, tensor.shape(), channel -> {
            int step = Math.max(1, CHUNK / 4 / Math.max(1, tensor.rowLength()));
            float[] some = new float[step * tensor.rowLength()];
            int size = (int) dtype.bytes(some.length);
            ByteBuffer bytes =
                    size <= CHUNK ? buffer : ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
            for (long row = 0; row < tensor.rows(); row += step) {
                int n = (int) Math.min(step, tensor.rows() - row);
                tensor.floats(row, n, some, 0);
                writeFully(channel, encoded(dtype, FloatBuffer.wrap(some, 0, n * tensor.rowLength()), bytes));
            }
        });
    }

    private static ByteBuffer encoded(DType dtype, FloatBuffer values, ByteBuffer bytes) {
        bytes.clear().limit((int) dtype.bytes(values.limit()));
        switch (dtype) {
            case F32 -> bytes.asFloatBuffer().put(values);
            case BF16 -> {
                for (int i = 0; i < values.limit(); i++) {
                    bytes.putShort(2 * i, DType.bfloat16(values.get(i)));
                }
            }
            default -> throw new IllegalArgumentException("dtype " + dtype + ", expected F32 or BF16");
        }
        return bytes;
    }

    /**
     * {@return this, with a copy of an F32, F16 or BF16 tensor, bit for bit; its checkpoint stays open until {@link
     * #write} is done}
     */
    public SafetensorsWriter add(Tensor tensor) {
        return add(tensor.name(), tensor.dtype(), tensor.shape(), channel -> {
            int step = Math.max(1, tensor.rowsWithin(CHUNK));
            for (long row = 0; row < tensor.rows() && tensor.rowBytes() > 0; row += step) {
                writeFully(channel, tensor.bytes(row, (int) Math.min(step, tensor.rows() - row)));
            }
        });
    }

    /**
     * Writes the file, replacing one that is there.
     *
     * @param path of the file, in a folder that exists
     * @throws IOException if that fails; then whatever was at the path before is still there
     * @throws IllegalStateException if a content wrote fewer or more bytes than its tensor has
     */
    public void write(Path path) throws IOException {
        AtomicFiles.write(path, this::writeTo);
    }

    private void writeTo(FileChannel channel) throws IOException {
        // wider types first, so that each stays aligned; this order is the reference writer's
        List<Entry> sorted = new ArrayList<>(entries);
        sorted.sort(Comparator.comparing(
                        (Entry e) -> List.of(DType.F32, DType.BF16, DType.F16).indexOf(e.dtype()))
                .thenComparing(Entry::name));
        byte[] header = header(sorted);
        int padded = (header.length + 7) / 8 * 8;
        ByteBuffer start = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN);
        start.putLong(padded).put(header);
        while (start.hasRemaining()) {
            start.put((byte) ' ');
        }
        writeFully(channel, start.flip());
        for (Entry entry : sorted) {
            long before = channel.position();
            entry.content().writeTo(channel);
            long written = channel.position() - before;
            if (written != entry.bytes()) {
                throw new IllegalStateException(
                        entry.name() + ": " + written + " bytes written, expected " + entry.bytes());
            }
        }
    }

    private byte[] header(List<Entry> sorted) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.writeStartObject();
            if (!metadata.isEmpty()) {
                json.writeObjectFieldStart(Safetensors.METADATA);
                for (Map.Entry<String, String> text : metadata.entrySet()) {
                    json.writeStringField(text.getKey(), text.getValue());
                }
                json.writeEndObject();
            }
            long offset = 0;
            for (Entry entry : sorted) {
                json.writeObjectFieldStart(entry.name());
                json.writeStringField("dtype", entry.dtype().name());
                json.writeFieldName("shape");
                json.writeArray(entry.shape(), 0, entry.shape().length);
                json.writeFieldName("data_offsets");
                json.writeArray(new long[] {offset, Math.addExact(offset, entry.bytes())}, 0, 2);
                json.writeEndObject();
                offset += entry.bytes();
            }
            json.writeEndObject();
        }
        return out.toByteArray();
    }

    private static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }
}
