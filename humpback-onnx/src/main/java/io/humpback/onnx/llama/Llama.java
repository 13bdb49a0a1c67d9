package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.weights.Weights;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The Llama architecture (Touvron et al. 2023, arXiv 2302.13971; Grattafiori et al. 2024, arXiv 2407.21783). Tokens of a
 * batch lie one after the other: N = B·S; D is the width of the residual stream, F of the feed-forward, V of the
 * vocabulary.
 */
public final class Llama {

    private final LlamaConfig config;
    private final Graph graph;
    private final Function<String, Value> weights;
    private final Change change;
    private final List<Value> stream = new ArrayList<>();
    private final List<Value> inner = new ArrayList<>();

    /** What is added to a linear product of a block. */
    @FunctionalInterface
    public interface Change {
        /**
         * {@return the changed product}
         *
         * @param at the module's name
         * @param x [N, in]
         * @param product x Wᵀ, [N, out]
         */
        Value of(String at, Value x, Value product);
    }

    public Llama(LlamaConfig config, Graph graph, Weights weights) {
        this(config, graph, name -> graph.weight(weights.floats(name)), (at, x, product) -> product);
    }

    /**
     * @param weights by Hugging Face name
     * @param change asked for each product but the last
     */
    public Llama(LlamaConfig config, Graph graph, Function<String, Value> weights, Change change) {
        this.config = config;
        this.graph = graph;
        this.weights = weights;
        this.change = change;
    }

    /**
     * {@return the last hidden state of each token, after the final norm, [N, D]}
     *
     * @param ids INT64 [N]
     */
    public Value hidden(Value ids, Attention attention) {
        graph.at("model.embed_tokens");
        Value x = weight("model.embed_tokens").gather(ids); // [N, D]
        for (int layer = 0; layer < config.layers(); layer++) {
            x = block(layer, x, attention);
        }
        stream.add(x);
        return rmsNorm("model.norm", x);
    }

    /** {@return the residual stream before each attention, each feed-forward and the final norm, [N, D]} */
    public List<Value> stream() {
        return stream;
    }

    /** {@return all places at which the computation can be cut: the stream, and what each attention reads and makes} */
    public List<Value> seams() {
        return Stream.concat(stream.stream(), inner.stream()).toList();
    }

    /**
     * {@return the logits, [N, V]}
     *
     * @param hidden [N, D]
     */
    public Value logits(Value hidden) {
        graph.at("lm_head");
        return hidden.linear(weight("lm_head"));
    }

    /** One block: attention, then a gated feed-forward, each on a normed input, each added to the residual stream. */
    private Value block(int layer, Value x, Attention attention) { // x [N, D]
        String at = "model.layers." + layer;
        stream.add(x);
        Value h = rmsNorm(at + ".input_layernorm", x); // [N, D]
        Value q = linear(at + ".self_attn.q_proj", h); // [N, H·d]
        Value k = linear(at + ".self_attn.k_proj", h); // [N, K·d]
        Value v = linear(at + ".self_attn.v_proj", h); // [N, K·d]
        graph.at(at + ".self_attn");
        Value mixed = attention.of(layer, q, k, v); // [N, H·d]
        inner.addAll(List.of(q, k, v, mixed));
        x = x.plus(linear(at + ".self_attn.o_proj", mixed));
        stream.add(x);
        h = rmsNorm(at + ".post_attention_layernorm", x); // [N, D]
        Value gate = linear(at + ".mlp.gate_proj", h).silu(); // [N, F]
        Value up = linear(at + ".mlp.up_proj", h); // [N, F]
        return x.plus(linear(at + ".mlp.down_proj", gate.times(up)));
    }

    private Value rmsNorm(String at, Value x) {
        graph.at(at);
        return x.rmsNorm(weight(at), config.rmsNormEps());
    }

    private Value linear(String at, Value x) {
        graph.at(at);
        return change.of(at, x, x.linear(weight(at)));
    }

    private Value weight(String at) {
        return weights.apply(at + ".weight");
    }
}
