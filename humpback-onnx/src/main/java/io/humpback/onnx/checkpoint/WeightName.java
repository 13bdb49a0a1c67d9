package io.humpback.onnx.checkpoint;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The name of a weight of a Llama: what it is for, and in which block. As text it is Hugging Face's name, such as
 * {@code model.layers.0.self_attn.q_proj.weight}.
 *
 * @param layer number of the block, from 0; {@link #NO_LAYER} outside the blocks
 * @param part what the weight is for
 */
public record WeightName(int layer, Part part) {

    /** The layer of a weight outside the blocks. */
    public static final int NO_LAYER = -1;

    /** Name of the token embedding. */
    public static final WeightName EMBEDDING = new WeightName(NO_LAYER, Part.EMBEDDING);

    /** Name of the norm after the last block. */
    public static final WeightName FINAL_NORM = new WeightName(NO_LAYER, Part.FINAL_NORM);

    /** Name of the output projection. */
    public static final WeightName HEAD = new WeightName(NO_LAYER, Part.HEAD);

    /** Name of what a reward model has in place of the output projection. */
    public static final WeightName SCORE = new WeightName(NO_LAYER, Part.SCORE);

    private static final Pattern IN_LAYER = Pattern.compile("model\\.layers\\.(0|[1-9]\\d{0,8})\\.(.+)");

    /**
     * What a weight is for; the only place where the parts of a Llama have names. Biases and the norms of queries and keys
     * and behind the halves of a block are there in some families only: see {@link LlamaConfig.Features#optional}.
     */
    public enum Part {
        EMBEDDING("model.embed_tokens", Role.TABLE),
        INPUT_NORM("input_layernorm", Role.NORM),
        Q("self_attn.q_proj", Role.PRODUCT),
        Q_BIAS("self_attn.q_proj", Role.BIAS),
        K("self_attn.k_proj", Role.PRODUCT),
        K_BIAS("self_attn.k_proj", Role.BIAS),
        V("self_attn.v_proj", Role.PRODUCT),
        V_BIAS("self_attn.v_proj", Role.BIAS),
        /** Of each head's query. */
        Q_NORM("self_attn.q_norm", Role.NORM),
        /** Of each head's key. */
        K_NORM("self_attn.k_norm", Role.NORM),
        O("self_attn.o_proj", Role.PRODUCT),
        O_BIAS("self_attn.o_proj", Role.BIAS),
        /** Of what attention adds to the residual stream. */
        ATTENTION_OUTPUT_NORM("self_attn.output_layernorm", Role.NORM),
        FEED_FORWARD_NORM("post_attention_layernorm", Role.NORM),
        GATE("mlp.gate_proj", Role.PRODUCT),
        GATE_BIAS("mlp.gate_proj", Role.BIAS),
        UP("mlp.up_proj", Role.PRODUCT),
        UP_BIAS("mlp.up_proj", Role.BIAS),
        DOWN("mlp.down_proj", Role.PRODUCT),
        DOWN_BIAS("mlp.down_proj", Role.BIAS),
        /** Of what the feed-forward adds to the residual stream. */
        FEED_FORWARD_OUTPUT_NORM("mlp.output_layernorm", Role.NORM),
        FINAL_NORM("model.norm", Role.NORM),
        HEAD("lm_head", Role.TABLE),
        /** The one row of a reward model's head. */
        SCORE("score", Role.TABLE),
        /** Queries, keys and values as one product: their rows one below the other. */
        QKV("self_attn.qkv_proj", Q, K, V),
        /** Gate and up as one product: their rows one below the other. */
        GATE_UP("mlp.gate_up_proj", GATE, UP);

        /** The single parts of a block in the order of the computation. */
        public static final List<Part> OF_BLOCK = Arrays.stream(values())
                .filter(part -> part.module.startsWith("self_attn.")
                        || part.module.startsWith("mlp.")
                        || part == INPUT_NORM
                        || part == FEED_FORWARD_NORM)
                .filter(part -> part.joined.isEmpty())
                .toList();

        /** Those of them that every family has. */
        static final Set<Part> ALWAYS = EnumSet.of(INPUT_NORM, Q, K, V, O, FEED_FORWARD_NORM, GATE, UP, DOWN);

        /** For each product its bias. */
        private static final Map<Part, Part> BIASES = new EnumMap<>(Part.class);

        private static final Map<String, Part> BY_NAME = new HashMap<>();

        static {
            for (Part part : values()) {
                BY_NAME.put(part.module + part.role.suffix, part);
            }
            for (Part part : values()) {
                if (part.role == Role.BIAS) {
                    BIASES.put(BY_NAME.get(part.module + Role.PRODUCT.suffix), part);
                }
            }
        }

        private enum Role {
            TABLE(".weight"),
            NORM(".weight"),
            PRODUCT(".weight"),
            BIAS(".bias");

            private final String suffix;

            Role(String suffix) {
                this.suffix = suffix;
            }
        }

        private final String module;
        private final Role role;
        private final List<Part> joined;

        Part(String module, Role role) {
            this.module = module;
            this.role = role;
            this.joined = List.of();
        }

        Part(String module, Part... joined) {
            this.module = module;
            this.role = Role.PRODUCT;
            this.joined = List.of(joined);
        }

        /** {@return whether it is the vector of an RMS norm} */
        public boolean isNorm() {
            return role == Role.NORM;
        }

        /** {@return whether it is a vector: that of a norm or a bias} */
        public boolean isVector() {
            return role == Role.NORM || role == Role.BIAS;
        }

        /** {@return whether it is the matrix of a linear product of a block} */
        public boolean isProduct() {
            return role == Role.PRODUCT;
        }

        /** {@return what some families add to this product of a block} */
        public Part bias() {
            return Objects.requireNonNull(BIASES.get(this));
        }

        /** {@return the stored parts whose rows lie one below the other in it: itself alone unless it is a joined one} */
        public List<Part> parts() {
            return joined.isEmpty() ? List.of(this) : joined;
        }

        /** {@return the joined part that this one is in, or this} */
        public Part whole() {
            return Arrays.stream(values())
                    .filter(part -> part.joined.contains(this))
                    .findFirst()
                    .orElse(this);
        }

        private boolean inBlock() {
            return OF_BLOCK.containsAll(parts());
        }
    }

    /** Checks that a block is given where there is one. */
    public WeightName {
        if (part.inBlock() ? layer < 0 : layer != NO_LAYER) {
            throw new IllegalArgumentException(part + " of layer " + layer);
        }
    }

    /**
     * {@return the weight of a text such as {@code model.layers.0.self_attn.q_proj.weight}, of joined parts too; empty
     * where a Llama has none of this name}
     */
    public static Optional<WeightName> find(String text) {
        Matcher inLayer = IN_LAYER.matcher(text);
        int layer = inLayer.matches() ? Integer.parseInt(inLayer.group(1)) : NO_LAYER;
        Part part = Part.BY_NAME.get(layer == NO_LAYER ? text : inLayer.group(2));
        return part == null || part.inBlock() != (layer != NO_LAYER)
                ? Optional.empty()
                : Optional.of(new WeightName(layer, part));
    }

    /**
     * {@return the weight of a text, see {@link #find}}
     *
     * @throws IllegalArgumentException where there is none
     */
    public static WeightName of(String text) {
        return find(text).orElseThrow(() -> new IllegalArgumentException(text + " is no name of a Llama's weight"));
    }

    /** {@return the names of all modules of a block start with this} */
    public static String block(int layer) {
        return "model.layers." + layer;
    }

    /** {@return another part of the same block} */
    public WeightName with(Part other) {
        return new WeightName(layer, other);
    }

    /** {@return the stored weights whose rows lie one below the other in this one: see {@link Part#parts}} */
    public List<WeightName> parts() {
        return part.parts().stream().map(this::with).toList();
    }

    /** {@return the name without its end: that of the module, such as {@code model.layers.0.self_attn.q_proj}} */
    public String module() {
        return layer == NO_LAYER ? part.module : block(layer) + "." + part.module;
    }

    @Override
    public String toString() {
        return module() + part.role.suffix;
    }
}
