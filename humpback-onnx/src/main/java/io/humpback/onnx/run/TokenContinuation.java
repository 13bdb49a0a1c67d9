package io.humpback.onnx.run;

import java.util.Arrays;

/** A prompt and a completion whose tokens' probabilities are wanted, at least one id each. */
public record TokenContinuation(int[] prompt, int[] completion) {

    /** {@return number of tokens of both} */
    public int length() {
        return prompt.length + completion.length;
    }

    /** {@return what the model reads: both but for the last token, whose successor nobody asks for} */
    public int[] read() {
        int[] ids = Arrays.copyOf(prompt, length() - 1);
        System.arraycopy(completion, 0, ids, prompt.length, completion.length - 1);
        return ids;
    }
}
