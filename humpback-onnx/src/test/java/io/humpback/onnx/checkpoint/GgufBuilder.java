package io.humpback.onnx.checkpoint;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/** Makes GGUF files, well-formed unless told otherwise. */
public final class GgufBuilder {

    int version = 3;
    int alignment = 32;
    long extraTensors;
    long extraKeys;

    private record Raw(int type, byte[] bytes) {}

    private record Entry(String name, int type, long[] dimensions, byte[] data) {}

    private final List<Map.Entry<String, Raw>> keys = new ArrayList<>();
    private final List<Entry> tensors = new ArrayList<>();
    private final Map<Integer, Long> offsets = new LinkedHashMap<>();

    static byte[] u32(long value) {
        return ByteBuffer.allocate(4)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) value)
                .array();
    }

    static byte[] u64(long value) {
        return ByteBuffer.allocate(8)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
    }

    static byte[] f32(float value) {
        return u32(Float.floatToRawIntBits(value));
    }

    static byte[] text(String value) {
        byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
        return join(u64(bytes.length), bytes);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    GgufBuilder raw(String key, int type, byte[]... value) {
        keys.add(Map.entry(key, new Raw(type, join(value))));
        return this;
    }

    public GgufBuilder without(String key) {
        keys.removeIf(entry -> entry.getKey().equals(key));
        return this;
    }

    public GgufBuilder key(String key, String value) {
        return raw(key, 8, text(value));
    }

    public GgufBuilder key(String key, long value) {
        return raw(key, 4, u32(value));
    }

    public GgufBuilder key(String key, float value) {
        return raw(key, 6, f32(value));
    }

    GgufBuilder flag(String key, boolean value) {
        return raw(key, 7, new byte[] {(byte) (value ? 1 : 0)});
    }

    public GgufBuilder key(String key, boolean... values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return raw(key, 9, u32(7), u64(values.length), bytes);
    }

    /** Adds what another file's metadata says of its tokenizer. */
    public GgufBuilder tokenizer(Map<String, Object> metadata) {
        metadata.forEach((key, value) -> {
            if (!key.startsWith("tokenizer.")) {
                return;
            }
            without(key);
            if (value instanceof String text) {
                key(key, text);
            } else if (value instanceof Long number) {
                key(key, number);
            } else if (value instanceof Boolean flag) {
                flag(key, flag);
            } else if (value instanceof int[] numbers) {
                raw(
                        key,
                        9,
                        u32(5),
                        u64(numbers.length),
                        join(Arrays.stream(numbers).mapToObj(GgufBuilder::u32).toArray(byte[][]::new)));
            } else {
                List<byte[]> texts = new ArrayList<>();
                ((List<?>) value).forEach(text -> texts.add(text((String) text)));
                raw(key, 9, u32(8), u64(texts.size()), join(texts.toArray(new byte[0][])));
            }
        });
        return this;
    }

    /** @param dimensions in the file's order, the first running fastest */
    public GgufBuilder tensor(String name, int type, byte[] data, long... dimensions) {
        tensors.add(new Entry(name, type, dimensions, data));
        return this;
    }

    GgufBuilder keepingTensors(Predicate<String> names) {
        tensors.removeIf(entry -> !names.test(entry.name()));
        return this;
    }

    void copyTensorsTo(GgufBuilder other) {
        other.tensors.addAll(tensors);
    }

    GgufBuilder withoutTensor(String name) {
        tensors.removeIf(entry -> entry.name().equals(name));
        return this;
    }

    /** Sets another offset than the right one for the tensor of an index. */
    GgufBuilder offset(int tensor, long offset) {
        offsets.put(tensor, offset);
        return this;
    }

    public byte[] build() {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("GGUF".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(u32(version));
        out.writeBytes(u64(tensors.size() + extraTensors));
        out.writeBytes(u64(keys.size() + extraKeys));
        for (Map.Entry<String, Raw> key : keys) {
            out.writeBytes(text(key.getKey()));
            out.writeBytes(u32(key.getValue().type()));
            out.writeBytes(key.getValue().bytes());
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        for (int i = 0; i < tensors.size(); i++) {
            Entry tensor = tensors.get(i);
            out.writeBytes(text(tensor.name()));
            out.writeBytes(u32(tensor.dimensions().length));
            for (long dimension : tensor.dimensions()) {
                out.writeBytes(u64(dimension));
            }
            out.writeBytes(u32(tensor.type()));
            out.writeBytes(u64(offsets.getOrDefault(i, (long) data.size())));
            data.writeBytes(tensor.data());
            pad(data);
        }
        pad(out);
        out.writeBytes(data.toByteArray());
        return out.toByteArray();
    }

    private void pad(ByteArrayOutputStream out) {
        while (out.size() % alignment != 0) {
            out.write(0);
        }
    }
}
