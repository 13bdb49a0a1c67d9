package io.humpback.examples.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomCheckpointTest {

    @TempDir
    private Path folder;

    private Path tokenizer;
    private ObjectNode config;

    @BeforeEach
    void small() throws IOException {
        tokenizer = Files.createDirectory(folder.resolve("tokenizer"));
        Files.writeString(tokenizer.resolve("tokenizer.json"), "{}");
        Files.writeString(tokenizer.resolve("tokenizer_config.json"), "{}");
        config = RandomCheckpoint.configLike("llama-3.2-3b")
                .put("vocab_size", 1000)
                .put("bos_token_id", 998)
                .put("eos_token_id", 999)
                .put("hidden_size", 192)
                .put("intermediate_size", 256)
                .put("head_dim", 8)
                .put("num_hidden_layers", 2);
    }

    private static float[] values(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.rows() * tensor.rowLength())];
        tensor.floats(0, Math.toIntExact(tensor.rows()), values, 0);
        return values;
    }

    @Test
    void itIsACheckpointOfThatShape() throws IOException {
        long bytes = new RandomCheckpoint(config, 1, 400_000).write(folder.resolve("made"), tokenizer);
        try (Checkpoint checkpoint = Checkpoint.open(folder.resolve("made"))) {
            LlamaConfig read = checkpoint.config();
            assertEquals(192, read.hiddenSize());
            assertEquals(24, read.heads());
            assertEquals(DType.BF16, read.storage());
            assertEquals(new Rope.Llama3(32, 1, 4, 8192), read.rope().scaling());
            assertEquals(
                    bytes,
                    checkpoint.names().stream()
                            .mapToLong(name -> checkpoint.tensor(name).byteSize())
                            .sum());
            for (float value : values(checkpoint.tensor(WeightName.FINAL_NORM))) {
                assertEquals(1, value);
            }
            float[] noise = values(checkpoint.tensor(WeightName.EMBEDDING));
            double squares = 0;
            double sum = 0;
            for (float value : noise) {
                squares += (double) value * value;
                sum += value;
            }
            assertEquals(0, sum / noise.length, 5e-4);
            assertEquals(0.02, Math.sqrt(squares / noise.length), 5e-4);
        }
        try (Stream<Path> files = Files.list(folder.resolve("made"))) {
            assertTrue(files.filter(file -> file.toString().endsWith(".safetensors"))
                            .count()
                    > 1);
        }
    }

    @Test
    void theSameSeedGivesTheSameFiles() throws IOException {
        for (String name : new String[] {"a", "b"}) {
            new RandomCheckpoint(config, 1, 400_000).write(folder.resolve(name), tokenizer);
        }
        new RandomCheckpoint(config, 2, 400_000).write(folder.resolve("c"), tokenizer);
        try (Checkpoint a = Checkpoint.open(folder.resolve("a"));
                Checkpoint b = Checkpoint.open(folder.resolve("b"));
                Checkpoint c = Checkpoint.open(folder.resolve("c"))) {
            assertEquals(a.fingerprint(), b.fingerprint());
            float[] ofA = values(a.tensor(WeightName.EMBEDDING));
            assertArrayEquals(ofA, values(b.tensor(WeightName.EMBEDDING)));
            assertThrows(AssertionError.class, () -> assertArrayEquals(ofA, values(c.tensor(WeightName.EMBEDDING))));
        }
    }

    @Test
    void thePublishedSizesAreThoseOfTheModels() throws IOException {
        assertEquals(3_212_749_824L, parameters("llama-3.2-3b"));
        assertEquals(1_235_814_400L, parameters("llama-3.2-1b"));
        assertThrows(IllegalArgumentException.class, () -> RandomCheckpoint.configLike("../llama"));
    }

    private static long parameters(String model) throws IOException {
        long[] sum = new long[1];
        new RandomCheckpoint(RandomCheckpoint.configLike(model), 0, 1)
                .llama()
                .forEachTensor((name, shape) -> sum[0] += Stream.of(shape)
                        .mapToLong(dims -> Arrays.stream(dims).reduce(1, (x, y) -> x * y))
                        .sum());
        return sum[0];
    }
}
