package io.humpback.onnx.past;

/**
 * What inputs and outputs of a decoder are called; in names of caches, {@code %d} stands for the number of the layer.
 *
 * @param ids INT64 [1, S], the new tokens
 * @param mask INT64 [1, P + S], ones for the tokens so far and the new ones
 * @param positions INT64 [1, S], places of the new tokens
 * @param pastKey [1, heads, P, width]
 * @param pastValue the same
 * @param logits [1, S, vocabulary], or of the last token alone
 * @param presentKey [1, heads, P + S, width]
 * @param presentValue the same
 */
public record PastNames(
        String ids,
        String mask,
        String positions,
        String pastKey,
        String pastValue,
        String logits,
        String presentKey,
        String presentValue) {

    /** How optimum calls them, and most others. */
    public static final PastNames USUAL = new PastNames(
            "input_ids",
            "attention_mask",
            "position_ids",
            "past_key_values.%d.key",
            "past_key_values.%d.value",
            "logits",
            "present.%d.key",
            "present.%d.value");

    static String of(String pattern, int layer) {
        return pattern.replace("%d", Integer.toString(layer));
    }
}
