package io.humpback.onnx.checkpoint;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.BiConsumer;

/**
 * What a Llama checkpoint says of itself.
 *
 * @param vocabSize number of token ids
 * @param hiddenSize width of the residual stream
 * @param intermediateSize width of the feed-forward part
 * @param layers number of blocks
 * @param heads number of query heads; a multiple of kvHeads
 * @param kvHeads number of key and value heads
 * @param headDim size of a head, even; heads * headDim need not be hiddenSize
 * @param maxPositions tokens of context the model was made for
 * @param rmsNormEps added to the mean square in every RMS norm
 * @param tiedEmbeddings whether the output projection is the token embedding
 * @param rope rotary position embedding
 * @param bosId token that starts a text, where there is one
 * @param endIds tokens that end a completion; empty where the checkpoint names none
 * @param storage the format that most bytes of the weights are in
 */
public record LlamaConfig(
        int vocabSize,
        int hiddenSize,
        int intermediateSize,
        int layers,
        int heads,
        int kvHeads,
        int headDim,
        int maxPositions,
        double rmsNormEps,
        boolean tiedEmbeddings,
        Rope rope,
        OptionalInt bosId,
        List<Integer> endIds,
        DType storage) {

    /** Name of the token embedding, [vocabSize, hiddenSize]. */
    public static final String EMBEDDING = "model.embed_tokens.weight";

    /** Name of the output projection of an untied model, [vocabSize, hiddenSize]. */
    public static final String HEAD = "lm_head.weight";

    /** Takes a copy of the list. */
    public LlamaConfig {
        endIds = List.copyOf(endIds);
    }

    /**
     * Visits every tensor that a Llama of this configuration has, in the order of the computation.
     *
     * @param visitor takes the Hugging Face name and the shape
     */
    public void forEachTensor(BiConsumer<String, long[]> visitor) {
        long hidden = hiddenSize;
        long queries = (long) heads * headDim;
        long keys = (long) kvHeads * headDim;
        visitor.accept(EMBEDDING, new long[] {vocabSize, hidden});
        for (int i = 0; i < layers; i++) {
            String layer = "model.layers." + i + ".";
            visitor.accept(layer + "input_layernorm.weight", new long[] {hidden});
            visitor.accept(layer + "self_attn.q_proj.weight", new long[] {queries, hidden});
            visitor.accept(layer + "self_attn.k_proj.weight", new long[] {keys, hidden});
            visitor.accept(layer + "self_attn.v_proj.weight", new long[] {keys, hidden});
            visitor.accept(layer + "self_attn.o_proj.weight", new long[] {hidden, queries});
            visitor.accept(layer + "post_attention_layernorm.weight", new long[] {hidden});
            visitor.accept(layer + "mlp.gate_proj.weight", new long[] {intermediateSize, hidden});
            visitor.accept(layer + "mlp.up_proj.weight", new long[] {intermediateSize, hidden});
            visitor.accept(layer + "mlp.down_proj.weight", new long[] {hidden, intermediateSize});
        }
        visitor.accept("model.norm.weight", new long[] {hidden});
        if (!tiedEmbeddings) {
            visitor.accept(HEAD, new long[] {vocabSize, hidden});
        }
    }

    /**
     * {@return the linear products of the blocks and the shapes [out, in] of their weights, in the order of the computation:
     * names such as {@code model.layers.0.self_attn.q_proj}}
     */
    public Map<String, long[]> products() {
        Map<String, long[]> products = new LinkedHashMap<>();
        forEachTensor((name, shape) -> {
            if (name.endsWith("_proj.weight")) {
                products.put(name.substring(0, name.length() - ".weight".length()), shape);
            }
        });
        return products;
    }
}
