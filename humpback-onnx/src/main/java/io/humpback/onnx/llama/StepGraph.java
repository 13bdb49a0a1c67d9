package io.humpback.onnx.llama;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.quantize.Int4Products;
import io.humpback.onnx.quantize.Int8Products;
import io.humpback.onnx.quantize.PrecisionPass;
import io.humpback.onnx.quantize.RotatedWeights;
import io.humpback.onnx.weights.ModelSource;
import io.humpback.onnx.weights.Weights;
import java.util.function.Consumer;

/**
 * The graph of inference: new tokens of B sequences continue each one's cache, which holds up to C positions. One
 * graph serves prompts, single steps and likelihoods.
 *
 * <p>Inputs: {@code input_ids} INT64 [B, S]; {@code past_key_values.L.key} and {@code .value} FLOAT [B, K, C, d];
 * {@code last_position} INT32 [B]; {@code total_length} INT32 scalar; {@code rows} INT64 [R], the tokens, counted
 * through the batch, whose logits are wanted; {@code target_rows} INT64 [T], numbers of such rows, and {@code targets}
 * INT64 [T, 1], the ids whose log-probability is wanted there. Outputs: {@code logits} FLOAT [R, V],
 * {@code target_logprobs} FLOAT [T, 1], {@code present.L.key} and {@code .value}. It also has the input and the outputs of {@link
 * PooledStates}. A graph that takes adapters has the inputs of {@link AdapterInputs} as well. That of a reward model gives its
 * rewards as {@code logits} FLOAT [R, 1], and has neither {@code target_rows} and {@code targets} nor {@code
 * target_logprobs}, nor pooled states.
 */
public final class StepGraph {

    /** Sizes of heads that GroupQueryAttention with rotary embedding takes are multiples of this. */
    private static final int HEAD_STEP = 16;

    /** Products of a single token with more weights than this take far longer than the nodes around them. */
    private static final long SMALL_PRODUCT = 8 << 20;

    private StepGraph() {}

    /**
     * {@return the graph in 32-bit floats for positions below a number; the source's checkpoint stays open until the
     * weights are written}
     *
     * @throws ModelException if the size of its heads is no multiple of 16
     */
    public static Graph fp32(ModelSource source, int positions) {
        return plain(source, new Weights(source.rows()), positions);
    }

    /** {@return the graph with matrices in bfloat16; otherwise as {@link #fp32}} */
    public static Graph bf16(ModelSource source, int positions) {
        Weights weights = new Weights(source.rows());
        return PrecisionPass.bfloat16(plain(source, weights, positions), weights);
    }

    /** {@return the graph with products in 8 bits; otherwise as {@link #fp32}} */
    public static Graph int8(ModelSource source, int positions) {
        LlamaConfig config = source.checkpoint().config();
        RotatedWeights rotated = new RotatedWeights(config, source.rows());
        Weights weights = new Weights(rotated);
        boolean large = (long) config.hiddenSize() * config.intermediateSize() > SMALL_PRODUCT;
        boolean writes = config.features().reward() == null;
        Graph plain = plain(source, weights, positions, rotated.rotatesStream());
        return Int8Products.rewrite(plain, weights, rotated, large || !writes);
    }

    /** {@return the graph with matrices in 4 bits; otherwise as {@link #fp32}} */
    public static Graph int4(ModelSource source, int positions) {
        Weights weights = new Weights(source.rows());
        return new Int4Products(weights).rewrite(plain(source, weights, positions));
    }

    private static Graph plain(ModelSource source, Weights weights, int positions) {
        return plain(source, weights, positions, false);
    }

    private static Graph plain(ModelSource source, Weights weights, int positions, boolean rotated) {
        Checkpoint checkpoint = source.checkpoint();
        LlamaConfig config = checkpoint.config();
        if (config.headDim() % HEAD_STEP != 0) {
            throw new ModelException(checkpoint.path() + ": head_dim " + config.headDim() + ", expected a multiple of "
                    + HEAD_STEP + ", as the runtime's attention needs it");
        }
        Graph graph = new Graph();
        Value ids = graph.input("input_ids", ElementType.INT64, Shape.of("B", "S"));
        Value rows = graph.input("rows", ElementType.INT64, Shape.of("R"));
        CachedAttention attention = new CachedAttention(config, graph, ids, positions);
        Llama llama = new Llama(config, graph, weights);
        boolean writes = config.features().reward() == null;
        Consumer<Value> sums = writes ? new PooledStates(graph, rotated)::add : x -> {};
        Value hidden = llama.hidden(ids.reshape("B*S"), attention, sums); // [N, D]
        graph.at("lm_head");
        Value logits = llama.logits(hidden.gather(rows)); // [R, V]
        graph.output("logits", logits);
        if (writes) {
            giveLogProbabilities(graph, logits);
        }
        attention.giveOutputs();
        Graph fused = Fusion.of(graph, weights, ElementType.FLOAT, config.rmsNormEps());
        return source.adaptable() ? AdapterInputs.addedTo(fused) : fused;
    }

    private static void giveLogProbabilities(Graph graph, Value logits) {
        graph.at("target_logprobs");
        Value targetRows = graph.input("target_rows", ElementType.INT64, Shape.of("T"));
        Value targets = graph.input("targets", ElementType.INT64, Shape.of("T", 1));
        Value wanted = logits.gather(targetRows); // [T, V]
        graph.output("target_logprobs", Llama.logProbabilities(wanted, targets));
    }
}
