package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.util.ByteBufferBackedInputStream;
import io.humpback.model.ModelException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.Reader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One safetensors file. Refuses what the reference parser of the format refuses
 * (github.com/huggingface/safetensors, {@code tensor.rs}), and duplicate keys, which the format forbids but that parser
 * lets pass. Thread-safe.
 */
public final class Safetensors implements Closeable {

    static final String METADATA = "__metadata__";

    private static final long MAX_HEADER = 100_000_000;
    // far beyond any model; a header of 100 MB could otherwise hold millions of empty tensors, each an object
    private static final int MAX_TENSORS = 1 << 18;
    private static final int MAX_METADATA = 1 << 16;
    private static final int MAX_RANK = 64;

    /** Names from strangers are neither interned nor kept in a shared table. */
    private static final JsonFactory JSON = JsonFactory.builder()
            .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
            .disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .build();

    /** A tensor as the header describes it; begin and end count from the end of the header. */
    private record Entry(String dtype, long[] shape, long begin, long end) {}

    private final TensorFile file;
    private final long dataStart;
    private final Map<String, Entry> entries;
    private final Map<String, String> metadata;

    private Safetensors(TensorFile file, long dataStart, Map<String, Entry> entries, Map<String, String> metadata) {
        this.file = file;
        this.dataStart = dataStart;
        this.entries = entries;
        this.metadata = metadata;
    }

    /**
     * {@return the file, checked and ready to read}
     *
     * @param path of the file
     * @throws ModelException if it is not a well-formed safetensors file
     * @throws IOException if it cannot be read
     */
    public static Safetensors open(Path path) throws IOException {
        TensorFile file = TensorFile.open(path);
        try {
            return read(file);
        } catch (IOException | RuntimeException | Error e) {
            file.close();
            throw e;
        }
    }

    private static Safetensors read(TensorFile file) throws IOException {
        Path path = file.path();
        long size = file.size();
        if (size < 8) {
            throw Refusal.of(path, size + " bytes long, expected at least the 8 of a header length");
        }
        long headerLength = file.read(0, 8).getLong();
        if (Long.compareUnsigned(headerLength, MAX_HEADER) > 0) {
            throw Refusal.of(
                    path, "header length " + Long.toUnsignedString(headerLength) + ", expected at most " + MAX_HEADER);
        }
        if (headerLength > size - 8) {
            throw Refusal.of(path, "header length " + headerLength + ", but only " + (size - 8) + " bytes follow");
        }
        Map<String, Entry> found = new LinkedHashMap<>();
        Map<String, String> metadata = new LinkedHashMap<>();
        try (Reader reader = utf8(file.head(8 + (int) headerLength).position(8));
                JsonParser parser = JSON.createParser(reader)) {
            new HeaderParser(path, parser).read(found, metadata);
        } catch (JsonProcessingException e) {
            throw Refusal.of(path, "header is not JSON: " + e.getOriginalMessage());
        } catch (CharacterCodingException e) {
            throw Refusal.of(path, "header is not UTF-8");
        }

        // in the order of the data, in which they must touch: no hole, no overlap, no shared range
        List<Map.Entry<String, Entry>> sorted = new ArrayList<>(found.entrySet());
        sorted.sort(Comparator.comparing(
                Map.Entry::getValue, Comparator.comparingLong(Entry::begin).thenComparingLong(Entry::end)));
        Map<String, Entry> entries = new LinkedHashMap<>();
        long end = 0;
        for (Map.Entry<String, Entry> next : sorted) {
            check(path, next.getKey(), next.getValue(), end);
            end = next.getValue().end();
            entries.put(next.getKey(), next.getValue());
        }
        if (end != size - 8 - headerLength) {
            throw Refusal.of(
                    path,
                    "tensors take " + end + " bytes, but " + (size - 8 - headerLength) + " bytes follow the header");
        }
        return new Safetensors(
                file, 8 + headerLength, Collections.unmodifiableMap(entries), Collections.unmodifiableMap(metadata));
    }

    private static Reader utf8(ByteBuffer bytes) {
        // a new decoder reports what is malformed; a reader made from the character set alone would replace it
        return new InputStreamReader(new ByteBufferBackedInputStream(bytes), StandardCharsets.UTF_8.newDecoder());
    }

    private static void check(Path path, String name, Entry entry, long expectedBegin) {
        String tensor = "tensor " + Refusal.shown(name);
        if (entry.begin() != expectedBegin || entry.end() < entry.begin()) {
            throw Refusal.of(
                    path,
                    tensor + ": data_offsets [" + entry.begin() + ", " + entry.end() + "], expected to start at "
                            + expectedBegin + ", where the one before ends, and not to end before");
        }
        long bits = 1;
        try {
            for (long dimension : entry.shape()) {
                bits = Math.multiplyExact(bits, dimension);
            }
            bits = Math.multiplyExact(bits, bits(entry.dtype()));
        } catch (ArithmeticException e) {
            throw Refusal.of(
                    path, tensor + ": " + entry.dtype() + " of shape " + Arrays.toString(entry.shape()) + " overflows");
        }
        if (bits % 8 != 0) {
            throw Refusal.of(path, tensor + ": " + bits + " bits of " + entry.dtype() + ", expected whole bytes");
        }
        if (entry.end() - entry.begin() != bits / 8) {
            throw Refusal.of(
                    path,
                    tensor + ": " + (entry.end() - entry.begin()) + " bytes, expected " + bits / 8 + " for "
                            + entry.dtype() + " of shape " + Arrays.toString(entry.shape()));
        }
    }

