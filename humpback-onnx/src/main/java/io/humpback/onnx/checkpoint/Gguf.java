package io.humpback.onnx.checkpoint;

import io.humpback.model.ModelException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One GGUF file of version 2 or 3, or the parts of one: metadata and tensors under the names that the file gives them. Checks at
 * least what ggml's own reader checks ({@code gguf.cpp}), and caps every count by the bytes that remain. Thread-safe.
 */
public final class Gguf implements Closeable {

    private static final int MAGIC = 0x46554747; // "GGUF", little endian
    private static final String ALIGNMENT = "general.alignment";
    private static final int DEFAULT_ALIGNMENT = 32;

    // A vocabulary of 256,000 tokens takes some 16 MB. The caps leave room for more than that and still keep the
    // objects made from a hostile header to a few hundred MB.
    private static final int MAX_HEADER = 64 << 20;
    private static final int MAX_STRINGS = 1 << 21;
    private static final int MAX_ENTRIES = 1 << 16;
    private static final long MAX_ALIGNMENT = 1 << 20;
    private static final int MAX_NAME_BYTES = 63;
    private static final int MAX_DIMENSIONS = 4;

    /** The least that a key with its value, and a tensor's description, take in the file. */
    private static final int MIN_KEY_BYTES = 8 + 1 + 4 + 1;

    private static final int MIN_TENSOR_BYTES = 8 + 1 + 4 + 4 + 8;

    /** ggml's types by number; null where a number was never used or its type has been withdrawn. */
    private static final @Nullable String[] TYPES = {
        "F32", "F16", "Q4_0", "Q4_1", null, null, "Q5_0", "Q5_1", "Q8_0", "Q8_1", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
        "Q6_K", "Q8_K", "IQ2_XXS", "IQ2_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ2_S", "IQ4_XS", "I8", "I16",
        "I32", "I64", "F64", "IQ1_M", "BF16", null, null, null, "TQ1_0", "TQ2_0", null, null, null, "MXFP4", "NVFP4",
        "Q1_0"
    };

    private final List<TensorFile> files;
    private final int version;
    private final Map<String, Object> metadata;
    private final Map<String, Tensor> tensors;

    private Gguf(List<TensorFile> files, int version, Map<String, Object> metadata, Map<String, Tensor> tensors) {
        this.files = files;
        this.version = version;
        this.metadata = Collections.unmodifiableMap(metadata);
        this.tensors = Collections.unmodifiableMap(tensors);
    }

