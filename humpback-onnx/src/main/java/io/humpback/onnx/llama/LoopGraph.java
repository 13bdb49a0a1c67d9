package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Loop;
import io.humpback.onnx.graph.Loop.Carried;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.llama.SegmentedAttention.Segment;
import io.humpback.onnx.quantize.Int4Products;
import io.humpback.onnx.weights.ModelSource;
import io.humpback.onnx.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The graph of whole generations: a prefix that B prompts share, computed once, the prompts, and a loop that writes a token
 * a sequence and iteration, sampling included. Nothing but tokens leaves the device. Keys and values of prefix and prompts
 * stay where they are; only those of written tokens go from one iteration to the next.
 *
 * <p>Inputs: {@code prefix_ids} INT64 [P], at least one, and {@code prefix_length} INT64 [1], how many of them count;
 * {@code prompt_ids} INT64 [B, S], filled up on the right, and {@code prompt_lengths} INT64 [B], each at least 1;
 * {@code target_rows} INT64 [P, piece], tokens counted through the prompts, and {@code targets} INT64 [P, piece], the ids whose
 * log-probability is wanted after them, in P pieces, or none, of a size that the graph gives; {@code limits} INT64 [B], tokens each sequence may write, at least 1;
 * {@code ends} INT64 [E], ids that end a sequence, at least one; {@code noise} FLOAT [N, B], what the draws of N tokens a
 * sequence are made from, in [0, 1); {@code top_k} INT64 [1], at most V, {@code candidates} INT64 [1], the lesser of that and {@value io.humpback.onnx.run.LoopDecoder#CANDIDATES}, {@code temperature}, {@code top_p}, {@code min_p} FLOAT
 * scalars. Greedy is {@code top_k} 1.
 *
 * <p>Outputs: {@code logits} FLOAT [B, V] after the prompts; {@code target_logprobs} FLOAT [P, piece]; {@code first_tokens}
 * INT64 [B] and {@code tokens} INT64 [n, B], the later ones, n below N, where the loop ends when all sequences have ended;
 * {@code first_best} FLOAT [B] and {@code best} FLOAT [n, B], the largest logit behind each.
 *
 * <p>The graph of a reward model has the inputs of prefix and prompts alone, and gives rewards as {@code logits} [B, 1].
 */
public final class LoopGraph {

    /** Added to a score, leaves nothing of it in a softmax. */
    private static final float NEVER = -1e30f;

    /** A position that is after all others. */
    private static final long BEYOND = 1L << 40;

    private final Graph graph = new Graph();
    private final LlamaConfig config;
    private final int positions;
    private final Llama llama;
    private final RotaryTables rotary;
    private final Value zero = graph.constant(0);
    private final Value one = graph.constant(1);

    private LoopGraph(ModelSource source, int positions, ElementType type) {
        Weights weights = new Weights(source.rows());
        this.config = source.checkpoint().config();
        this.positions = positions;
        llama = new Llama(config, graph, name -> graph.weight(weights.of(name, type)), Llama.Adaptation.NONE);
        graph.at("rotary_embedding");
        rotary = RotaryTables.of(config, graph, positions).cast(type);
    }

    /**
     * {@return the graph for positions below a number; the source's checkpoint stays open until the weights are
     * written}
     *
     * @param type of weights and products, FLOAT or BFLOAT16, which the CPU cannot compute in; logits are floats
     */
    public static Graph of(ModelSource source, int positions, ElementType type) {
        return new LoopGraph(source, positions, type).build();
    }

    /** {@return the graph with matrices in 4 bits, and activations and scales of a type; otherwise as {@link #of}} */
    public static Graph int4(ModelSource source, int positions, ElementType type) {
        return new Int4Products(new Weights(source.rows())).rewrite(of(source, positions, type));
    }

    private Graph build() {
        graph.at("prefix");
        Value prefixIds = graph.input("prefix_ids", ElementType.INT64, Shape.of("P"));
        Value prefixLength = graph.input("prefix_length", ElementType.INT64, Shape.of(1));
        Value places = graph.range(prefixIds.size(0), Dim.named("P"));
        Value prefixPlaces = places.less(prefixLength).where(places, graph.integers(BEYOND)); // [P]
        SegmentedAttention prefix = new SegmentedAttention(
                config,
                graph,
                rotary,
                prefixIds.reshape(1, "P"),
                graph.integers(0),
                window -> mask(prefixPlaces, places, window),
                List.of(),
                null);
        llama.hidden(prefixIds, prefix);

        graph.at("prompt");
        Value promptIds = graph.input("prompt_ids", ElementType.INT64, Shape.of("B", "S"));
        Value lengths = graph.input("prompt_lengths", ElementType.INT64, Shape.of("B"));
        Value promptPlaces = graph.range(promptIds.size(1), Dim.named("S")).plus(prefixLength); // [S]
        Value keyPlaces = prefixPlaces.concat(promptPlaces, 0); // [P+S]
        SegmentedAttention prompt = new SegmentedAttention(
                config,
                graph,
                rotary,
                promptIds,
                prefixLength,
                window -> mask(keyPlaces, promptPlaces, window),
                List.of(prefix.segments()),
                null);
        Value hidden = llama.hidden(promptIds.reshape("B*S"), prompt); // [B*S, D]
        graph.at("lm_head");
        Value lastRows = graph.range(lengths.size(0), Dim.named("B"))
                .times(promptIds.size(1))
                .plus(lengths)
                .minus(graph.integers(1)); // [B]
        Value logits = llama.logits(hidden.gather(lastRows)).cast(ElementType.FLOAT); // [B, V]
        graph.output("logits", logits);
        if (config.features().reward() != null) {
            return graph;
        }
        graph.output("target_logprobs", TargetLogs.of(graph, llama, hidden, config.vocabSize()));

        Value last = lengths.plus(prefixLength).minus(graph.integers(1)); // [B], each prompt's last position
        decode(logits, last, keyPlaces, List.of(prefix.segments(), prompt.segments()));
        return graph;
    }

    /** [queries, keys]: what is at or before a query's position, and within its window, if any. */
    private Value mask(Value keyPlaces, Value queryPlaces, int window) {
        Value queries = queryPlaces.reshape(queryPlaces.shape().get(0), 1);
        Value mask = keyPlaces.lessOrEqual(queries).where(zero, graph.constant(NEVER));
        return window == 0 ? mask : mask.plus(beyond(window, keyPlaces, queries));
    }

    /** [queries, keys]: what a window hides of keys from queries [queries, 1]. */
    private Value beyond(int window, Value keyPlaces, Value queries) {
        return queries.minus(graph.integers(window)).less(keyPlaces).where(zero, graph.constant(NEVER));
    }

    /** The loop: {@code last} is each prompt's last position, [B], and {@code keyPlaces} the positions before it, [P+S]. */
    private void decode(Value logits, Value last, Value keyPlaces, List<List<Segment>> before) {
        Value visible = mask(keyPlaces, last, 0).reshape("B", 1, 1, "P+S");
        boolean windows = config.features().sights().stream().anyMatch(sight -> sight.window() > 0);
        graph.at("decoding");
        LoopSampling sampling = new LoopSampling(graph, config.vocabSize(), "B");
        Value unity = scalar(1);
        LoopSampling.Choice chosen = sampling.choose(logits, sampling.noise(scalar(0)));
        Value first = chosen.token();
        graph.output("first_tokens", first);
        graph.output("first_best", chosen.best());
        Value alive = sampling.alive(one, first, unity, sampling.limits());
        Value nothing = last.reshape("B", 1, 1, 1).cast(ElementType.FLOAT).times(0); // [B, 1, 1, 1]
        List<Carried> carried = new ArrayList<>();
        carried.add(new Carried(first, Shape.of("B")));
        carried.add(new Carried(alive, Shape.of("B")));
        carried.add(new Carried(visible, Shape.of("B", 1, 1, "P+S+G")));
        if (windows) {
            Value row = last.reshape("B", 1);
            carried.add(new Carried(row.minus(row).plus(keyPlaces), Shape.of("B", "P+S+G")));
        }
        int segments = carried.size();
        for (Segment segment : before.get(1)) {
            Shape keys = Shape.of("B", config.kvHeads(), config.headDim(), "G");
            Shape values = Shape.of("B", config.kvHeads(), "G", config.headDim());
            carried.add(new Carried(segment.keys().slice(3, 0, 0), keys));
            carried.add(new Carried(segment.values().slice(2, 0, 0), values));
        }
        Value trips = sampling.steps().reshape().minus(unity);
        List<Value> made = Loop.of(trips, sampling.any(alive), carried, Dim.named("N-1"), (number, held) -> {
            List<Segment> grown = new ArrayList<>();
            for (int i = segments; i < held.size(); i += 2) {
                grown.add(new Segment(held.get(i), held.get(i + 1)));
            }
            Value ids = held.get(0);
            Value mask = held.get(2).concat(nothing, 3); // [B, 1, 1, P+S+G+1]
            Value place = last.plus(unity).plus(number);
            Value row = place.reshape("B", 1);
            Value allPlaces = windows ? held.get(3).concat(row, 1) : row; // [B, P+S+G+1]
            Value bound = graph.integers(positions - 1); // what a sequence that has ended writes does not count
            Value bounded = place.lessOrEqual(bound).where(place, bound).reshape("B", 1);
            IntFunction<Value> masks = window -> window == 0
                    ? mask
                    : mask.plus(beyond(window, allPlaces, row)
                            .reshape("B", 1, 1, allPlaces.shape().get(1)));
            SegmentedAttention attention =
                    new SegmentedAttention(config, graph, rotary, ids.reshape("B", 1), bounded, masks, before, grown);
            Value next = llama.logits(llama.hidden(ids, attention)).cast(ElementType.FLOAT); // [B, V]
            graph.at("decoding");
            LoopSampling.Choice choice = sampling.choose(next, sampling.noise(number.plus(unity)));
            Value stillAlive = sampling.alive(held.get(1), choice.token(), number.plus(scalar(2)), sampling.limits());
            List<Value> handed = new ArrayList<>(List.of(choice.token(), stillAlive, mask));
            if (windows) {
                handed.add(allPlaces);
            }
            for (Segment segment : attention.segments()) {
                handed.add(segment.keys());
                handed.add(segment.values());
            }
            return new Loop.Iteration(sampling.any(stillAlive), handed, List.of(choice.token(), choice.best()));
        });
        graph.output("tokens", made.get(carried.size()));
        graph.output("best", made.get(carried.size() + 1));
    }

    private Value scalar(long value) {
        return graph.integers(value).reshape();
    }
}
