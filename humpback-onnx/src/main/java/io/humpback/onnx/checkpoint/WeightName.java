package io.humpback.onnx.checkpoint;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

    private static final String SUFFIX = ".weight";
    private static final Pattern IN_LAYER = Pattern.compile("model\\.layers\\.(0|[1-9]\\d{0,8})\\.(.+)");

    /** What a weight is for; the only place where the parts of a Llama have names. */
    public enum Part {
        EMBEDDING("model.embed_tokens", Role.TABLE),
        INPUT_NORM("input_layernorm", Role.NORM),
        Q("self_attn.q_proj", Role.PRODUCT),
        K("self_attn.k_proj", Role.PRODUCT),
        V("self_attn.v_proj", Role.PRODUCT),
        O("self_attn.o_proj", Role.PRODUCT),
        FEED_FORWARD_NORM("post_attention_layernorm", Role.NORM),
        GATE("mlp.gate_proj", Role.PRODUCT),
        UP("mlp.up_proj", Role.PRODUCT),
        DOWN("mlp.down_proj", Role.PRODUCT),
        FINAL_NORM("model.norm", Role.NORM),
        HEAD("lm_head", Role.TABLE),
        /** Queries, keys and values as one product: their rows one below the other. */
        QKV("self_attn.qkv_proj", Q, K, V),
        /** Gate and up as one product: their rows one below the other. */
        GATE_UP("mlp.gate_up_proj", GATE, UP);

        /** The parts of a block that a checkpoint stores, in the order of the computation. */
        public static final List<Part> OF_BLOCK = List.of(INPUT_NORM, Q, K, V, O, FEED_FORWARD_NORM, GATE, UP, DOWN);

        private static final Map<String, Part> BY_MODULE = new HashMap<>();

        static {
            Arrays.stream(values()).forEach(part -> BY_MODULE.put(part.module, part));
        }

        private enum Role {
            TABLE,
            NORM,
            PRODUCT
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

        /** {@return whether it is the matrix of a linear product of a block} */
        public boolean isProduct() {
            return role == Role.PRODUCT;
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
        if (!text.endsWith(SUFFIX)) {
            return Optional.empty();
        }
        String module = text.substring(0, text.length() - SUFFIX.length());
        Matcher inLayer = IN_LAYER.matcher(module);
        int layer = inLayer.matches() ? Integer.parseInt(inLayer.group(1)) : NO_LAYER;
        Part part = Part.BY_MODULE.get(layer == NO_LAYER ? module : inLayer.group(2));
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

    /** {@return the name without {@code .weight}: that of the module, such as {@code model.layers.0.self_attn.q_proj}} */
    public String module() {
        return layer == NO_LAYER ? part.module : block(layer) + "." + part.module;
    }

    @Override
    public String toString() {
        return module() + SUFFIX;
    }
}
