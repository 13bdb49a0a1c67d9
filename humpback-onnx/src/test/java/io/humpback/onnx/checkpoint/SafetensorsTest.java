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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The refusals are those of the reference parser's tests (safetensors/src/tensor.rs) under similar names, and more. */
class SafetensorsTest {

    private static final String TEST = "{\"test\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}";

    @TempDir
    Path folder;

    private static byte[] bytes(String header, int dataBytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + json.length + dataBytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
    }

    private Path file(byte[] bytes) throws IOException {
        return Files.write(folder.resolve("some.safetensors"), bytes);
    }

    private String refusal(String header, int dataBytes) throws IOException {
        return Hostile.refusal(file(bytes(header, dataBytes)), Safetensors::open);
    }

    private void assertRefused(String expected, String header, int dataBytes) throws IOException {
        String message = refusal(header, dataBytes);
        assertTrue(message.contains(expected), message);
    }

    private Safetensors opened(String header, int dataBytes) throws IOException {
        return Safetensors.open(file(bytes(header, dataBytes)));
    }

    // what is read

    @Test
    void deserialization() throws IOException {
        try (Safetensors file = opened(TEST, 16)) {
            assertEquals(Set.of("test"), file.names());
            assertEquals(Map.of(), file.metadata());
        }
    }

