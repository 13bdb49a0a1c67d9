package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Each token looks at its sequence's blocks of a cache and at the tokens of its sequence up to itself, which are written into
 * those blocks in place. No cache is ever copied or handed from one step to the next: whoever comes later reads the same memory.
 */
final class PagedAttention implements Attention {

    /** The runtime's attention rotates only where the number of angles is a multiple of this. */
    private static final int ANGLES_STEP = 8;

    private static final int LARGEST_HEAD = 256;

    private final LlamaConfig config;
    private final RotaryTables rotary;
    private final List<Layer> caches;
    private final Tokens tokens;

    /** Keys and values of a layer in blocks, [blocks, block, K, d] each. */
    record Layer(Value keys, Value values) {}

    /**
     * The tokens of S sequences one after the other.
     *
     * @param starts INT32 [S+1], where each sequence's tokens begin, and the number of all
     * @param past INT32 [S], tokens of each sequence that are in its blocks already
     * @param table INT32 [S, M], each sequence's blocks
     * @param bounds INT32 [2], the most tokens that one has here, and with its past
     */
    record Tokens(Value starts, Value past, Value table, Value bounds) {}

    PagedAttention(LlamaConfig config, RotaryTables rotary, List<Layer> caches, Tokens tokens) {
        this.config = config;
        this.rotary = rotary;
        this.caches = caches;
        this.tokens = tokens;
    }

    /** {@return whether the runtime's operator takes the heads of a model and their rotary embeddings} */
    static boolean takes(LlamaConfig config) {
        int d = config.headDim();
        return d % ANGLES_STEP == 0
                && d <= LARGEST_HEAD
                && config.features().sights().stream()
                        .allMatch(sight ->
                                sight.rope() == null || sight.rope().inverseFrequencies(d).length % ANGLES_STEP == 0);
    }

    /** {@return new caches with dimensions that are an input, INT64 [4]: computed ones would be on the device} */
    static List<Layer> caches(LlamaConfig config, Graph graph, Value dims, ElementType type) {
        Shape shape = Shape.of("blocks", "block", config.kvHeads(), config.headDim());
        List<Layer> caches = new ArrayList<>();
        for (int layer = 0; layer < config.layers(); layer++) {
            caches.add(new Layer(
                    graph.filled(dims, shape, type, filling(2 * layer)),
                    graph.filled(dims, shape, type, filling(2 * layer + 1))));
        }
        return caches;
    }

    /** A small number of its own for each cache: the runtime makes one tensor of equal constants. */
    private static float filling(int number) {
        return Float.intBitsToFloat(0x3c00 + number << Short.SIZE);
    }

    @Override
    public Value of(int layer, Value q, Value k, Value v) {
        RotaryTables.Angles angles = rotary.of(layer);
        Layer cache = caches.get(layer);
        return RuntimeOperators.pagedAttention(
                config.heads(),
                config.kvHeads(),
                q,
                k,
                v,
                cache.keys,
                cache.values,
                tokens.starts,
                tokens.past,
                tokens.table,
                tokens.bounds,
                angles == null ? null : angles.cosine(),
                angles == null ? null : angles.sine(),
                config.attentionScale(),
                config.sight(layer).window());
    }
}
