package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Data;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.Weights;
import java.util.function.DoubleUnaryOperator;

/** What rotary embedding multiplies with: cosine and sine of each position's angles, [positions, d/2]. */
public record RotaryTables(Value cosine, Value sine) {

    /** {@return the angles of the positions from 0 to below a number, in 32 bits} */
    public static RotaryTables of(LlamaConfig config, Graph graph, int positions) {
        return new RotaryTables(
                angles(config, graph, "rotary_embedding.cosine", positions, Math::cos),
                angles(config, graph, "rotary_embedding.sine", positions, Math::sin));
    }

    /** {@return the same in another type} */
    RotaryTables cast(ElementType type) {
        return new RotaryTables(cosine.cast(type), sine.cast(type));
    }

    /** [positions, d/2]: a function of each position times each inverse frequency. */
    private static Value angles(
            LlamaConfig config, Graph graph, String name, int positions, DoubleUnaryOperator function) {
        double[] frequencies = config.rope().inverseFrequencies(config.headDim());
        Data data = channel -> {
            float[] table = new float[positions * frequencies.length];
            for (int i = 0; i < table.length; i++) {
                // transformers multiplies in 32 bits, and checkpoints were trained so
                float angle = (i / frequencies.length) * (float) frequencies[i % frequencies.length];
                table[i] = (float) function.applyAsDouble(angle);
            }
            Weights.floats(table).writeTo(channel);
        };
        return graph.weight(new Weight(name, ElementType.FLOAT, Shape.of(positions, frequencies.length), data));
    }
}
