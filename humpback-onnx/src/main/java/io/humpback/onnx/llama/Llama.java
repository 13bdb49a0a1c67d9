package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
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
    private final Function<WeightName, Value> weights;
    private final Adaptation adaptation;
    private final List<Value> stream = new ArrayList<>();
    private final List<Value> inner = new ArrayList<>();

    /** How an adapter changes the linear products of the blocks. */
    @FunctionalInterface
    public interface Adaptation {

        /** None: products are those of the weights. */
        Adaptation NONE = (weight, x, product) -> product;

        /**
         * {@return the changed product}
         *
         * @param weight name of W
         * @param x [N, in]
         * @param product x Wᵀ, [N, out]
         */
        Value of(WeightName weight, Value x, Value product);
    }

    public Llama(LlamaConfig config, Graph graph, Weights weights) {
        this(config, graph, name -> graph.weight(weights.floats(name)), Adaptation.NONE);
    }

    /** A model with weights of the caller's, in any precision, and an adapter's inputs. */
    public Llama(LlamaConfig config, Graph graph, Function<WeightName, Value> weights, Adaptation adaptation) {
        this.config = config;
        this.graph = graph;
        this.weights = weights;
        this.adaptation = adaptation;
    }

    /**
     * {@return the last hidden state of each token, after the final norm, [N, D]}
     *
     * @param ids INT64 [N]
     */
    public Value hidden(Value ids, Attention attention) {
        Value x = weight(WeightName.EMBEDDING).gather(ids); // [N, D]
        for (int layer = 0; layer < config.layers(); layer++) {
            x = block(layer, x, attention);
        }
        stream.add(x);
        return rmsNorm(WeightName.FINAL_NORM, x);
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
        return hidden.linear(weight(WeightName.HEAD));
    }

    /** One block: attention, then a gated feed-forward, each on a normed input, each added to the residual stream. */
    private Value block(int layer, Value x, Attention attention) { // x [N, D]
        Function<Part, WeightName> name = part -> new WeightName(layer, part);
        stream.add(x);
        Value h = rmsNorm(name.apply(Part.INPUT_NORM), x); // [N, D]
        Value q = linear(name.apply(Part.Q), h); // [N, H·d]
        Value k = linear(name.apply(Part.K), h); // [N, K·d]
        Value v = linear(name.apply(Part.V), h); // [N, K·d]
        graph.at(WeightName.block(layer) + ".self_attn");
        Value mixed = attention.of(layer, q, k, v); // [N, H·d]
        inner.addAll(List.of(q, k, v, mixed));
        x = x.plus(linear(name.apply(Part.O), mixed));
        stream.add(x);
        h = rmsNorm(name.apply(Part.FEED_FORWARD_NORM), x); // [N, D]
        Value gate = linear(name.apply(Part.GATE), h).silu(); // [N, F]
        Value up = linear(name.apply(Part.UP), h); // [N, F]
        return x.plus(linear(name.apply(Part.DOWN), gate.times(up)));
    }

    private Value rmsNorm(WeightName name, Value x) {
        return x.rmsNorm(weight(name), config.rmsNormEps());
    }

    private Value linear(WeightName name, Value x) {
        return adaptation.of(name, x, x.linear(weight(name)));
    }

    /** Also notes the place in the model of the nodes that follow. */
    private Value weight(WeightName name) {
        graph.at(name.module());
        return weights.apply(name);
    }
}
