package io.humpback.onnx.checkpoint;

import io.humpback.onnx.checkpoint.WeightName.Part;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

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
     * @param family as {@code model_type} names it in config.json, such as {@code llama} or {@code qwen3}
     * @param rmsNormEps added to the mean square in every RMS norm
     * @param tiedEmbeddings whether the output projection is the token embedding
     * @param sights how tokens see others, block by block, repeated up to the last block; not empty
     * @param optional parts that blocks have beyond those that every family has
     * @param joined whether queries, keys and values are stored as one weight, and gate and up as another
     * @param normsLackOne whether what is stored of a norm, other than in Llama, is the weight less one
     * @param activation of the gate
     * @param scales numbers that values are multiplied with
     * @param reward what it reads in place of an output projection; null for a model that writes text
     */
    public record Features(
            String family,
            double rmsNormEps,
            boolean tiedEmbeddings,
            List<Sight> sights,
            Set<Part> optional,
            boolean joined,
            boolean normsLackOne,
            Activation activation,
            Scales scales,
            @Nullable Reward reward) {

        /** Takes copies of list and set; what is the same in all blocks is told once. */
        public Features {
            sights = Set.copyOf(sights).size() == 1 ? List.of(sights.get(0)) : List.copyOf(sights);
            optional = Collections.unmodifiableSet(optional.isEmpty() ? Set.of() : EnumSet.copyOf(optional));
        }

        /** Those of Llama itself. */
        public Features(double rmsNormEps, boolean tiedEmbeddings, Rope rope) {
            this(
                    "llama",
                    rmsNormEps,
                    tiedEmbeddings,
                    List.of(new Sight(rope, 0)),
                    Set.of(),
                    false,
                    false,
                    Activation.SILU,
                    Scales.NONE,
                    null);
        }
    }

    /**
     * How a reward model gives its number: one row in place of an output projection, multiplied with the last hidden state.
     *
     * @param architecture its name in config.json, such as {@code LlamaForSequenceClassification}
     * @param padId a token that is passed over where a conversation ends with it, as in transformers
     */
    public record Reward(String architecture, OptionalInt padId) {}

    /**
     * How the tokens of a block see others.
     *
     * @param rope their rotary position embedding; null for none
     * @param window how many tokens one sees, itself included, the nearest ones; 0 for all before it
     */
    public record Sight(@Nullable Rope rope, int window) {}

    /** What the gate of a feed-forward goes through. */
    public enum Activation {
        SILU("silu"),
        /** GELU in its form with a hyperbolic tangent. */
        GELU_TANH("gelu_pytorch_tanh");

        private final String inConfig;

        Activation(String inConfig) {
            this.inConfig = inConfig;
        }

        /** {@return its name in config.json} */
        public String inConfig() {
            return inConfig;
        }
    }

    /**
     * Numbers that values are multiplied with, 1 for nothing.
     *
     * @param embedding of the embedded tokens
     * @param residual of what each half of a block adds to the residual stream
     * @param attention of the products of queries and keys; 0 for one by the square root of a head's size
     * @param logits of the logits
     */
    public record Scales(double embedding, double residual, double attention, double logits) {

        /** Those of Llama. */
        public static final Scales NONE = new Scales(1, 1, 0, 1);
    }

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

    /** {@return how the tokens of a block see others} */
    public Sight sight(int layer) {
        return features.sights.get(layer % features.sights.size());
    }

    /** {@return the position embedding of the first block that has one} */
    public Rope rope() {
        return features.sights.stream()
                .map(Sight::rope)
                .filter(Objects::nonNull)
                .findFirst()
                .orElseThrow();
    }

    /** {@return whether blocks have a part} */
    public boolean has(Part part) {
        return Part.ALWAYS.contains(part) || features.optional.contains(part);
    }

    /** {@return whether a norm follows a product of a block before the result is added to the residual stream} */
    public boolean normsOutputs() {
        return has(Part.ATTENTION_OUTPUT_NORM) || has(Part.FEED_FORWARD_OUTPUT_NORM);
    }

    /** {@return what the products of queries and keys are multiplied with} */
    public double attentionScale() {
        return features.scales.attention == 0 ? 1 / Math.sqrt(headDim) : features.scales.attention;
    }

    /** {@return a copy with another position embedding} */
    public LlamaConfig withRope(Rope rope) {
        Features f = features;
        Features changed = new Features(
                f.family,
                f.rmsNormEps,
                f.tiedEmbeddings,
                List.of(new Sight(rope, sight(0).window)),
                f.optional,
                f.joined,
                f.normsLackOne,
                f.activation,
                f.scales,
                f.reward);
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
     * Visits the name and shape of every tensor that a Llama of this configuration stores, in the order of the
     * computation.
     */
    public void forEachTensor(BiConsumer<WeightName, long[]> visitor) {
        visit(WeightName.EMBEDDING, visitor);
        for (int layer = 0; layer < layers; layer++) {
            for (Part part : Part.OF_BLOCK) {
                Part whole = features.joined ? part.whole() : part;
                if (has(part) && whole.parts().get(0) == part) {
                    visit(new WeightName(layer, whole), visitor);
                }
            }
        }
        visit(WeightName.FINAL_NORM, visitor);
        if (features.reward != null) {
            visit(WeightName.SCORE, visitor);
        } else if (!features.tiedEmbeddings) {
            visit(WeightName.HEAD, visitor);
        }
    }

    private void visit(WeightName name, BiConsumer<WeightName, long[]> visitor) {
        visitor.accept(name, shape(name.part()));
    }

    /** {@return the name of a weight in a folder of Hugging Face's layout, where two norms of some families have each other's} */
    public String inFolder(WeightName name) {
        if (!normsOutputs() || name.layer() == WeightName.NO_LAYER) {
            return name.toString();
        }
        String norm =
                switch (name.part()) {
                    case ATTENTION_OUTPUT_NORM -> "post_attention_layernorm";
                    case FEED_FORWARD_NORM -> "pre_feedforward_layernorm";
                    case FEED_FORWARD_OUTPUT_NORM -> "post_feedforward_layernorm";
                    default -> "";
                };
        return norm.isEmpty() ? name.toString() : WeightName.block(name.layer()) + "." + norm + ".weight";
    }

    /** {@return the stored weights of the linear products of the blocks, in the order of the computation} */
    public List<WeightName> products() {
        List<WeightName> products = new ArrayList<>();
        forEachTensor((name, shape) -> {
            if (name.part().isProduct()) {
                products.add(name);
            }
        });
        return products;
    }

    /** {@return the shape of a weight: [width] of a norm or bias, [outputs, inputs] of a product, [vocabulary, width] of a table} */
    public long[] shape(Part part) {
        long queries = (long) heads * headDim;
        long keys = (long) kvHeads * headDim;
        return switch (part) {
            case EMBEDDING, HEAD -> new long[] {vocabSize, hiddenSize};
            case INPUT_NORM, FEED_FORWARD_NORM, FINAL_NORM, ATTENTION_OUTPUT_NORM, FEED_FORWARD_OUTPUT_NORM ->
                new long[] {hiddenSize};
            case Q_NORM, K_NORM -> new long[] {headDim};
            case SCORE -> new long[] {1, hiddenSize};
            case O_BIAS, DOWN_BIAS -> new long[] {hiddenSize};
            case Q_BIAS -> new long[] {queries};
            case K_BIAS, V_BIAS -> new long[] {keys};
            case GATE_BIAS, UP_BIAS -> new long[] {intermediateSize};
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
