package io.humpback.onnx.run;

/**
 * What whole generations take of a GPU's memory beside the weights, and may take.
 *
 * @param bytes that there are for them
 * @param heads of queries in a layer
 * @param layers blocks
 * @param cacheWidth elements that a layer's keys have for a token; its values have as many
 * @param vocabulary tokens that the model knows
 * @param elementBytes of keys, values and products
 */
public record LoopMemory(long bytes, int heads, int layers, int cacheWidth, int vocabulary, int elementBytes) {

    /** Forms of the logits that sampling has at a time. */
    private static final int LOGIT_FORMS = 4;

    /** Of a score: as a product, in 32 bits, masked, as a share, and that as an element. */
    private int scoreBytes() {
        return 3 * Float.BYTES + 2 * elementBytes;
    }

    /** {@return the scores of a layer's attention, which CUDA's kernels number in 32 bits} */
    private double scores(long rows, long tokens) {
        return (double) rows * heads * tokens * tokens;
    }

    /** {@return the most tokens that a prompt may have} */
    public int mostTokens() {
        return (int) Math.sqrt((double) Integer.MAX_VALUE / heads);
    }

    /** {@return whether prompts of up to some tokens, each with as many written ones as there are steps, are computed at once} */
    boolean holds(long rows, long tokens, long steps) {
        double scores = scores(rows, tokens);
        // what is written is copied to grow
        double cache = 2.0 * layers * cacheWidth * elementBytes * rows * (tokens + 2.0 * steps);
        double logits = (double) LOGIT_FORMS * Float.BYTES * vocabulary * rows;
        return scores <= Integer.MAX_VALUE && scores * scoreBytes() + cache + logits <= bytes;
    }
}
