package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.ArrayList;
import java.util.List;

/** Each token looks at its sequence's cache and at the new tokens up to itself, which are written into the cache. */
final class CachedAttention implements Attention {

    /** The operator of attention rotates only where the number of angles is a multiple of this. */
    private static final int ANGLES_STEP = 8;

    private final LlamaConfig config;
    private final Graph graph;
    private final Value sequences;
    private final Value lastPosition;
    private final Value totalLength;
    private final RotaryTables rotary;
    /** Positions of the new tokens, INT64 [B, S]. */
    private final Value newPositions;

    private final List<Value> keys = new ArrayList<>();
    private final List<Value> values = new ArrayList<>();

    /** Attention for ids INT64 [B, S] at positions below a number. */
    CachedAttention(LlamaConfig config, Graph graph, Value ids, int positions) {
        this.config = config;
        this.graph = graph;
        graph.at("rotary_embedding");
        sequences = ids.dims().concat(graph.integers(-1), 0);
        lastPosition = graph.input("last_position", ElementType.INT32, Shape.of("B"));
        totalLength = graph.input("total_length", ElementType.INT32, Shape.of());
        rotary = RotaryTables.of(config, graph, positions);
        Value size = ids.size(1);
        Value first = lastPosition.cast(ElementType.INT64).minus(size).plus(graph.integers(1));
        newPositions = first.reshape("B", 1).plus(graph.range(size, Dim.named("S")));
    }

    @Override
    public Value of(int layer, Value q, Value k, Value v) {
        Shape cache = Shape.of("B", config.kvHeads(), "C", config.headDim());
        RotaryTables.Angles angles = rotary.of(layer);
        Value queries = inSequences(q);
        Value newKeys = inSequences(k);
        if (angles != null && angles.cosine().shape().get(1).size() % ANGLES_STEP != 0) {
            queries = rotary.rotated(layer, queries, newPositions);
            newKeys = rotary.rotated(layer, newKeys, newPositions);
            angles = null;
        }
        String past = "past_key_values." + layer;
        List<Value> mixed = RuntimeOperators.groupQueryAttention(
                config.heads(),
                config.kvHeads(),
                queries,
                newKeys,
                inSequences(v),
                graph.input(past + ".key", ElementType.FLOAT, cache),
                graph.input(past + ".value", ElementType.FLOAT, cache),
                lastPosition,
                totalLength,
                angles == null ? null : angles.cosine(),
                angles == null ? null : angles.sine(),
                config.attentionScale(),
                config.sight(layer).window());
        keys.add(mixed.get(1));
        values.add(mixed.get(2));
        return mixed.get(0).reshape("B*S", q.shape().get(1));
    }

    private Value inSequences(Value x) {
        return x.reshape(sequences, Shape.of("B", "S", x.shape().get(1)));
    }

    /** Makes the caches after the new tokens outputs of the graph. */
    void giveOutputs() {
        for (int layer = 0; layer < keys.size(); layer++) {
            graph.output("present." + layer + ".key", keys.get(layer));
            graph.output("present." + layer + ".value", values.get(layer));
        }
    }
}
