package io.humpback.onnx.graph;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;

/** Writes graphs, and runs them by plain ONNX Runtime. */
public final class Graphs {

    private static final String DATA = "weights.bin";

    private Graphs() {}

    /** {@return the graph's file in a folder, its weights beside it} */
    public static Path write(Graph graph, Path folder) throws IOException {
        Map<String, Long> offsets = OnnxWriter.offsets(graph.liveWeights());
        try (FileChannel channel =
                FileChannel.open(folder.resolve(DATA), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            for (Weight weight : graph.liveWeights()) {
                channel.position(offsets.get(weight.name()));
                weight.data().writeTo(channel);
            }
        }
        return Files.write(folder.resolve("graph.onnx"), OnnxWriter.write(graph, DATA, Map.of()));
    }

    /** {@return a weight that lies in memory} */
    public static Weight weight(String name, Shape shape, float... values) {
        return new Weight(name, ElementType.FLOAT, shape, channel -> {
            java.nio.ByteBuffer bytes =
                    java.nio.ByteBuffer.allocate(4 * values.length).order(java.nio.ByteOrder.LITTLE_ENDIAN);
            bytes.asFloatBuffer().put(values);
            channel.write(bytes);
        });
    }

    /** An input's values with their shape. */
    public record Input(Object values, long... shape) {}

    /** {@return what an output of a graph becomes} @param inputs by name, float[], long[] or int[] in them */
    public static float[] run(Graph graph, String output, Map<String, Input> inputs) {
        try (Runner runner = new Runner(graph)) {
            return runner.run(output, inputs);
        }
    }

    /** A graph that is run more than once. */
    static final class Runner implements AutoCloseable {
        private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
        private final Path folder;
        private final OrtSession session;

        Runner(Graph graph) {
            try {
                folder = Files.createTempDirectory("graph");
                session = environment.createSession(write(graph, folder).toString());
            } catch (IOException | OrtException e) {
                throw new AssertionError(e);
            }
        }

        float[] run(String output, Map<String, Input> inputs) {
            Map<String, OnnxTensor> tensors = new HashMap<>();
            try {
                for (Map.Entry<String, Input> input : inputs.entrySet()) {
                    tensors.put(input.getKey(), tensor(environment, input.getValue()));
                }
                try (OrtSession.Result result = session.run(tensors, java.util.Set.of(output))) {
                    FloatBuffer found = ((OnnxTensor) result.get(0)).getFloatBuffer();
                    float[] values = new float[found.remaining()];
                    found.get(values);
                    return values;
                }
            } catch (OrtException e) {
                throw new AssertionError(e);
            } finally {
                tensors.values().forEach(OnnxTensor::close);
            }
        }

        @Override
        public void close() {
            try {
                session.close();
                Files.deleteIfExists(folder.resolve(DATA));
                Files.deleteIfExists(folder.resolve("graph.onnx"));
                Files.delete(folder);
            } catch (IOException | OrtException e) {
                throw new AssertionError(e);
            }
        }
    }

    private static OnnxTensor tensor(OrtEnvironment environment, Input input) throws OrtException {
        if (input.values() instanceof float[] floats) {
            return OnnxTensor.createTensor(environment, FloatBuffer.wrap(floats), input.shape());
        }
        return input.values() instanceof long[] longs
                ? OnnxTensor.createTensor(environment, LongBuffer.wrap(longs), input.shape())
                : OnnxTensor.createTensor(environment, IntBuffer.wrap((int[]) input.values()), input.shape());
    }
}
