package io.humpback.onnx.checkpoint;

import io.humpback.onnx.checkpoint.WeightName.Part;
import java.util.ArrayList;
import java.util.List;
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
 * @param features what else the computation depends on
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
        Features features,
        OptionalInt bosId,
        List<Integer> endIds,
        DType storage) {

    /**
     * In what models of the architecture differ, apart from their sizes. Whoever builds a graph takes it from here and knows no
     * constants of its own.
     *
     * @param rmsNormEps added to the mean square in every RMS norm
     * @param tiedEmbeddings whether the output projection is the token embedding
     * @param rope rotary position embedding
     */
    public record Features(double rmsNormEps, boolean tiedEmbeddings, Rope rope) {}

    /** Takes a copy of the list. */
    public LlamaConfig {
        endIds = List.copyOf(endIds);
    }

    public double rmsNormEps() {
        return features.rmsNormEps;
    }

    public boolean tiedEmbeddings() {
        return features.tiedEmbeddings;
    }

    public Rope rope() {
        return features.rope;
    }

    /** {@return what the products of queries and keys are multiplied with} */
    public double attentionScale() {
        return 1 / Math.sqrt(headDim);
    }

    /** {@return a copy with another position embedding} */
    public LlamaConfig withRope(Rope rope) {
        Features changed = new Features(features.rmsNormEps, features.tiedEmbeddings, rope);
        return new LlamaConfig(
                vocabSize,
                hiddenSize,
                intermediateSize,
                layers,
                heads,
                kvHeads,
                headDim,
                maxPositions,
                changed,
                bosId,
                endIds,
                storage);
    }

    /**
     * Visits the name and shape of every tensor that a Llama of this configuration has, in the order of the
     * computation.
     */
    public void forEachTensor(BiConsumer<WeightName, long[]> visitor) {
        visit(WeightName.EMBEDDING, visitor);
        for (int layer = 0; layer < layers; layer++) {
            for (Part part : Part.OF_BLOCK) {
                visit(new WeightName(layer, part), visitor);
            }
        }
        visit(WeightName.FINAL_NORM, visitor);
        if (!features.tiedEmbeddings) {
            visit(WeightName.HEAD, visitor);
        }
    }

    private void visit(WeightName name, BiConsumer<WeightName, long[]> visitor) {
        visitor.accept(name, shape(name.part()));
    }

    /** {@return the weights of the linear products of the blocks, in the order of the computation} */
    public List<WeightName> products() {
        List<WeightName> products = new ArrayList<>();
        forEachTensor((name, shape) -> {
            if (name.part().isProduct()) {
                products.add(name);
            }
        });
        return products;
    }

    /** {@return the shape of a weight: [width] of a norm, [outputs, inputs] of a product, [vocabulary, width] of a table} */
    public long[] shape(Part part) {
        long queries = (long) heads * headDim;
        long keys = (long) kvHeads * headDim;
        return switch (part) {
            case EMBEDDING, HEAD -> new long[] {vocabSize, hiddenSize};
            case INPUT_NORM, FEED_FORWARD_NORM, FINAL_NORM -> new long[] {hiddenSize};
            case Q -> new long[] {queries, hiddenSize};
            case K, V -> new long[] {keys, hiddenSize};
            case O -> new long[] {hiddenSize, queries};
            case GATE, UP -> new long[] {intermediateSize, hiddenSize};
            case DOWN -> new long[] {hiddenSize, intermediateSize};
            case QKV -> new long[] {queries + 2 * keys, hiddenSize};
            case GATE_UP -> new long[] {2L * intermediateSize, hiddenSize};
        };
    }
}
