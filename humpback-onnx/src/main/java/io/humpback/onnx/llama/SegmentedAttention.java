package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Each token looks at segments that were computed before and at its own, by one softmax over the scores of all. A segment
 * is never copied next to another, and one that all sequences share is held once. Plain operators, which every
 * provider has in every type.
 *
 * <p>G = H / K query heads share the keys of one; they lie one below the other, so that keys are not repeated.
 */
final class SegmentedAttention implements Attention {

    /**
     * Keys and values of neighbouring positions: keys [B or 1, K, d, n], rotated by their positions, values [B or 1, K,
     * n, d].
     */
    record Segment(Value keys, Value values) {}

    private final LlamaConfig config;
    private final Graph graph;
    private final Dim batch;
    private final Dim tokens;
    private final Dim rows;
    private final boolean single;
    private final Value sequences;
    private final Value positions;
    private final RotaryTables rotary;
    private final IntFunction<Value> mask;
    /** By window, as the scores are arranged. */
    private final Map<Integer, Value> masks = new HashMap<>();

    private final List<List<Segment>> before;
    private final @Nullable List<Segment> grown;
    private final List<Segment> own = new ArrayList<>();
    private @Nullable Value sizes;

    /**
     * @param ids INT64 [B, T]: gives the arrangement of tokens in sequences
     * @param positions INT64 [B, T], or [1], the position that each sequence begins at
     * @param mask for each window FLOAT, 0 where a token may look and very low elsewhere: [T, n], or [B, 1, 1, n] for T = 1
     * @param before segments by layer, in the order of the mask's last axis
     * @param grown what the own segment begins with, by layer, or null
     */
    SegmentedAttention(
            LlamaConfig config,
            Graph graph,
            RotaryTables rotary,
            Value ids,
            Value positions,
            IntFunction<Value> mask,
            List<List<Segment>> before,
            @Nullable List<Segment> grown) {
        this.config = config;
        this.rotary = rotary;
        this.graph = graph;
        this.positions = positions;
        this.mask = mask;
        this.before = before;
        this.grown = grown;
        batch = ids.shape().get(0);
        tokens = ids.shape().get(1);
        single = tokens.isKnown() && tokens.size() == 1;
        sequences = ids.dims().concat(graph.integers(-1), 0);
        int group = config.heads() / config.kvHeads();
        rows = single ? Dim.of(group) : Dim.named(group + "*" + tokens);
        masks.put(0, arranged(mask.apply(0)));
    }

    private Value arranged(Value mask) {
        if (single) {
            return mask;
        }
        int group = config.heads() / config.kvHeads();
        Value groups = graph.constant(Shape.of(group, 1, 1), new float[group]);
        Value to = graph.integers(-1).concat(mask.size(1), 0);
        return groups.plus(mask).reshape(to, Shape.of(rows, mask.shape().get(1))); // [G·T, n]
    }

    @Override
    public Value of(int layer, Value q, Value k, Value v) {
        Value queries = queries(rotated(layer, q.times((float) config.attentionScale()))); // [B, K, G·T, d]
        Segment mine = own(layer, rotated(layer, k), v);
        Value hiding = masks.computeIfAbsent(config.sight(layer).window(), window -> arranged(mask.apply(window)));
        own.add(mine);
        List<Segment> segments = new ArrayList<>();
        before.forEach(segment -> segments.add(segment.get(layer)));
        segments.add(mine);
        List<Value> scores =
                segments.stream().map(segment -> queries.matmul(segment.keys)).toList(); // [B, K, G·T, n]
        Value all = scores.stream().reduce((a, b) -> a.concat(b, 3)).orElseThrow();
        Value shares = all.cast(ElementType.FLOAT).plus(hiding).softmax().cast(q.type());
        List<Value> parts = scores.size() == 1 ? List.of(shares) : shares.split(3, sizes(scores), scores);
        Value mixed = parts.get(0).matmul(segments.get(0).values);
        for (int i = 1; i < parts.size(); i++) {
            mixed = mixed.plus(parts.get(i).matmul(segments.get(i).values));
        }
        return merged(mixed, q.shape());
    }

    /** {@return keys and values of the tokens, by layer, with what they have grown from} */
    List<Segment> segments() {
        return own;
    }

    /** Equal in all layers. */
    private Value sizes(List<Value> scores) {
        if (sizes == null) {
            sizes = scores.stream()
                    .map(score -> score.size(3))
                    .reduce((a, b) -> a.concat(b, 0))
                    .orElseThrow();
        }
        return sizes;
    }

    private Value inSequences(Value x) {
        return single
                ? x.reshape(batch, 1, x.shape().get(1))
                : x.reshape(sequences, Shape.of(batch, tokens, x.shape().get(1)));
    }

    private Value rotated(int layer, Value x) {
        return rotary.rotated(layer, inSequences(x), positions);
    }

    private Value queries(Value q) { // [B, T, H·d]
        int group = config.heads() / config.kvHeads();
        return single
                ? q.reshape(batch, config.kvHeads(), group, config.headDim())
                : q.reshape(batch, tokens, config.kvHeads(), group, config.headDim())
                        .transpose(0, 2, 3, 1, 4)
                        .reshape(batch, config.kvHeads(), rows, config.headDim());
    }

    private Segment own(int layer, Value k, Value v) { // [B, T, K·d], [N, K·d]
        int heads = config.kvHeads();
        int d = config.headDim();
        Value keys = single
                ? k.reshape(batch, heads, d, 1)
                : k.reshape(batch, tokens, heads, d).transpose(0, 2, 3, 1);
        Value values = single
                ? v.reshape(batch, heads, 1, d)
                : inSequences(v).reshape(batch, tokens, heads, d).transpose(0, 2, 1, 3);
        if (grown == null) {
            return new Segment(keys, values);
        }
        Segment first = grown.get(layer);
        return new Segment(first.keys.concat(keys, 3), first.values.concat(values, 2));
    }

    private Value merged(Value x, Shape to) { // [B, K, G·T, d]
        int group = config.heads() / config.kvHeads();
        Value byToken = single
                ? x
                : x.reshape(batch, config.kvHeads(), group, tokens, config.headDim())
                        .transpose(0, 3, 1, 2, 4);
        return byToken.reshape(to.get(0), to.get(1));
    }
}
