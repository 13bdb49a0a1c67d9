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
 * Each token attends to those of its sequence up to itself, in operators that have gradients. Several sequences may lie in a
 * line, one after the other; lines are padded on the right, which nothing before can see.
 *
 * <p>The queries of a part of each line, a quarter of it, meet the keys up to that part's end and no others: of the
 * square of queries and keys, of which half is hidden, five eighths are computed. G = H / K query heads share the keys of
 * one; they lie one below the other, so that keys are not repeated.
 */
final class CausalAttention implements Attention {

    private static final int PARTS = TrainingSession.WIDTH_UNIT;

    private final LlamaConfig config;
    private final Graph graph;
    private final int group;
    private final Value positions;
    private final Value lines;
    /** By window, for each part what hides later keys and those before the sequence or the window, [B, 1, G·t, keys]. */
    private final Map<Integer, List<Value>> masks = new HashMap<>();

    private final RotaryTables rotary;

    /**
     * @param positions INT64 [B, T], each token's in its sequence, which are 0 where one begins; the parts divide T
     * @param limit T at most
     */
    CausalAttention(LlamaConfig config, Graph graph, Value positions, int limit) {
        this.config = config;
        this.graph = graph;
        this.positions = positions;
        group = config.heads() / config.kvHeads();
        graph.at("rotary_embedding");
        rotary = RotaryTables.of(config, graph, limit);
        graph.at("attention_mask");
        lines = positions.dims().concat(graph.integers(-1), 0);
        Value places = graph.range(positions.size(1), positions.shape().get(1)); // in the line, [T]
        Value firsts = places.minus(positions); // places where the sequences begin, [B, T]
        for (LlamaConfig.Sight sight : config.features().sights()) {
            masks.computeIfAbsent(sight.window(), window -> masks(places, firsts, window));
        }
    }

    private List<Value> masks(Value places, Value firsts, int window) {
        Value parts = places.reshape(PARTS, "t");
        Value shown = graph.constant(0);
        Value hidden = graph.constant(Float.NEGATIVE_INFINITY);
        Value heads = graph.constant(Shape.of(group, 1, 1), new float[group]);
        List<Value> masks = new ArrayList<>();
        for (int i = 0; i < PARTS; i++) {
            Value asking = parts.slice(0, i, i + 1).reshape("t", 1);
            Value keys = parts.slice(0, 0, i + 1).reshape(keys(i)); // the key's place, [keys]
            Value first = firsts.reshape("B", PARTS, "t").slice(1, i, i + 1).reshape("B", 1, "t", 1);
            Value mask = keys.lessOrEqual(asking).where(shown, hidden); // [t, keys]
            if (window > 0) {
                mask = asking.minus(graph.integers(window)).less(keys).where(mask, hidden);
            }
            mask = first.lessOrEqual(keys).where(mask, hidden); // [B, 1, t, keys]
            Value arranged = positions.size(0).concat(graph.integers(1, -1), 0).concat(keys.size(0), 0);
            masks.add(heads.plus(mask).reshape(arranged, Shape.of("B", 1, "G*t", keys(i))));
        }
        return masks;
    }

    private static String keys(int part) {
        return (part + 1) + "*t";
    }

    @Override
    public Value of(int layer, Value q, Value k, Value v) {
        int d = config.headDim();
        Value queries = rotary.rotated(layer, inLines(q.times((float) config.attentionScale())), positions)
                .reshape("B", PARTS, "t", config.kvHeads(), group, d);
        Value keys = heads(rotary.rotated(layer, inLines(k), positions));
        Value values = heads(inLines(v));
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

    private Value inLines(Value x) {
        return x.reshape(lines, Shape.of("B", "T", x.shape().get(1)));
    }

    private Value heads(Value x) { // [B, T, K·d] to [B, K, parts, t, d]
        return x.reshape("B", PARTS, "t", config.kvHeads(), config.headDim()).transpose(0, 3, 1, 2, 4);
    }
}