    @Test
    void emptyShapesAreAllowed() throws IOException {
        try (Safetensors file = opened("{\"test\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4)) {
            assertArrayEquals(new long[0], file.tensor("test").shape());
            assertArrayEquals(new float[1], Shared.floats(file.tensor("test")));
        }
    }

    @Test
    void zeroSizedTensorsAreAllowed() throws IOException {
        try (Safetensors file = opened("{\"test\":{\"dtype\":\"F32\",\"shape\":[2,0],\"data_offsets\":[0, 0]}}", 0)) {
            assertArrayEquals(new long[] {2, 0}, file.tensor("test").shape());
            assertEquals(0, Shared.floats(file.tensor("test")).length);
            assertEquals(0, file.tensor("test").bytes(0, 2).remaining());
        }
    }

    @Test
    void whitespaceAroundTheHeaderIsAllowed() throws IOException {
        try (Safetensors file = opened(" \t\n{}\r \t\n", 0)) {
            assertEquals(Set.of(), file.names());
        }
    }

    @Test
    void tensorsMayBeListedInAnyOrderAndComeInThatOfTheirData() throws IOException {
        String header = "{\"b\":{\"data_offsets\":[4,8],\"shape\":[1],\"dtype\":\"F32\"},"
                + "\"__metadata__\":{\"format\":\"pt\"},"
                + "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4],\"more\":[{}]}}";
        try (Safetensors file = opened(header, 8)) {
            assertEquals(List.of("a", "b"), List.copyOf(file.names()));
            assertEquals(Map.of("format", "pt"), file.metadata());
        }
    }

    @Test
    void emptyAndNullMetadataAreAllowed() throws IOException {
        opened("{\"__metadata__\":{}}", 0).close();
        opened("{\"__metadata__\":null}", 0).close();
    }

    @Test
    void infinityAndNotANumberAreData() throws IOException {
        byte[] bytes = bytes("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}", 8);
        ByteBuffer.wrap(bytes)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putFloat(bytes.length - 8, Float.NaN)
                .putFloat(bytes.length - 4, Float.NEGATIVE_INFINITY);
        try (Safetensors file = Safetensors.open(file(bytes))) {
            assertArrayEquals(new float[] {Float.NaN, Float.NEGATIVE_INFINITY}, Shared.floats(file.tensor("x")));
        }
    }

    @ParameterizedTest
    @CsvSource({
        "BOOL,3",
        "U8,3",
        "I8,3",
        "F8_E4M3,3",
        "F8_E5M2,3",
        "F8_E8M0,3",
        "I16,6",
        "U16,6",
        "I32,12",
        "U32,12",
        "I64,24",
        "U64,24",
        "F64,24",
        "C64,24"
    })
    void aTensorOfAnotherKnownTypeOpensButIsNotRead(String dtype, int size) throws IOException {
        try (Safetensors file =
                opened("{\"x\":{\"dtype\":\"" + dtype + "\",\"shape\":[3],\"data_offsets\":[0," + size + "]}}", size)) {
            String message =
                    assertThrows(ModelException.class, () -> file.tensor("x")).getMessage();
            assertTrue(message.endsWith("tensor x: dtype " + dtype + ", expected F32, F16 or BF16"), message);
        }
    }

    @Test
    void anUnknownNameIsRefusedWithFileAndName() throws IOException {
        try (Safetensors file = opened("{}", 0)) {
            String message = assertThrows(ModelException.class, () -> file.tensor("absent"))
                    .getMessage();
            assertTrue(message.endsWith("some.safetensors: no tensor absent"), message);
        }
    }

    @Test
    void readingAfterCloseFails() throws IOException {
        Safetensors file = opened("{\"test\":{\"dtype\":\"F32\",\"shape\":[],\"data_offsets\":[0,4]}}", 4);
        Tensor tensor = file.tensor("test");
        file.close();
        assertThrows(IllegalStateException.class, () -> Shared.floats(tensor));
    }

    // 1-3: lengths

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 7})
    void headerTooSmall(int length) throws IOException {
        String message = Hostile.refusal(file(new byte[length]), Safetensors::open);
        assertTrue(message.contains("expected at least the 8"), message);
    }

    @ParameterizedTest
    @ValueSource(longs = {100_000_001L, 0xffffff000000003cL, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void headerTooLarge(long length) throws IOException {
        byte[] bytes = bytes(TEST, 16);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putLong(0, length);
        String message = Hostile.refusal(file(bytes), Safetensors::open);
        assertTrue(message.contains("header length " + Long.toUnsignedString(length)), message);
        assertTrue(message.contains("expected at most 100000000"), message);
    }

    @Test
    void invalidHeaderLength() throws IOException {
        String message = Hostile.refusal(file(new byte[] {60, 0, 0, 0, 0, 0, 0, 0}), Safetensors::open);
        assertTrue(message.contains("header length 60, but only 0 bytes follow"), message);
    }

    // 4, 5: text

    @Test
    void invalidHeaderNonUtf8() throws IOException {
        byte[] bytes = {1, 0, 0, 0, 0, 0, 0, 0, (byte) 0xff};
        assertTrue(Hostile.refusal(file(bytes), Safetensors::open).contains("not UTF-8"));
        byte[] inName = bytes("{\"tes?\":{\"dtype\":\"I32\",\"shape\":[2,2],\"data_offsets\":[0,16]}}", 16);
        inName[13] = (byte) 0xc3;
        assertTrue(Hostile.refusal(file(inName), Safetensors::open).contains("not UTF-8"));
    }

    @Test
    void aHeaderInUtf16IsRefused() throws IOException {
        byte[] json = "{}".getBytes(StandardCharsets.UTF_16LE);
        byte[] bytes = ByteBuffer.allocate(8 + json.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length)
                .put(json)
                .array();
        Hostile.refusal(file(bytes), Safetensors::open);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{",
                "",
                "[]",
                "null",
                "1",
                "{} x",
                "{}{}",
                "{} \u0000",
                "\ufeff{}",
                "{'a':1}",
                "{\"a\":1}",
                "{\"a\":null}",
                "{\"a\":[]}",
                "{\"a\":{}}",
                "{/**/}"
            })
    void invalidHeaderNotJson(String header) throws IOException {
        refusal(header, 0);
    }

    @Test
    void unknownDtypesAreRefused() throws IOException {
        assertRefused("unknown dtype I33", TEST.replace("I32", "I33"), 16);
        assertRefused("unknown dtype f32", TEST.replace("I32", "f32"), 16);
        assertRefused("dtype is no text", TEST.replace("\"I32\"", "32"), 16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"-2", "2.0", "2e0", "\"2\"", "null", "true", "[2]", "-0"})
    void dimensionsThatAreNoWholeNumbersAreRefused(String dimension) throws IOException {
        assertRefused("expected whole numbers", TEST.replace("[2,2]", "[2," + dimension + "]"), 16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"[0]", "[]", "[0,16,16]", "16", "[0.0,16]", "[-1,16]", "{}"})
    void offsetsThatAreNotTwoWholeNumbersAreRefused(String offsets) throws IOException {
        assertRefused("data_offsets", TEST.replace("[0,16]", offsets), 16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"dtype\":\"I32\",", "\"shape\":[2,2],"})
    void missingFieldsAreRefused(String field) throws IOException {
        assertRefused("expected dtype, shape and data_offsets", TEST.replace(field, ""), 16);
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"a\":1}", "{\"a\":null}", "{\"a\":{}}", "[]", "\"a\"", "1"})
    void metadataOtherThanTextsIsRefused(String metadata) throws IOException {
        assertRefused("__metadata__", "{\"__metadata__\":" + metadata + "}", 0);
    }

    @Test
    void duplicateKeysAreRefused() throws IOException {
        String one = TEST.substring(1, TEST.length() - 1);
        assertRefused("tensor test: given twice", "{" + one + "," + one + "}", 16);
        assertRefused("tensor test: given twice", "{" + one + "," + one.replace("test", "t\\u0065st") + "}", 16);
        assertRefused("__metadata__: given twice", "{\"__metadata__\":{},\"__metadata__\":{}}", 0);
        assertRefused("key a given twice", "{\"__metadata__\":{\"a\":\"1\",\"a\":\"2\"}}", 0);
        assertRefused("dtype given twice", TEST.replace("\"dtype\"", "\"dtype\":\"I32\",\"dtype\""), 16);
        assertRefused("shape given twice", TEST.replace("\"shape\"", "\"shape\":[2,2],\"shape\""), 16);
        assertRefused(
                "data_offsets given twice",
                TEST.replace("\"data_offsets\"", "\"data_offsets\":[0,16],\"data_offsets\""),
                16);
    }

    @Test
    void deepNestingIsRefused() throws IOException {
        String deep = "[".repeat(50_000) + "]".repeat(50_000);
        refusal(TEST.replace("\"dtype\"", "\"x\":" + deep + ",\"dtype\""), 16);
    }

    // 6: offsets

    @Test
    void jsonAttack() throws IOException {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i < 10; i++) {
            header.append(i == 0 ? "" : ",")
                    .append("\"weight_")
                    .append(i)
                    .append("\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[0,16]}");
        }
        assertRefused("expected to start at 16", header + "}", 16);
    }

    private static String two(String first, String second) {
        return "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + first
                + "},\"b\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":" + second + "}}";
    }

    @Test
    void aHoleBetweenTensorsIsRefused() throws IOException {
        assertRefused("tensor b: data_offsets [8, 12], expected to start at 4", two("[0,4]", "[8,12]"), 12);
    }

    @Test
    void aHoleBeforeTheFirstTensorIsRefused() throws IOException {
        assertRefused("tensor a: data_offsets [4, 8], expected to start at 0", two("[4,8]", "[8,12]"), 12);
    }

    @Test
    void overlappingTensorsAreRefused() throws IOException {
        assertRefused("tensor b: data_offsets [2, 6], expected to start at 4", two("[0,4]", "[2,6]"), 6);
    }

    @Test
    void aTensorThatEndsBeforeItStartsIsRefused() throws IOException {
        assertRefused("tensor b: data_offsets [4, 2]", two("[0,4]", "[4,2]"), 4);
    }

    // 7-9: sizes

    @Test
    void validationOverflow() throws IOException {
        refusal(TEST.replace("[2,2]", "[2,18446744073709551614]"), 16);
        assertRefused("overflows", TEST.replace("[2,2]", "[2,9223372036854775807]"), 16);
        assertRefused("overflows", TEST.replace("[2,2]", "[4611686018427387904,4611686018427387904]"), 16);
        // the elements would fit, their bits do not
        assertRefused("overflows", TEST.replace("[2,2]", "[2,2305843009213693952]"), 16);
        refusal(TEST.replace("[0,16]", "[0,18446744073709551615]"), 16);
    }

    @Test
    void aProductOfNegativeDimensionsIsRefused() throws IOException {
        refusal(TEST.replace("[2,2]", "[-2,-2]"), 16);
    }

    @Test
    void typesBelowAByteHaveToFillWholeBytes() throws IOException {
        String four = "{\"x\":{\"dtype\":\"F4\",\"shape\":[%d],\"data_offsets\":[0,2]}}";
        opened(String.format(four, 4), 2).close();
        assertRefused("12 bits of F4, expected whole bytes", String.format(four, 3), 2);
        assertRefused("18 bits of F6_E2M3", String.format(four, 3).replace("F4", "F6_E2M3"), 2);
    }

    @Test
    void invalidInfo() throws IOException {
        assertRefused("4 bytes, expected 16", TEST.replace("[0,16]", "[0, 4]"), 4);
        assertRefused("16 bytes, expected 20", TEST.replace("[2,2]", "[5]"), 16);
        assertRefused("16 bytes, expected 0", TEST.replace("[2,2]", "[5,0]"), 16);
    }

    // 10: the end

    @Test
    void metadataIncompleteBuffer() throws IOException {
        assertRefused("tensors take 16 bytes, but 50 bytes follow", TEST, 50);
        assertRefused("tensors take 16 bytes, but 14 bytes follow", TEST, 14);
        assertRefused("tensors take 0 bytes, but 1 bytes follow", "{}", 1);
    }

    // what a header may cost

    @Test
    void aHeaderOfCountlessEmptyTensorsIsRefusedBeforeItFillsTheMemory() throws IOException {
        StringBuilder header = new StringBuilder("{");
        for (int i = 0; i <= 1 << 18; i++) {
            header.append('"').append(i).append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]},");
        }
        Path file = file(bytes(header + "}", 0));
        String message =
                assertThrows(ModelException.class, () -> Safetensors.open(file)).getMessage();
        assertTrue(message.contains("more than 262144 tensors"), message);
    }

    @Test
    void aShapeOfCountlessDimensionsIsRefused() throws IOException {
        assertRefused("more than 64 numbers", TEST.replace("[2,2]", "[" + "1,".repeat(500_000) + "4]"), 16);
    }

    @Test
    void aFolderOrAPipeIsNoFile() {
        assertThrows(ModelException.class, () -> Safetensors.open(folder));
    }

    @Test
    void aSparseFileOfATebibyteWithAHugeHeaderCostsNothing() throws IOException {
        Path file = file(new byte[] {0, (byte) 0xe1, (byte) 0xf5, 5, 0, 0, 0, 0}); // 100,000,000
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        Hostile.refusal(file, Safetensors::open);
    }

    // properties

    @Property(tries = 1000)
    void damagedFilesAreReadOrRefused(@ForAll("damaged") byte[] content) throws IOException {
        Hostile.readOrRefused(content, Safetensors::open, SafetensorsTest::readAll);
    }

    @Property(tries = 500)
    void randomHeadersAreReadOrRefused(@ForAll("headers") String header) throws IOException {
        Hostile.readOrRefused(bytes(header, 8), Safetensors::open, SafetensorsTest::readAll);
    }

    static void readAll(Safetensors file) {
        for (String name : file.names()) {
            if (file.dtype(name) != null) {
                Shared.floats(file.tensor(name));
            }
        }
    }

    @Provide
    Arbitrary<byte[]> damaged() {
        String header = two("[0,4]", "[4,8]").replace("\"b\"", "\"__metadata__\":{\"k\":\"v\"},\"b\"");
        return Hostile.mutations(bytes(header, 8));
    }

    /** Headers put together from the words that mean something in them. */
    @Provide
    Arbitrary<String> headers() {
        return Arbitraries.of(
                        "{",
                        "}",
                        "[",
                        "]",
                        ",",
                        ":",
                        "\"a\"",
                        "\"dtype\"",
                        "\"F32\"",
                        "\"shape\"",
                        "\"data_offsets\"",
                        "\"__metadata__\"",
                        "0",
                        "4",
                        "8",
                        "-1",
                        "1e9",
                        "null",
                        "18446744073709551615",
                        " ",
                        "\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
                        "\"b\":{\"dtype\":\"F16\",\"shape\":[2],\"data_offsets\":[4,8]}")
                .list()
                .ofMaxSize(12)
                .map(words -> "{" + String.join("", words) + "}");
    }
}
