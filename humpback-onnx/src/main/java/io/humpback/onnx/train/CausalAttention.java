package io.humpback.onnx.train;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.llama.Attention;
import io.humpback.onnx.llama.RotaryTables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Each token attends to those of its sequence up to itself, in operators that have gradients. Sequences are padded on the
 * right, which nothing before can see.
 *
 * <p>The queries of a part of each sequence, a quarter of it, meet the keys up to that part's end and no others: of the
 * square of queries and keys, of which half is hidden, five eighths are computed. G = H / K query heads share the keys of
 * one; they lie one below the other, so that keys are not repeated.
 */
final class CausalAttention implements Attention {

    private static final int PARTS = TrainingSession.WIDTH_UNIT;

    private final LlamaConfig config;
    private final Graph graph;
    private final int group;
    private final Value sequences;
    /** By window, for each part what hides later keys and those before the window, [G·t, keys]. */
    private final Map<Integer, List<Value>> masks = new HashMap<>();

    private final RotaryTables rotary;

    /**
     * @param ids INT64 [B, T]: how the tokens are arranged; the parts divide T
     * @param positions T at most
     */
    CausalAttention(LlamaConfig config, Graph graph, Value ids, int positions) {
        this.config = config;
        this.graph = graph;
        group = config.heads() / config.kvHeads();
        graph.at("rotary_embedding");
        rotary = RotaryTables.of(config, graph, positions);
        graph.at("attention_mask");
        sequences = ids.dims().concat(graph.integers(-1), 0);
        Value part = ids.dims().slice(0, 1, 2).dividedBy(graph.integers(PARTS)); // t = T / 4
        for (LlamaConfig.Sight sight : config.features().sights()) {
            masks.computeIfAbsent(sight.window(), window -> masks(part, window));
        }
    }

    private List<Value> masks(Value part, int window) {
        List<Value> masks = new ArrayList<>();
        for (int i = 0; i < PARTS; i++) {
            Value before = part.times(graph.integers(i));
            Value keys = before.plus(part);
            Value whole = graph.integers(group).concat(part, 0).concat(keys, 0);
            Value all = graph.constant(Float.NEGATIVE_INFINITY).expand(whole, Shape.of(group, "t", keys(i)));
            Value hidden = all.triangle(true, before.plus(graph.integers(1)).sum(0));
            if (window > 0) {
                hidden = hidden.plus(
                        all.triangle(false, before.minus(graph.integers(window)).sum(0)));
            }
            masks.add(hidden.reshape(graph.integers(-1).concat(keys, 0), Shape.of("G*t", keys(i))));
        }
        return masks;
    }

    private static String keys(int part) {
        return (part + 1) + "*t";
    }

    @Override
    public Value of(int layer, Value q, Value k, Value v) {
        int d = config.headDim();
        Value start = graph.integers(0);
        Value queries = rotary.rotated(layer, inSequences(q.times((float) config.attentionScale())), start)
                .reshape("B", PARTS, "t", config.kvHeads(), group, d);
        Value keys = heads(rotary.rotated(layer, inSequences(k), start));
        Value values = heads(inSequences(v));
        List<Value> hiding = requireNonNull(masks.get(config.sight(layer).window()));
        Value mixed = part(0, queries, keys, values, hiding);
        for (int i = 1; i < PARTS; i++) {
            mixed = mixed.concat(part(i, queries, keys, values, hiding), 1);
        }
        return mixed.reshape(q.shape().get(0), config.heads() * d);
    }

    /** {@return what the queries of a part see, [B, t, K, G, d]} */
    private Value part(int i, Value queries, Value keys, Value values, List<Value> hiding) {
        int d = config.headDim();
        int heads = config.kvHeads();
        Value asked = queries.slice(1, i, i + 1)
                .reshape("B", "t", heads, group, d)
                .transpose(0, 2, 3, 1, 4)
                .reshape("B", heads, "G*t", d);
        Value seen = keys.slice(2, 0, i + 1).reshape("B", heads, keys(i), d);
        Value weights = asked.matmul(seen.matrixTranspose()).plus(hiding.get(i)).softmax(); // [B, K, G·t, keys]
        return weights.matmul(values.slice(2, 0, i + 1).reshape("B", heads, keys(i), d))
                .reshape("B", heads, group, "t", d)
                .transpose(0, 3, 1, 2, 4);
    }

    private Value inSequences(Value x) {
        return x.reshape(sequences, Shape.of("B", "T", x.shape().get(1)));
    }

    private Value heads(Value x) { // [B, T, K·d] to [B, K, parts, t, d]
        return x.reshape("B", PARTS, "t", config.kvHeads(), config.headDim()).transpose(0, 3, 1, 2, 4);
    }
}