    /**
     * {@return the file, checked and ready to read}
     *
     * @param path of the file
     * @throws ModelException if it is not a well-formed GGUF file, or holds a tensor of a type that is not a {@link DType}
     * @throws IOException if it cannot be read
     */
    public static Gguf open(Path path) throws IOException {
        TensorFile file = TensorFile.open(path);
        try {
            return new HeaderReader(file).read();
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    /** {@return this file with the tensors of others; closes them with it} */
    Gguf with(List<Gguf> others) {
        List<TensorFile> all = new ArrayList<>(files);
        Map<String, Tensor> joined = new LinkedHashMap<>(tensors);
        for (Gguf other : others) {
            all.addAll(other.files);
            other.tensors.forEach((name, tensor) -> {
                if (joined.put(name, tensor) != null) {
                    throw Refusal.of(other.path(), "tensor " + Refusal.shown(name) + " is in another part too");
                }
            });
        }
        return new Gguf(all, version, metadata, joined);
    }

    /** {@return the path it was opened from, that of the first part if there are several} */
    public Path path() {
        return files.get(0).path();
    }

    /** {@return the version of the format: 2 or 3} */
    public int version() {
        return version;
    }

    /**
     * {@return the metadata in the file's order, not to be changed: a {@code Long} for every integer type, {@code Float} or
     * {@code Double}, {@code Boolean}, {@code String}; for arrays a {@code List<String>} or a primitive array of the stored
     * width ({@code byte[]}, {@code short[]}, {@code int[]}, {@code long[]}, {@code float[]}, {@code double[]},
     * {@code boolean[]}), in which unsigned numbers keep their bits}
     */
    public Map<String, Object> metadata() {
        return metadata;
    }

    /** {@return the names of all tensors, in the order of their data} */
    public Set<String> names() {
        return tensors.keySet();
    }

    /**
     * {@return a tensor as it is stored; its shape is the file's in reverse, the last dimension running fastest}
     *
     * @param name as in {@link #names()}
     * @throws ModelException if there is none of this name
     */
    public Tensor tensor(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw Refusal.of(path(), "no tensor " + Refusal.shown(name));
        }
        return tensor;
    }

    /** {@return the files that hold it, the first part first} */
    List<TensorFile> files() {
        return files;
    }

    /** Lets the file go; tensors read from it afterwards fail. Closing twice is harmless. */
    @Override
    public void close() {
        files.forEach(TensorFile::close);
    }

    /** Reads everything before the tensors' data. */
    private static final class HeaderReader {

        private final TensorFile file;
        private final ByteBuffer in;
        private int strings;

        HeaderReader(TensorFile file) throws IOException {
            this.file = file;
            this.in = file.head((int) Math.min(file.size(), MAX_HEADER));
        }

        Gguf read() {
            try {
                require(in.getInt() == MAGIC, "not a GGUF file: expected to start with \"GGUF\"");
                int version = in.getInt();
                require(version == 0 || (version & 0xffff) != 0, "big-endian GGUF, expected little-endian");
                require(
                        version == 2 || version == 3,
                        "GGUF version " + Integer.toUnsignedString(version) + ", expected 2 or 3");
                int tensorCount = count("tensors", in.getLong(), MIN_TENSOR_BYTES, MAX_ENTRIES);
                int keyCount = count("metadata keys", in.getLong(), MIN_KEY_BYTES, MAX_ENTRIES);
                Map<String, Object> metadata = new LinkedHashMap<>();
                long alignment = DEFAULT_ALIGNMENT;
                for (int i = 0; i < keyCount; i++) {
                    String key = string("metadata key " + i);
                    require(!key.isEmpty(), "metadata key " + i + " is empty");
                    String at = "metadata " + Refusal.shown(key);
                    int type = in.getInt();
                    Object value = value(at, type);
                    require(metadata.put(key, value) == null, at + ": given twice");
                    if (key.equals(ALIGNMENT)) {
                        alignment = alignment(type, value);
                    }
                }
                return new Gguf(List.of(file), version, metadata, tensors(tensorCount, alignment));
            } catch (BufferUnderflowException e) {
                throw Refusal.of(
                        file.path(),
                        file.size() > MAX_HEADER
                                ? "header longer than " + MAX_HEADER + " bytes"
                                : "header cut off by the end of the file, " + file.size() + " bytes long");
            }
        }

        private long alignment(int type, Object value) {
            require(type == Type.UINT32, ALIGNMENT + ": type " + type + ", expected an unsigned 32-bit integer");
            long alignment = (Long) value;
            require(
                    Long.bitCount(alignment) == 1 && alignment <= MAX_ALIGNMENT,
                    ALIGNMENT + " " + alignment + ": expected a power of two up to " + MAX_ALIGNMENT);
            return alignment;
        }

        /** Descriptions first, then data: each tensor has to start where the padded one before it ends. */
        private Map<String, Tensor> tensors(int count, long alignment) {
            record Description(String name, DType dtype, long[] shape, long offset) {}
            List<Description> descriptions = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                String name = string("name of tensor " + i);
                int bytes = name.getBytes(StandardCharsets.UTF_8).length;
                require(
                        bytes > 0 && bytes <= MAX_NAME_BYTES,
                        "name of tensor " + i + ": " + bytes + " bytes, expected 1 to " + MAX_NAME_BYTES);
                String at = "tensor " + Refusal.shown(name);
                long[] shape = shape(at);
                DType dtype = dtype(at, in.getInt());
                long row = shape.length == 0 ? 1 : shape[shape.length - 1];
                require(
                        row % dtype.blockSize() == 0,
                        at + ": rows of " + row + " elements, expected a multiple of " + dtype.blockSize() + " for "
                                + dtype);
                descriptions.add(new Description(name, dtype, shape, in.getLong()));
            }
            long start = padded(in.position(), alignment);
            long end = 0;
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (Description next : descriptions) {
                String at = "tensor " + Refusal.shown(next.name());
                require(
                        next.offset() == end,
                        at + ": offset " + Long.toUnsignedString(next.offset()) + ", expected " + end);
                long bytes;
                try {
                    bytes = next.dtype().bytes(elements(next.shape()));
                } catch (ArithmeticException e) {
                    throw Refusal.of(
                            file.path(),
                            at + ": " + next.dtype() + " of shape " + Arrays.toString(next.shape()) + " overflows");
                }
                long remaining = file.size() - start - end;
                require(bytes <= remaining, at + ": " + bytes + " bytes, but only " + remaining + " are left");
                Tensor tensor = new Tensor(file, next.name(), next.dtype(), next.shape(), start + end);
                require(tensors.put(next.name(), tensor) == null, at + ": given twice");
                end = padded(end + bytes, alignment);
            }
            return tensors;
        }

        private long[] shape(String at) {
            int rank = in.getInt();
            require(
                    rank >= 0 && rank <= MAX_DIMENSIONS,
                    at + ": " + Integer.toUnsignedString(rank) + " dimensions, expected at most " + MAX_DIMENSIONS);
            long[] shape = new long[rank];
            for (int i = rank - 1; i >= 0; i--) {
                shape[i] = in.getLong();
                require(shape[i] >= 0, at + ": dimension " + Long.toUnsignedString(shape[i]) + ", expected below 2^63");
            }
            return shape;
        }

        private static long elements(long[] shape) {
            long elements = 1;
            for (long dimension : shape) {
                elements = Math.multiplyExact(elements, dimension);
            }
            return elements;
        }

        private DType dtype(String at, int type) {
            String name = type >= 0 && type < TYPES.length ? TYPES[type] : null;
            require(name != null, at + ": unknown type " + type);
            for (DType dtype : DType.values()) {
                if (dtype.name().equals(name)) {
                    return dtype;
                }
            }
            throw Refusal.of(
                    file.path(),
                    at + ": type " + name + " is not supported, expected one of " + Arrays.toString(DType.values()));
        }

        private Object value(String at, int type) {
            return switch (type) {
                case Type.UINT8 -> in.get() & 0xffL;
                case Type.INT8 -> (long) in.get();
                case Type.UINT16 -> in.getShort() & 0xffffL;
                case Type.INT16 -> (long) in.getShort();
                case Type.UINT32 -> in.getInt() & 0xffffffffL;
                case Type.INT32 -> (long) in.getInt();
                case Type.FLOAT32 -> in.getFloat();
                case Type.BOOL -> in.get() != 0;
                case Type.STRING -> string(at);
                case Type.ARRAY -> array(at, in.getInt(), in.getLong());
                case Type.UINT64 -> {
                    long value = in.getLong();
                    require(value >= 0, at + ": " + Long.toUnsignedString(value) + ", expected below 2^63");
                    yield value;
                }
                case Type.INT64 -> in.getLong();
                case Type.FLOAT64 -> in.getDouble();
                default -> throw Refusal.of(file.path(), at + ": unknown type " + Integer.toUnsignedString(type));
            };
        }

        private Object array(String at, int type, long length) {
            switch (type) {
                case Type.UINT8, Type.INT8 -> {
                    byte[] values = new byte[count(at, length, 1, Integer.MAX_VALUE)];
                    in.get(values);
                    return values;
                }
                case Type.BOOL -> {
                    boolean[] values = new boolean[count(at, length, 1, Integer.MAX_VALUE)];
                    for (int i = 0; i < values.length; i++) {
                        values[i] = in.get() != 0;
                    }
                    return values;
                }
                case Type.UINT16, Type.INT16 -> {
                    short[] values = new short[count(at, length, 2, Integer.MAX_VALUE)];
                    run(2L * values.length).asShortBuffer().get(values);
                    return values;
                }
                case Type.UINT32, Type.INT32 -> {
                    int[] values = new int[count(at, length, 4, Integer.MAX_VALUE)];
                    run(4L * values.length).asIntBuffer().get(values);
                    return values;
                }
                case Type.FLOAT32 -> {
                    float[] values = new float[count(at, length, 4, Integer.MAX_VALUE)];
                    run(4L * values.length).asFloatBuffer().get(values);
                    return values;
                }
                case Type.UINT64, Type.INT64 -> {
                    long[] values = new long[count(at, length, 8, Integer.MAX_VALUE)];
                    run(8L * values.length).asLongBuffer().get(values);
                    return values;
                }
                case Type.FLOAT64 -> {
                    double[] values = new double[count(at, length, 8, Integer.MAX_VALUE)];
                    run(8L * values.length).asDoubleBuffer().get(values);
                    return values;
                }
                case Type.STRING -> {
                    int n = count(at, length, 8, MAX_STRINGS - strings);
                    strings += n;
                    List<String> values = new ArrayList<>(n);
                    for (int i = 0; i < n; i++) {
                        values.add(string(at));
                    }
                    return Collections.unmodifiableList(values);
                }
                case Type.ARRAY -> throw Refusal.of(file.path(), at + ": an array of arrays");
                default ->
                    throw Refusal.of(file.path(), at + ": array of unknown type " + Integer.toUnsignedString(type));
            }
        }

        private String string(String at) {
            ByteBuffer bytes = run(count(at, in.getLong(), 1, Integer.MAX_VALUE));
            try {
                return StandardCharsets.UTF_8.newDecoder().decode(bytes).toString();
            } catch (CharacterCodingException e) {
                throw Refusal.of(file.path(), at + ": text is not UTF-8");
            }
        }

        /** {@return the next bytes, which are passed; their number is checked against what remains} */
        private ByteBuffer run(long length) {
            ByteBuffer bytes = in.slice(in.position(), (int) length).order(ByteOrder.LITTLE_ENDIAN);
            in.position(in.position() + (int) length);
            return bytes;
        }

        /** {@return a number of things read from the file, once it is clear that the bytes they take are there} */
        private int count(String what, long count, int bytesEach, int max) {
            long fits = Math.min(in.remaining() / bytesEach, max);
            if (Long.compareUnsigned(count, fits) > 0) { // not by require(): this is called for every token
                throw Refusal.of(
                        file.path(),
                        what + ": " + Long.toUnsignedString(count) + ", expected at most " + fits
                                + ", which is what the rest of the header can hold");
            }
            return (int) count;
        }

        /** {@return the next multiple of the alignment}; both stay far below 2^63 */
        private static long padded(long offset, long alignment) {
            return (offset + alignment - 1) / alignment * alignment;
        }

        private void require(boolean holds, String otherwise) {
            if (!holds) {
                throw Refusal.of(file.path(), otherwise);
            }
        }
    }

    /** The types of metadata values. */
    private static final class Type {
        static final int UINT8 = 0;
        static final int INT8 = 1;
        static final int UINT16 = 2;
        static final int INT16 = 3;
        static final int UINT32 = 4;
        static final int INT32 = 5;
        static final int FLOAT32 = 6;
        static final int BOOL = 7;
        static final int STRING = 8;
        static final int ARRAY = 9;
        static final int UINT64 = 10;
        static final int INT64 = 11;
        static final int FLOAT64 = 12;

        private Type() {}
    }
}
