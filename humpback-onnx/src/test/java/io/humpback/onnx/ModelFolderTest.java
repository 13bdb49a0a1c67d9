package io.humpback.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.Message;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ModelFolderTest {

    private static final WeightName NORM = WeightName.FINAL_NORM;

    @TempDir
    private Path folder;

    private static float[] values(Tensor tensor) {
        float[] values = new float[(int) tensor.rows() * tensor.rowLength()];
        tensor.floats(0, (int) tensor.rows(), values, 0);
        return values;
    }

    private static float bfloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return Float.intBitsToFloat(bits + 0x7fff + (bits >>> 16 & 1) & 0xffff0000);
    }

    @ParameterizedTest
    @CsvSource({"tiny-llama3, F32", "tiny-llama3, BF16", "tiny-llama2, BF16", "tiny-llama3-headdim, F32"})
    void aFolderIsReopenedWithEqualValues(String model, DType dtype) throws IOException {
        try (Checkpoint source = Checkpoint.open(Reference.file("data/golden/" + model))) {
            float[] changed = values(source.tensor(NORM));
            changed[3] = 1.2345678f;
            ModelFolder.write(source, Map.of(NORM, FloatBuffer.wrap(changed)), dtype, folder);
            check(source, changed, dtype);
        }
        assertFalse(Files.readString(folder.resolve("config.json")).contains("\"float16\""));
    }

    private void check(Checkpoint source, float[] norm, DType dtype) throws IOException {
        try (Checkpoint written = Checkpoint.open(folder)) {
            assertEquals(source.names(), written.names());
            assertEquals(dtype, written.config().storage());
            assertEquals(source.config().endIds(), written.config().endIds());
            assertEquals(source.config().tiedEmbeddings(), written.config().tiedEmbeddings());
            assertEquals(source.config().maxPositions(), written.config().maxPositions());
            assertArrayEquals(
                    source.config().rope().inverseFrequencies(source.config().headDim()),
                    written.config().rope().inverseFrequencies(source.config().headDim()),
                    1e-6);
            for (WeightName name : source.names()) {
                float[] expected = name.equals(NORM) ? norm : values(source.tensor(name));
                for (int i = 0; dtype == DType.BF16 && i < expected.length; i++) {
                    expected[i] = bfloat16(expected[i]);
                }
                assertArrayEquals(expected, values(written.tensor(name)), name.toString());
            }
        }
    }

    @Test
    void aGgufFileBecomesAFolderWithItsDecodedValues() throws IOException {
        Path gguf = Reference.file("data/golden/tiny-gguf/tiny-llama3-mixed.gguf");
        try (Checkpoint source = Checkpoint.open(gguf)) {
            float[] norm = values(source.tensor(NORM));
            ModelFolder.write(source, Map.of(), DType.F32, folder);
            check(source, norm, DType.F32);
        }
    }

    @Test
    void theTokenizerAndTheTemplateGoAlong() throws IOException {
        try (Checkpoint source = Checkpoint.open(Reference.tiny())) {
            ModelFolder.write(source, Map.of(), DType.BF16, folder);
        }
        Prompt chat = Prompt.chat(List.of(Message.user("Why is <|eot_id|> blue?")));
        LoadOptions options = LoadOptions.defaults().device(Device.cpu(1)).contextLength(64);
        try (OnnxModel source = OnnxModel.load(Reference.tiny(), options);
                OnnxModel written = OnnxModel.load(folder, options)) {
            List<String> digits = List.of("1", "2");
            assertArrayEquals(
                    source.choose(chat, digits).logProbabilities(),
                    written.choose(chat, digits).logProbabilities());
        }
    }

    @Test
    void valuesOfATensorThatTheModelLacksAreRefused() throws IOException {
        try (Checkpoint source = Checkpoint.open(Reference.tiny())) {
            String message = assertThrows(
                            ModelException.class,
                            () -> ModelFolder.write(
                                    source, Map.of(WeightName.HEAD, FloatBuffer.allocate(1)), DType.F32, folder))
                    .getMessage();
            assertTrue(message.endsWith("no tensor lm_head.weight"), message);
        }
        assertFalse(Files.exists(folder.resolve("config.json")));
    }
}