    /** {@return the bits that an element takes; 0 for a type that the format does not know} */
    private static int bits(String dtype) {
        return switch (dtype) {
            case "F4" -> 4;
            case "F6_E2M3", "F6_E3M2" -> 6;
            case "BOOL", "U8", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ" -> 8;
            case "I16", "U16", "F16", "BF16" -> 16;
            case "I32", "U32", "F32" -> 32;
            case "I64", "U64", "F64", "C64" -> 64;
            default -> 0;
        };
    }

    /** {@return the path it was opened from} */
    public Path path() {
        return file.path();
    }

    /** {@return the names of all tensors, in the order of their data} */
    public Set<String> names() {
        return entries.keySet();
    }

    /** {@return the texts under {@code __metadata__}; empty where there are none} */
    public Map<String, String> metadata() {
        return metadata;
    }

    /** {@return how a tensor is stored; null for a type that no tensor here can be read in} */
    @Nullable
    DType dtype(String name) {
        Entry entry = entries.get(name);
        return switch (entry == null ? "" : entry.dtype()) {
            case "F32" -> DType.F32;
            case "F16" -> DType.F16;
            case "BF16" -> DType.BF16;
            default -> null;
        };
    }

    /**
     * {@return a tensor of the file}
     *
     * @param name as in {@link #names()}
     * @throws ModelException if there is none of this name, or it is not F32, F16 or BF16
     */
    public Tensor tensor(String name) {
        Entry entry = entries.get(name);
        if (entry == null) {
            throw Refusal.of(path(), "no tensor " + Refusal.shown(name));
        }
        DType dtype = dtype(name);
        if (dtype == null) {
            throw Refusal.of(
                    path(),
                    "tensor " + Refusal.shown(name) + ": dtype " + entry.dtype() + ", expected F32, F16 or BF16");
        }
        return new Tensor(file, name, dtype, entry.shape(), dataStart + entry.begin());
    }

    TensorFile file() {
        return file;
    }

    /** Lets the file go; tensors read from it afterwards fail. Closing twice is harmless. */
    @Override
    public void close() {
        file.close();
    }

    /** The header, streamed: its size in memory is bounded by the counts above, not by what a stranger put into it. */
    private record HeaderParser(Path path, JsonParser parser) {

        void read(Map<String, Entry> entries, Map<String, String> metadata) throws IOException {
            boolean metadataSeen = false;
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw Refusal.of(path, "header is not a JSON object");
            }
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String name = parser.currentName();
                parser.nextToken();
                if (name.equals(METADATA)) {
                    require(!metadataSeen, METADATA, "given twice");
                    metadataSeen = true;
                    readMetadata(metadata);
                } else {
                    require(entries.size() < MAX_TENSORS, "header", "more than " + MAX_TENSORS + " tensors");
                    String tensor = "tensor " + Refusal.shown(name);
                    require(entries.put(name, readEntry(tensor)) == null, tensor, "given twice");
                }
            }
            require(parser.nextToken() == null, "header", "text after the JSON object");
        }

        private void readMetadata(Map<String, String> metadata) throws IOException {
            if (parser.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            require(parser.currentToken() == JsonToken.START_OBJECT, METADATA, "expected an object of texts");
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                require(parser.nextToken() == JsonToken.VALUE_STRING, METADATA, "expected texts only");
                require(metadata.size() < MAX_METADATA, METADATA, "more than " + MAX_METADATA + " texts");
                require(
                        metadata.put(key, parser.getText()) == null,
                        METADATA,
                        "key " + Refusal.shown(key) + " given twice");
            }
        }

        private Entry readEntry(String tensor) throws IOException {
            String dtype = null;
            long[] shape = null;
            long[] offsets = null;
            require(parser.currentToken() == JsonToken.START_OBJECT, tensor, "expected an object");
            while (parser.nextToken() != JsonToken.END_OBJECT) {
                String key = parser.currentName();
                parser.nextToken();
                switch (key) {
                    case "dtype" -> {
                        require(dtype == null, tensor, "dtype given twice");
                        require(parser.currentToken() == JsonToken.VALUE_STRING, tensor, "dtype is no text");
                        dtype = parser.getText();
                        require(bits(dtype) > 0, tensor, "unknown dtype " + Refusal.shown(dtype));
                    }
                    case "shape" -> {
                        require(shape == null, tensor, "shape given twice");
                        shape = readNumbers(tensor, "shape", MAX_RANK);
                    }
                    case "data_offsets" -> {
                        require(offsets == null, tensor, "data_offsets given twice");
                        offsets = readNumbers(tensor, "data_offsets", 2);
                        require(offsets.length == 2, tensor, "data_offsets: expected two numbers");
                    }
                    default -> parser.skipChildren();
                }
            }
            if (dtype == null || shape == null || offsets == null) {
                throw Refusal.of(path, tensor + ": expected dtype, shape and data_offsets");
            }
            return new Entry(dtype, shape, offsets[0], offsets[1]);
        }

        private long[] readNumbers(String tensor, String what, int max) throws IOException {
            require(parser.currentToken() == JsonToken.START_ARRAY, tensor, what + ": expected a list of numbers");
            long[] numbers = new long[max];
            int n = 0;
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                require(n < max, tensor, what + ": more than " + max + " numbers");
                require(
                        parser.currentToken() == JsonToken.VALUE_NUMBER_INT
                                && !parser.getText().startsWith("-"),
                        tensor,
                        what + ": expected whole numbers from 0 on");
                numbers[n++] = parser.getLongValue();
            }
            return Arrays.copyOf(numbers, n);
        }

        private void require(boolean holds, String where, String otherwise) {
            if (!holds) {
                throw Refusal.of(path, where + ": " + otherwise);
            }
        }
    }
}
