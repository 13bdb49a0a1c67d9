package io.humpback.onnx;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.llama.LoopGraph;
import io.humpback.onnx.llama.PagedGraph;
import io.humpback.onnx.llama.StepGraph;
import io.humpback.onnx.weights.ModelSource;
import java.util.Locale;

/** How weights are held and products are computed. */
public enum Precision {
    /** 32-bit floats. The reference. */
    FP32,
    /** Weights in bfloat16, as most checkpoints store them; a CPU computes in 32 bits, a GPU in bfloat16. */
    BF16,
    /** Rotated weights and activations in 8 bits: the fast one for scoring and batches on a CPU. */
    INT8,
    /** Weights in blocks of 32 at 4 bits: the small one, and the fastest for a single generation on a CPU. */
    INT4;

    /**
     * {@return the graph of inference for positions below a number; the source's checkpoint stays open until its
     * weights are written}
     */
    Graph graph(ModelSource source, int positions) {
        return switch (this) {
            case FP32 -> StepGraph.fp32(source, positions);
            case BF16 -> StepGraph.bf16(source, positions);
            case INT8 -> StepGraph.int8(source, positions);
            case INT4 -> StepGraph.int4(source, positions);
        };
    }

    /**
     * {@return the graph of whole generations, which a GPU runs; otherwise as {@link #graph}}
     *
     * @throws ModelException if there is none in this precision
     */
    Graph decodingGraph(ModelSource source, int positions) {
        return switch (this) {
            case FP32 -> LoopGraph.of(source, positions, ElementType.FLOAT);
            case BF16 ->
                hasBlocks(source.checkpoint().config())
                        ? PagedGraph.of(source, positions, ElementType.BFLOAT16)
                        : LoopGraph.of(source, positions, ElementType.BFLOAT16);
            case INT4 ->
                hasBlocks(source.checkpoint().config())
                        ? PagedGraph.int4(source, positions, ElementType.BFLOAT16)
                        : LoopGraph.int4(source, positions, ElementType.BFLOAT16);
            case INT8 -> throw new ModelException("precision int8: a GPU has none, expected bf16, int4 or fp32");
        };
    }

    /** {@return whether a {@link #decodingGraph} keeps what it has read in blocks: CUDA's attention over blocks has no 32-bit floats} */
    boolean hasBlocks(LlamaConfig config) {
        return (this == BF16 || this == INT4) && PagedGraph.takes(config);
    }

    /** {@return bytes that a weight of a product takes in memory} A CPU turns bfloat16 into 32 bits while it loads. */
    public double bytesPerWeight() {
        return switch (this) {
            case FP32, BF16 -> 4;
            case INT8 -> 1.05;
            case INT4 -> 0.63; // a scale of 32 bits for each 32
        };
    }

    /** {@return the name on a command line, such as {@code int8}} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    /**
     * {@return the precision of that name}
     *
     * @param key a name such as {@code int8}
     * @throws IllegalArgumentException if there is none
     */
    public static Precision of(String key) {
        for (Precision precision : values()) {
            if (precision.key().equals(key)) {
                return precision;
            }
        }
        throw new IllegalArgumentException("precision \"" + key + "\": expected fp32, bf16, int8 or int4");
    }
}
