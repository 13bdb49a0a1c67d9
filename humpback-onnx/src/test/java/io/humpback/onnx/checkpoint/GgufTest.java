package io.humpback.onnx.checkpoint;

import static io.humpback.onnx.checkpoint.GgufBuilder.f32;
import static io.humpback.onnx.checkpoint.GgufBuilder.join;
import static io.humpback.onnx.checkpoint.GgufBuilder.text;
import static io.humpback.onnx.checkpoint.GgufBuilder.u32;
import static io.humpback.onnx.checkpoint.GgufBuilder.u64;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.model.ModelException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GgufTest {

    private static final String SMOLLM2 = "models/SmolLM2-135M-Instruct.Q4_1.gguf";

    @TempDir
    Path folder;

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("some.gguf"), bytes);
    }

    private void assertRefused(String expected, GgufBuilder builder) throws IOException {
        assertRefused(expected, builder.build());
    }

    private void assertRefused(String expected, byte[] bytes) throws IOException {
        String message = Hostile.refusal(file(bytes), Gguf::open);
        assertTrue(message.contains(expected), message);
    }

    private static GgufBuilder small() {
        return new GgufBuilder()
                .key("general.architecture", "llama")
                .raw("list", 9, u32(8), u64(2), text("a"), text("\u00e9"))
                .tensor("x", 0, join(f32(1), f32(2), f32(3), f32(4), f32(5), f32(6)), 3, 2)
                .tensor("y", 0, f32(7), 1);
    }

    // what is read

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void bothVersionsAreRead(int version) throws IOException {
        GgufBuilder builder = small();
        builder.version = version;
        try (Gguf file = Gguf.open(file(builder.build()))) {
            assertEquals(version, file.version());
            assertEquals(List.of("x", "y"), List.copyOf(file.names()));
            assertArrayEquals(new long[] {2, 3}, file.tensor("x").shape());
            assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, Shared.floats(file.tensor("x")));
            assertArrayEquals(new float[] {7}, Shared.floats(file.tensor("y")));
            String message =
                    assertThrows(ModelException.class, () -> file.tensor("z")).getMessage();
            assertTrue(message.endsWith("some.gguf: no tensor z"), message);
        }
    }

    @Test
    void everyTypeOfMetadataIsRead() throws IOException {
        byte[] ones = {-1, -1, -1, -1, -1, -1, -1, -1};
        GgufBuilder builder = new GgufBuilder()
                .raw("u8", 0, new byte[] {-1})
                .raw("i8", 1, new byte[] {-1})
                .raw("u16", 2, new byte[] {-1, -1})
                .raw("i16", 3, new byte[] {-1, -1})
                .raw("u32", 4, u32(-1))
                .raw("i32", 5, u32(-1))
                .raw("f32", 6, f32(1.5f))
                .raw("bool", 7, new byte[] {1})
                .raw("string", 8, text("a\u00e9"))
                .raw("u64", 10, u64(Long.MAX_VALUE))
                .raw("i64", 11, ones)
                .raw("f64", 12, u64(Double.doubleToRawLongBits(-0.1)))
                .raw("u8s", 9, u32(0), u64(2), new byte[] {1, -1})
                .raw("i16s", 9, u32(3), u64(1), new byte[] {1, 2})
                .raw("i32s", 9, u32(5), u64(2), u32(1), u32(-2))
                .raw("f32s", 9, u32(6), u64(1), f32(2.5f))
                .raw("bools", 9, u32(7), u64(2), new byte[] {0, 1})
                .raw("strings", 9, u32(8), u64(2), text(""), text("b"))
                .raw("i64s", 9, u32(11), u64(1), u64(-3))
                .raw("f64s", 9, u32(12), u64(1), u64(Double.doubleToRawLongBits(0.5)))
                .raw("none", 9, u32(8), u64(0));
        try (Gguf file = Gguf.open(file(builder.build()))) {
            Map<String, Object> expected = new LinkedHashMap<>();
            expected.put("u8", 255L);
            expected.put("i8", -1L);
            expected.put("u16", 65535L);
            expected.put("i16", -1L);
            expected.put("u32", 4294967295L);
            expected.put("i32", -1L);
            expected.put("f32", 1.5f);
            expected.put("bool", true);
            expected.put("string", "a\u00e9");
            expected.put("u64", Long.MAX_VALUE);
            expected.put("i64", -1L);
            expected.put("f64", -0.1);
            expected.put("u8s", new byte[] {1, -1});
            expected.put("i16s", new short[] {0x201});
            expected.put("i32s", new int[] {1, -2});
            expected.put("f32s", new float[] {2.5f});
            expected.put("bools", new boolean[] {false, true});
            expected.put("strings", List.of("", "b"));
            expected.put("i64s", new long[] {-3});
            expected.put("f64s", new double[] {0.5});
            expected.put("none", List.of());
            assertEquals(
                    List.copyOf(expected.keySet()), List.copyOf(file.metadata().keySet()));
            assertTrue(Arrays.deepEquals(
                    expected.values().toArray(), file.metadata().values().toArray()));
        }
    }

    @Test
    void theAlignmentOfTheFileIsFollowed() throws IOException {
        GgufBuilder builder = new GgufBuilder()
                .key("general.alignment", 256)
                .tensor("x", 0, f32(1), 1)
                .tensor("y", 0, f32(2), 1);
        builder.alignment = 256;
        try (Gguf file = Gguf.open(file(builder.build()))) {
            assertEquals(256, file.tensor("y").offset() - file.tensor("x").offset());
            assertArrayEquals(new float[] {2}, Shared.floats(file.tensor("y")));
        }
    }

    @Test
    void emptyTensorsAndScalarsAreRead() throws IOException {
        try (Gguf file = Gguf.open(file(new GgufBuilder()
                .tensor("empty", 0, new byte[0], 0, 3)
                .tensor("scalar", 0, f32(3))
                .build()))) {
            assertEquals(0, Shared.floats(file.tensor("empty")).length);
            assertArrayEquals(new float[] {3}, Shared.floats(file.tensor("scalar")));
        }
    }

    @Test
    void theLastTensorNeedsNoPadding() throws IOException {
        byte[] whole = small().build();
        byte[] cut = Arrays.copyOf(whole, whole.length - 28);
        try (Gguf file = Gguf.open(file(cut))) {
            assertArrayEquals(new float[] {7}, Shared.floats(file.tensor("y")));
        }
    }

    @Test
    void aRealFileHasTheTensorsOfItsInventory() throws IOException {
        JsonNode inventory = Shared.json("data/golden/smollm2/gguf-inventory.json");
        try (Gguf file = Gguf.open(Shared.file(SMOLLM2))) {
            List<String> names = new ArrayList<>();
            Map<String, Integer> counts = new LinkedHashMap<>();
            for (JsonNode expected : inventory.get("tensors")) {
                String name = expected.get("name").textValue();
                Tensor tensor = file.tensor(name);
                names.add(name);
                counts.merge(tensor.dtype().name(), 1, Integer::sum);
                long[] shape = new long[expected.get("shape_row_major").size()];
                Arrays.setAll(shape, i -> expected.get("shape_row_major").get(i).longValue());
                assertArrayEquals(shape, tensor.shape(), name);
                assertEquals(expected.get("type").textValue(), tensor.dtype().name(), name);
                assertEquals(expected.get("n_bytes").longValue(), tensor.byteSize(), name);
                assertEquals(expected.get("offset").longValue(), tensor.offset(), name);
            }
            assertEquals(names, List.copyOf(file.names()));
            inventory
                    .get("count_by_type")
                    .properties()
                    .forEach(count -> assertEquals(count.getValue().intValue(), counts.get(count.getKey())));
            JsonNode metadata = inventory.get("metadata");
            assertEquals(
                    metadata.get("GGUF.kv_count").get("value").intValue(),
                    file.metadata().size());
            file.metadata().forEach((key, value) -> {
                JsonNode expected = metadata.get(key).get("value");
                if (value instanceof List<?> list && expected.has("length")) {
                    assertEquals(expected.get("length").intValue(), list.size(), key);
                    assertEquals(expected.get("first").get(0).textValue(), list.get(0), key);
                } else if (value instanceof String) {
                    assertEquals(expected.textValue(), value, key);
                } else if (value instanceof Number number) {
                    assertEquals(expected.doubleValue(), number.doubleValue(), key);
                }
            });
        }
    }

    @Test
    void aRealFileDecodesToTheReferenceSums() throws IOException {
        JsonNode sums = Shared.json("data/golden/smollm2/generation.json")
                .get("dequantisation")
                .get("sums_as_stored");
        try (Gguf file = Gguf.open(Shared.file(SMOLLM2))) {
            for (Map.Entry<String, JsonNode> entry : sums.properties()) {
                Tensor tensor = file.tensor(entry.getKey());
                float[] values = Shared.floats(tensor);
                double sum = 0;
                double absolute = 0;
                for (float value : values) {
                    sum += value;
                    absolute += Math.abs(value);
                }
                JsonNode expected = entry.getValue();
                double scale = expected.get("sum_abs").doubleValue();
                assertEquals(expected.get("sum").doubleValue(), sum, scale * 1e-9, entry.getKey());
                assertEquals(scale, absolute, scale * 1e-9, entry.getKey());
                float[] first = Shared.floats(expected.get("first8"));
                assertArrayEquals(first, Arrays.copyOf(values, first.length), 1e-7f);
                if (tensor.rows() > 1) {
                    assertArrayEquals(
                            Shared.floats(expected.get("row1_first8")),
                            Arrays.copyOfRange(values, tensor.rowLength(), tensor.rowLength() + 8),
                            1e-7f);
                }
                assertArrayEquals(
                        Shared.floats(expected.get("last8")),
                        Arrays.copyOfRange(values, values.length - 8, values.length),
                        1e-7f);
            }
        }
    }

    // the start

    @Test
    void otherFilesAreRefused() throws IOException {
        assertRefused("not a GGUF file", "{\"some\": \"json and more of it\"}".getBytes());
        assertRefused("cut off by the end of the file, 0 bytes long", new byte[0]);
    }

    @ParameterizedTest
    @CsvSource({
        "0, GGUF version 0",
        "1, GGUF version 1",
        "4, GGUF version 4",
        "50331648, big-endian",
        "33554432, big-endian"
    })
    void otherVersionsAreRefused(int version, String expected) throws IOException {
        GgufBuilder builder = small();
        builder.version = version;
        assertRefused(expected, builder);
    }

    @Test
    void everyShorterFileIsRefused() throws IOException {
        byte[] whole = small().build();
        int dataEnd = whole.length - 28;
        for (int length = 0; length < dataEnd; length++) {
            Hostile.refusal(file(Arrays.copyOf(whole, length)), Gguf::open);
        }
    }

    // counts and lengths

    @ParameterizedTest
    @ValueSource(longs = {100, 65537, 0x7fffffffL, 1L << 40, Long.MAX_VALUE - 10, -3, Long.MIN_VALUE})
    void countsBeyondWhatRemainsAreRefused(long count) throws IOException {
        GgufBuilder tensors = small();
        tensors.extraTensors = count;
        assertRefused("tensors: " + Long.toUnsignedString(count + 2), tensors);
        GgufBuilder keys = small();
        keys.extraKeys = count;
        assertRefused("metadata keys: " + Long.toUnsignedString(count + 2), keys);
    }

    @ParameterizedTest
    @ValueSource(longs = {1000, 1L << 31, 1L << 62, Long.MAX_VALUE, -1, Long.MIN_VALUE})
    void stringLengthsBeyondWhatRemainsAreRefused(long length) throws IOException {
        String found = Long.toUnsignedString(length);
        assertRefused("metadata text: " + found, small().raw("text", 8, u64(length), new byte[9]));
        assertRefused(
                "metadata key 0: " + found, join("GGUF".getBytes(), u32(3), u64(0), u64(1), u64(length), new byte[20]));
        assertRefused(
                "name of tensor 0: " + found,
                join("GGUF".getBytes(), u32(3), u64(1), u64(0), u64(length), new byte[40]));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12})
    void arrayLengthsBeyondWhatRemainsAreRefused(int type) throws IOException {
        for (long length : new long[] {1000, 1L << 31, 1L << 61, 1L << 62, Long.MAX_VALUE, -1}) {
            assertRefused(
                    "metadata some: " + Long.toUnsignedString(length),
                    small().raw("some", 9, u32(type), u64(length), new byte[16]));
        }
    }

    @Test
    void nestedArraysAreRefused() throws IOException {
        byte[] inner = join(u32(8), u64(1), text("a"));
        assertRefused("metadata some: an array of arrays", small().raw("some", 9, u32(9), u64(1), inner));
    }

    @Test
    void unknownMetadataTypesAreRefused() throws IOException {
        assertRefused("metadata some: unknown type 13", small().raw("some", 13, new byte[8]));
        assertRefused("metadata some: unknown type 4294967295", small().raw("some", -1, new byte[8]));
        assertRefused("array of unknown type 13", small().raw("some", 9, u32(13), u64(1), new byte[8]));
    }

    @Test
    void anIntegerFromTwoToThe63OnIsRefused() throws IOException {
        assertRefused("9223372036854775808, expected below 2^63", small().raw("some", 10, u64(Long.MIN_VALUE)));
    }

    @Test
    void textThatIsNotUtf8IsRefused() throws IOException {
        assertRefused("metadata some: text is not UTF-8", small().raw("some", 8, u64(1), new byte[] {(byte) 0xff}));
    }

    @Test
    void emptyAndDuplicateKeysAreRefused() throws IOException {
        assertRefused("metadata key 2 is empty", small().key("", 1));
        assertRefused("metadata list: given twice", small().key("list", 1));
    }

    @Test
    void moreStringsThanAnyVocabularyHasAreRefused() throws IOException {
        GgufBuilder builder = small().raw("some", 9, u32(8), u64((1 << 21) + 1), new byte[8 * ((1 << 21) + 1)]);
        assertRefused("metadata some: 2097153, expected at most 2097150", builder);
    }

    // alignment

    @ParameterizedTest
    @ValueSource(longs = {0, 3, 33, 1 << 21, 0x80000000L, 0xffffffffL})
    void otherAlignmentsThanPowersOfTwoUpToAMebibyteAreRefused(long alignment) throws IOException {
        assertRefused("general.alignment " + alignment, small().key("general.alignment", alignment));
    }

    @Test
    void theAlignmentHasToBeUnsigned32() throws IOException {
        assertRefused("general.alignment: type 10", small().raw("general.alignment", 10, u64(32)));
        assertRefused("general.alignment: type 5", small().raw("general.alignment", 5, u32(32)));
        assertRefused("general.alignment: type 8", small().key("general.alignment", "32"));
    }

    // tensors

    @Test
    void duplicateEmptyAndLongTensorNamesAreRefused() throws IOException {
        assertRefused("tensor x: given twice", small().tensor("x", 0, f32(0), 1));
        assertRefused("name of tensor 2: 0 bytes", small().tensor("", 0, f32(0), 1));
        assertRefused("name of tensor 2: 64 bytes", small().tensor("z".repeat(64), 0, f32(0), 1));
        Gguf.open(file(small().tensor("z".repeat(63), 0, f32(0), 1).build())).close();
    }

    @Test
    void moreThanFourDimensionsAreRefused() throws IOException {
        assertRefused("tensor z: 5 dimensions", small().tensor("z", 0, f32(0), 1, 1, 1, 1, 1));
        Gguf.open(file(small().tensor("z", 0, f32(0), 1, 1, 1, 1).build())).close();
    }

    @Test
    void negativeDimensionsAreRefusedEvenIfTheirProductIsNot() throws IOException {
        assertRefused("tensor z: dimension 18446744073709551615", small().tensor("z", 0, f32(0), -1, -1));
    }

    @Test
    void sizesThatOverflowAreRefused() throws IOException {
        assertRefused("overflows", small().tensor("z", 0, f32(0), 1L << 32, 1L << 32));
        assertRefused("overflows", small().tensor("z", 0, f32(0), 1L << 31, 1L << 31));
        assertRefused("overflows", small().tensor("z", 0, f32(0), 2, 1L << 62));
        assertRefused("overflows", small().tensor("z", 0, new byte[0], 0, 1L << 62, 4));
        assertRefused("bytes, but only", small().tensor("z", 0, f32(0), 1L << 60));
    }

    @Test
    void aTensorLargerThanTheFileIsRefused() throws IOException {
        assertRefused("tensor z: 40 bytes, but only 32 are left", small().tensor("z", 0, f32(0), 10));
    }

    @Test
    void rowsThatAreNoMultipleOfABlockAreRefused() throws IOException {
        assertRefused(
                "tensor z: rows of 33 elements, expected a multiple of 32 for Q8_0",
                small().tensor("z", 8, new byte[68], 33, 1));
        assertRefused(
                "tensor z: rows of 16 elements, expected a multiple of 32 for Q4_0",
                small().tensor("z", 2, new byte[18], 16, 2));
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 33, 96, -32, Long.MIN_VALUE})
    void offsetsOtherThanTheRunningPaddedSumAreRefused(long offset) throws IOException {
        assertRefused("tensor y: offset " + Long.toUnsignedString(offset) + ", expected 32", small().offset(1, offset));
    }

    @ParameterizedTest
    @CsvSource({"9, Q8_1", "15, Q8_K", "16, IQ2_XXS", "21, IQ3_S", "26, I32", "28, F64", "34, TQ1_0", "40, NVFP4"})
    void tensorTypesThatAreNotSupportedAreRefusedByName(int type, String name) throws IOException {
        assertRefused("tensor z: type " + name + " is not supported", small().tensor("z", type, new byte[512], 256));
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 5, 31, 42, 1000, -1, Integer.MIN_VALUE})
    void unknownTensorTypesAreRefused(int type) throws IOException {
        assertRefused("tensor z: unknown type " + type, small().tensor("z", type, new byte[512], 256));
    }

    @Property(tries = 1000)
    void damagedFilesAreReadOrRefused(@ForAll("damaged") byte[] content) throws IOException {
        Hostile.readOrRefused(
                content, Gguf::open, file -> file.names().forEach(name -> Shared.floats(file.tensor(name))));
    }

    @Provide
    Arbitrary<byte[]> damaged() {
        return Hostile.mutations(small().tensor("z", 8, new byte[68], 32, 2).build());
    }
}
