package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class DTypeTest {

    @Test
    void blocksDecodeToTheReferenceValues() throws IOException {
        Set<String> supported = Arrays.stream(DType.values()).map(DType::name).collect(Collectors.toSet());
        Set<DType> seen = EnumSet.noneOf(DType.class);
        for (JsonNode block : Shared.json("data/golden/gguf-blocks.json").get("blocks")) {
            if (!supported.contains(block.get("type").textValue())) {
                continue;
            }
            DType dtype = DType.valueOf(block.get("type").textValue());
            seen.add(dtype);
            assertEquals(block.get("block_size").intValue(), dtype.blockSize());
            assertEquals(block.get("type_size").intValue(), dtype.blockBytes());
            ByteBuffer bytes = ByteBuffer.wrap(
                    HexFormat.of().parseHex(block.get("bytes_hex").textValue()));
            float[] expected = Shared.floats(block.get("values"));
            float[] values = new float[expected.length];
            dtype.decode(bytes, values, 0, values.length);
            assertEquals(0, bytes.remaining());
            for (int i = 0; i < values.length; i++) {
                assertEquals(
                        expected[i],
                        values[i],
                        Math.abs(expected[i]) * 1e-6f,
                        dtype + " " + block.get("case") + " " + i);
            }
        }
        assertEquals(EnumSet.complementOf(EnumSet.of(DType.MXFP4)), seen);
    }

    @Test
    void blocksDecodeToTheBitsOfThePythonPackage() throws IOException {
        Set<DType> seen = EnumSet.noneOf(DType.class);
        try (InputStream resource = DTypeTest.class.getResourceAsStream("ggml-blocks.txt")) {
            String text = new String(Objects.requireNonNull(resource).readAllBytes(), StandardCharsets.US_ASCII);
            for (String line :
                    text.lines().filter(each -> !each.startsWith("#")).toList()) {
                String[] parts = line.split(" ");
                DType dtype = DType.valueOf(parts[0]);
                seen.add(dtype);
                float[] values = new float[dtype.blockSize()];
                dtype.decode(ByteBuffer.wrap(HexFormat.of().parseHex(parts[1])), values, 0, values.length);
                ByteBuffer bits = ByteBuffer.allocate(4 * values.length);
                bits.asFloatBuffer().put(values);
                assertEquals(parts[2], HexFormat.of().formatHex(bits.array()), dtype + " " + parts[1]);
            }
        }
        assertEquals(8, seen.size());
    }

    @ParameterizedTest
    @EnumSource
    void manyBlocksDecodeLikeSingleOnes(DType dtype) {
        int blocks = 20_000 / dtype.blockSize();
        byte[] bytes = new byte[blocks * dtype.blockBytes()];
        new Random(1).nextBytes(bytes);
        float[] together = new float[3 + blocks * dtype.blockSize()];
        dtype.decode(ByteBuffer.wrap(bytes), together, 3, blocks * dtype.blockSize());
        float[] singly = new float[together.length];
        for (int i = 0; i < blocks; i++) {
            ByteBuffer block = ByteBuffer.wrap(bytes, i * dtype.blockBytes(), dtype.blockBytes());
            dtype.decode(block, singly, 3 + i * dtype.blockSize(), dtype.blockSize());
        }
        assertArrayEquals(singly, together);
    }

    @Test
    void aPartOfABlockIsRefused() {
        ByteBuffer bytes = ByteBuffer.allocate(100);
        assertThrows(IllegalArgumentException.class, () -> DType.Q8_0.decode(bytes, new float[64], 0, 33));
    }

    @Test
    void sizesAreExact() {
        assertEquals(1L << 40, DType.F32.bytes(1L << 38));
        assertEquals(144, DType.Q4_K.bytes(256));
        assertThrows(ArithmeticException.class, () -> DType.F32.bytes(1L << 62));
    }
}
