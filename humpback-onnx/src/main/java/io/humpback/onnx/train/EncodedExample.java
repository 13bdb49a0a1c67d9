package io.humpback.onnx.train;

/**
 * An example as token ids of which the last ones are to be predicted: each id from {@code prompt} on is a label, whose
 * logits are those of the position before it. Labels are known by their positions, never by their ids.
 *
 * @param id the example's, for messages
 * @param ids prompt and completion; what follows the last label is left out
 * @param prompt tokens before the first label, from 1 to below the number of ids
 */
public record EncodedExample(String id, int[] ids, int prompt) {
    /** Checks that there is a prompt and a label. */
    public EncodedExample {
        if (prompt < 1 || prompt >= ids.length) {
            throw new IllegalArgumentException("prompt of " + prompt + " tokens: expected 1 to " + (ids.length - 1));
        }
    }

    /** {@return how many ids are read: the last has none after it to predict} */
    int read() {
        return ids.length - 1;
    }

    /** {@return how many ids are predicted} */
    public int labels() {
        return ids.length - prompt;
    }
}
