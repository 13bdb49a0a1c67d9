package io.humpback.onnx.quantize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Gguf;
import io.humpback.onnx.checkpoint.GgufBuilder;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import io.humpback.onnx.weights.WeightsTest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class Int4ProductsTest {

    private static final String Q = "model.layers.0.self_attn.q_proj.weight";
    private static final int IN = 96;
    private static final int OUT = 300; // more rows than are written at a time

    @TempDir
    Path folder;

    /** {@return a tensor of random blocks} @param type ggml's number @param header halves before the quantised bytes */
    private Gguf random(int type, int header, int bytes) throws IOException {
        Random random = new Random(type);
        ByteBuffer data =
                ByteBuffer.allocate(OUT * IN / 32 * (2 * header + bytes)).order(ByteOrder.LITTLE_ENDIAN);
        byte[] quantised = new byte[bytes];
        for (int block = 0; block < OUT * IN / 32; block++) {
            for (int i = 0; i < header; i++) {
                // halves from 0.03 to 0.5, of either sign; every 50th scale is not normal
                int half = block % 50 == 7 ? random.nextInt(1024) : 0x2800 + random.nextInt(0x1000);
                data.putShort((short) (half | random.nextInt(2) << 15));
            }
            random.nextBytes(quantised);
            data.put(quantised);
        }
        Path file = folder.resolve("w" + type + ".gguf");
        Files.write(
                file, new GgufBuilder().tensor("w", type, data.array(), IN, OUT).build());
        return Gguf.open(file);
    }

    private static float[] product(Weights weights, WeightName name, int in, int rows, float... x) {
        Graph graph = new Graph();
        Value input = graph.input("x", ElementType.FLOAT, Shape.of("N", in));
        graph.output("y", new Int4Products(weights).product(graph, input, name));
        return Graphs.run(graph, "y", Map.of("x", new Graphs.Input(x, rows, in)));
    }

    /** {@return the weight that a product really has, [out][in]: its products with the unit vectors} */
    private static float[][] decoded(Weights weights, WeightName name, int in, int out) {
        float[] unit = new float[in * in];
        for (int i = 0; i < in; i++) {
            unit[i * in + i] = 1;
        }
        float[] columns = product(weights, name, in, in, unit);
        return IntStream.range(0, out)
                .mapToObj(row -> {
                    float[] w = new float[in];
                    for (int i = 0; i < in; i++) {
                        w[i] = columns[i * out + row];
                    }
                    return w;
                })
                .toArray(float[][]::new);
    }

    @ParameterizedTest
    @CsvSource({"2, 1, 16, " + Q, "3, 2, 16, " + Q, "8, 1, 32, lm_head.weight"}) // Q4_0, Q4_1, Q8_0
    void blocksOfGgufGoOverWithoutLoss(int type, int header, int bytes, WeightName name) throws IOException {
        try (Gguf gguf = random(type, header, bytes)) {
            Weights weights = new Weights(any -> WeightRows.of(gguf.tensor("w")));
            float[] exact = WeightRows.of(gguf.tensor("w")).all();
            float[][] found = decoded(weights, name, IN, OUT);
            for (int row = 0; row < OUT; row++) {
                for (int i = 0; i < IN; i++) {
                    assertEquals(exact[row * IN + i], found[row][i], 1e-5);
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"2, 1, 16, " + Q, "3, 2, 16, " + Q, "8, 1, 32, lm_head.weight"})
    void productsAreThoseOfTheDecodedWeightsButForTheRoundingOfActivations(
            int type, int header, int bytes, WeightName name) throws IOException {
        try (Gguf gguf = random(type, header, bytes)) {
            Weights weights = new Weights(any -> WeightRows.of(gguf.tensor("w")));
            float[] exact = WeightRows.of(gguf.tensor("w")).all();
            Random random = new Random(1);
            float[] x = new float[7 * IN];
            for (int i = 0; i < x.length; i++) {
                x[i] = (float) random.nextGaussian();
            }
            float[] found = product(weights, name, IN, 7, x);
            double error = 0;
            double size = 0;
            for (int n = 0; n < 7; n++) {
                for (int row = 0; row < OUT; row++) {
                    double sum = 0;
                    for (int i = 0; i < IN; i++) {
                        sum += x[n * IN + i] * exact[row * IN + i];
                    }
                    error += Math.pow(sum - found[n * OUT + row], 2);
                    size += sum * sum;
                }
            }
            assertTrue(Math.sqrt(error / size) < 0.01, "relative error " + Math.sqrt(error / size));
        }
    }

    @ParameterizedTest
    @CsvSource({Q + ", 4", "lm_head.weight, 8"})
    void otherWeightsAreRoundedToTheNearestStep(WeightName name, int bits) {
        Random random = new Random(bits);
        float[] values = new float[OUT * IN];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian() * (i / 32 % 5); // every fifth block is zero
        }
        float[][] found = decoded(new Weights(any -> WeightRows.of(values, IN)), name, IN, OUT);
        for (int block = 0; block < OUT * IN / 32; block++) {
            float extreme = 0;
            for (int i = 32 * block; i < 32 * block + 32; i++) {
                extreme = Math.abs(values[i]) > Math.abs(extreme) ? values[i] : extreme;
            }
            double step = Math.abs(extreme) / (1 << bits - 1);
            for (int i = 32 * block; i < 32 * block + 32; i++) {
                // the range is not symmetric: what lies beyond its other end takes the last step
                boolean beyond = -values[i] * Math.signum(extreme) > Math.abs(extreme) - step;
                double error = Math.abs(values[i] - found[i / IN][i % IN]);
                assertTrue(error <= step * (beyond ? 1 : 0.5) + 1e-5, error + " at a step of " + step);
            }
        }
    }

    @Test
    void weightAndScalesMayBeWrittenAtTheSameTime() throws Exception {
        float[] values = new float[2000 * IN];
        Random random = new Random(3);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N", IN));
        graph.output(
                "y",
                new Int4Products(new Weights(any -> WeightRows.of(values, IN))).product(graph, x, WeightName.of(Q)));
        List<Weight> parts = graph.liveWeights();
        assertEquals(2, parts.size());
        byte[][] alone = {
            WeightsTest.bytes(parts.get(0)).array(),
            WeightsTest.bytes(parts.get(1)).array()
        };
        for (int round = 0; round < 10; round++) {
            byte[][] together = parts.parallelStream()
                    .map(part -> {
                        try {
                            return WeightsTest.bytes(part).array();
                        } catch (IOException e) {
                            throw new AssertionError(e);
                        }
                    })
                    .toArray(byte[][]::new);
            assertArrayEquals(alone[0], together[0]);
            assertArrayEquals(alone[1], together[1]);
        }
    }

    @Test
    void rowsOfPartialBlocksAreRefused() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N", 48));
        assertEquals(
                Q + ": rows of 48, expected a multiple of 32 for int4",
                assertThrows(ModelException.class, () -> new Int4Products(
                                        new Weights(any -> WeightRows.of(new float[96], 48)))
                                .product(graph, x, WeightName.of(Q)))
                        .getMessage());
    }
}
