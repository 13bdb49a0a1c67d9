package io.humpback.onnx.llama;

import static io.humpback.onnx.checkpoint.WeightName.Part.ATTENTION_OUTPUT_NORM;
import static io.humpback.onnx.checkpoint.WeightName.Part.DOWN;
import static io.humpback.onnx.checkpoint.WeightName.Part.FEED_FORWARD_NORM;
import static io.humpback.onnx.checkpoint.WeightName.Part.FEED_FORWARD_OUTPUT_NORM;
import static io.humpback.onnx.checkpoint.WeightName.Part.GATE;
import static io.humpback.onnx.checkpoint.WeightName.Part.INPUT_NORM;
import static io.humpback.onnx.checkpoint.WeightName.Part.K;
import static io.humpback.onnx.checkpoint.WeightName.Part.K_NORM;
import static io.humpback.onnx.checkpoint.WeightName.Part.O;
import static io.humpback.onnx.checkpoint.WeightName.Part.Q;
import static io.humpback.onnx.checkpoint.WeightName.Part.Q_NORM;
import static io.humpback.onnx.checkpoint.WeightName.Part.UP;
import static io.humpback.onnx.checkpoint.WeightName.Part.V;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.weights.Weights;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The Llama architecture (Touvron et al. 2023, arXiv 2302.13971; Grattafiori et al. 2024, arXiv 2407.21783). Tokens of a
 * batch lie one after the other: N = B·S; D is the width of the residual stream, F of the feed-forward, V of the
 * vocabulary; H heads of queries and K of keys and values have size d. What other families add to it or change is read from
 * {@link LlamaConfig.Features}.
 */
public final class Llama {

    private final LlamaConfig config;
    private final Graph graph;
    private final Function<WeightName, Value> weights;
    private final Adaptation adaptation;

    /** How an adapter changes the linear products of the blocks. */
    @FunctionalInterface
    public interface Adaptation {

        /** Products are those of the weights. */
        Adaptation NONE = (weight, x, product) -> product;

        /** {@return the changed product of a weight W with x [N, in], where x Wᵀ is {@code product} [N, out]} */
        Value of(WeightName weight, Value x, Value product);
    }

    public Llama(LlamaConfig config, Graph graph, Weights weights) {
        this(config, graph, name -> graph.weight(weights.floats(name)), Adaptation.NONE);
    }

    /** A model whose weights the caller puts into the graph, in any precision. */
    public Llama(LlamaConfig config, Graph graph, Function<WeightName, Value> weights, Adaptation adaptation) {
        this.config = config;
        this.graph = graph;
        this.weights = weights;
        this.adaptation = adaptation;
    }

    /** {@return the last hidden state of each token, after the final norm, [N, D]; ids are INT64 [N]} */
    public Value hidden(Value ids, Attention attention) {
        return hidden(ids, attention, x -> {});
    }

    /** The same, each block's sum of the residual stream, [N, D], being told of in their order. */
    Value hidden(Value ids, Attention attention, Consumer<Value> sums) {
        Value x = scaled(weight(WeightName.EMBEDDING).gather(ids), scales().embedding()); // [N, D]
        for (int layer = 0; layer < config.layers(); layer++) {
            x = block(layer, x, attention);
            sums.accept(x);
        }
        return rmsNorm(WeightName.FINAL_NORM, x);
    }

    /** {@return the logits [N, V] of hidden states [N, D]; of a reward model the rewards FLOAT [N, 1]} */
    public Value logits(Value hidden) {
        if (config.features().reward() != null) {
            Value score = weight(WeightName.SCORE).cast(ElementType.FLOAT); // [1, D]
            return hidden.cast(ElementType.FLOAT).times(score).sumKeepDims(-1);
        }
        return readOut(hidden).linear(weight(WeightName.HEAD));
    }

    /** {@return hidden states as the output projection reads them} */
    public Value readOut(Value hidden) {
        return scaled(hidden, scales().logits());
    }

    /** One block: attention, then a gated feed-forward, each on a normed input, each added to the residual stream. */
    private Value block(int layer, Value x, Attention attention) { // x [N, D]
        Value h = rmsNorm(new WeightName(layer, INPUT_NORM), x); // [N, D]
        Value q = normedHeads(layer, Q_NORM, linear(layer, Q, h)); // [N, H·d]
        Value k = normedHeads(layer, K_NORM, linear(layer, K, h)); // [N, K·d]
        Value v = linear(layer, V, h); // [N, K·d]
        graph.at(WeightName.block(layer) + ".self_attn");
        Value mixed = attention.of(layer, q, k, v); // [N, H·d]
        x = x.plus(output(layer, ATTENTION_OUTPUT_NORM, linear(layer, O, mixed)));
        h = rmsNorm(new WeightName(layer, FEED_FORWARD_NORM), x); // [N, D]
        Value gate = activated(linear(layer, GATE, h)); // [N, F]
        Value up = linear(layer, UP, h); // [N, F]
        return x.plus(output(layer, FEED_FORWARD_OUTPUT_NORM, linear(layer, DOWN, gate.times(up))));
    }

    /** Queries or keys [N, heads·d], each head normed by itself where the family does that. */
    private Value normedHeads(int layer, Part norm, Value x) {
        if (!config.has(norm)) {
            return x;
        }
        int d = config.headDim();
        long heads = x.shape().get(1).size() / d;
        Value each = x.reshape(x.shape().get(0) + "*" + heads, d);
        return rmsNorm(new WeightName(layer, norm), each).reshape(x.shape().get(0), heads * d);
    }

    /** What a half of a block adds to the residual stream. */
    private Value output(int layer, Part norm, Value x) {
        Value normed = config.has(norm) ? rmsNorm(new WeightName(layer, norm), x) : x;
        return scaled(normed, scales().residual());
    }

    private Value activated(Value gate) {
        return switch (config.features().activation()) {
            case SILU -> gate.silu();
            case GELU_TANH -> RuntimeOperators.gelu(gate);
        };
    }

    private LlamaConfig.Scales scales() {
        return config.features().scales();
    }

    private static Value scaled(Value x, double by) {
        return by == 1 ? x : x.times((float) by);
    }

    private Value rmsNorm(WeightName name, Value x) {
        return x.rmsNorm(weight(name), config.rmsNormEps());
    }

    private Value linear(int layer, Part part, Value x) {
        WeightName name = new WeightName(layer, part);
        Value product = x.linear(weight(name));
        if (config.has(part.bias())) {
            product = product.plus(weight(name.with(part.bias())));
        }
        return adaptation.of(name, x, product);
    }

    /**
     * {@return the logarithm of the probability of a token in each row [T, 1]} The vocabulary is summed up in parts: one
     * sum of 49,152 floats was off by 0.02 %, which moved the logarithm by 0.0002.
     *
     * @param logits [T, V]
     * @param tokens INT64 [T, 1]
     */
    static Value logProbabilities(Value logits, Value tokens) {
        long vocabulary = logits.shape().get(1).size();
        long part = (long) Math.sqrt(vocabulary);
        while (vocabulary % part != 0) {
            part--;
        }
        Value parts = logits.reshape("T", part, vocabulary / part);
        return logits.gatherElements(tokens)
                .minus(parts.logSumExp(-1).logSumExp(-1).reshape("T", 1));
    }

    /** Nodes that are made after this belong to the weight's module. */
    private Value weight(WeightName name) {
        graph.at(name.module());
        return weights.apply(name);
    }
}
