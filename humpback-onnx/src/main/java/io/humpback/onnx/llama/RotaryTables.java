package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.Rope;
import io.humpback.onnx.graph.Data;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.Weights;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/** What rotary embedding multiplies with, for each embedding that blocks of a model have. */
public final class RotaryTables {

    /** Cosine and sine of each position's angles, [positions, r/2], where r dimensions of a head rotate. */
    record Angles(Value cosine, Value sine) {}

    private final LlamaConfig config;
    private final Map<Rope, Angles> angles;

    private RotaryTables(LlamaConfig config, Map<Rope, Angles> angles) {
        this.config = config;
        this.angles = angles;
    }

    /** {@return the angles of the positions from 0 to below a number, in 32 bits} */
    public static RotaryTables of(LlamaConfig config, Graph graph, int positions) {
        Map<Rope, Angles> angles = new LinkedHashMap<>();
        for (LlamaConfig.Sight sight : config.features().sights()) {
            if (sight.rope() != null && !angles.containsKey(sight.rope())) {
                String name = "rotary_embedding." + (angles.isEmpty() ? "" : angles.size() + ".");
                angles.put(
                        sight.rope(),
                        new Angles(
                                table(config, sight.rope(), graph, name + "cosine", positions, Math::cos),
                                table(config, sight.rope(), graph, name + "sine", positions, Math::sin)));
            }
        }
        return new RotaryTables(config, angles);
    }

    /** {@return the same in another type} */
    RotaryTables cast(ElementType type) {
        Map<Rope, Angles> cast = new HashMap<>();
        angles.forEach((rope, a) -> cast.put(rope, new Angles(a.cosine.cast(type), a.sine.cast(type))));
        return new RotaryTables(config, cast);
    }

    /** {@return those of a block; null where it has no rotary embedding} */
    @Nullable
    Angles of(int layer) {
        return angles.get(config.sight(layer).rope());
    }

    /**
     * {@return heads as they are rotated in a block, [B, T, heads·d]}
     *
     * @param x [B, T, heads·d]
     * @param positions INT64 [B, T], or [1], the position that each sequence begins at
     */
    public Value rotated(int layer, Value x, Value positions) {
        Angles a = of(layer);
        return a == null ? x : RuntimeOperators.rotaryEmbedding(x, positions, a.cosine, a.sine, config.headDim());
    }

    /** [positions, r/2]: a function of each position times each inverse frequency. */
    private static Value table(
            LlamaConfig config, Rope rope, Graph graph, String name, int positions, DoubleUnaryOperator function) {
        double[] frequencies = rope.inverseFrequencies(config.headDim());
        Data data = channel -> {
            float[] table = new float[positions * frequencies.length];
            for (int i = 0; i < table.length; i++) {
                // transformers multiplies in 32 bits, and checkpoints were trained so
                float angle = (i / frequencies.length) * (float) frequencies[i % frequencies.length];
                table[i] = (float) (rope.attention() * function.applyAsDouble(angle));
            }
            Weights.floats(table).writeTo(channel);
        };
        return graph.weight(new Weight(name, ElementType.FLOAT, Shape.of(positions, frequencies.length), data));
    }
}
