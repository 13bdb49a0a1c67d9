package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;

/**
 * Each token looks at those of its sequence up to itself, in operators that have gradients. Sequences begin together and
 * are filled up on the right, which nothing before can see.
 *
 * <p>G = H / K query heads share the keys of one; they lie one below the other, so that keys are not repeated.
 */
final class CausalAttention implements Attention {

    private final LlamaConfig config;
    private final Graph graph;
    private final Value sequences;
    private final Value mask;
    private final RotaryTables rotary;

    /** @param ids INT64 [B, T]: how the tokens are arranged @param positions T at most */
    CausalAttention(LlamaConfig config, Graph graph, Value ids, int positions) {
        this.config = config;
        this.graph = graph;
        graph.at("rotary_embedding");
        rotary = RotaryTables.of(config, graph, positions);
        graph.at("attention_mask");
        sequences = ids.dims().concat(graph.integers(-1), 0);
        Value length = ids.dims().slice(0, 1, 2); // T
        Value group = graph.integers(config.heads() / config.kvHeads()); // G
        Value whole = group.concat(length, 0).concat(length, 0);
        mask = graph.causalMask(whole, Shape.of(config.heads() / config.kvHeads(), "T", "T"))
                .reshape(graph.integers(-1).concat(length, 0), Shape.of("G*T", "T"));
    }

    @Override
    public Value of(int layer, Value q, Value k, Value v) {
        int d = config.headDim();
        int group = config.heads() / config.kvHeads();
        Dim all = q.shape().get(0);
        Value queries = graph.rotary(inSequences(q.times((float) (1 / Math.sqrt(d)))), rotary.cosine(), rotary.sine())
                .reshape("B", "T", config.kvHeads(), group, d)
                .transpose(0, 2, 3, 1, 4)
                .reshape("B", config.kvHeads(), "G*T", d);
        Value keys = heads(graph.rotary(inSequences(k), rotary.cosine(), rotary.sine())); // [B, K, T, d]
        Value weights = queries.matmul(keys.transposed()).plus(mask).softmax(); // [B, K, G·T, T]
        return weights.matmul(heads(inSequences(v))) // [B, K, G·T, d]
                .reshape("B", config.kvHeads(), group, "T", d)
                .transpose(0, 3, 1, 2, 4)
                .reshape(all, config.heads() * d);
    }

    private Value inSequences(Value x) {
        return x.reshape(sequences, Shape.of("B", "T", x.shape().get(1)));
    }

    private Value heads(Value x) { // [B, T, K·d] to [B, K, T, d]
        return x.reshape("B", "T", config.kvHeads(), config.headDim()).transpose(0, 2, 1, 3);
    }
}
