package io.humpback.onnx.run;

/**
 * A prompt and tokens that may follow it.
 *
 * @param prompt its ids, at least one
 * @param tokens of the vocabulary
 */
public record TokenChoice(int[] prompt, int[] tokens) {

    /** {@return the natural logarithms of the tokens' probabilities, of the logits after the prompt} */
    double[] logs(float[] logits) {
        double all = logSumExp(logits);
        double[] logs = new double[tokens.length];
        for (int i = 0; i < logs.length; i++) {
            logs[i] = logits[tokens[i]] - all;
        }
        return logs;
    }

    private static double logSumExp(float[] logits) {
        float max = Float.NEGATIVE_INFINITY;
        for (float logit : logits) {
            max = Math.max(max, logit);
        }
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - max);
        }
        return max + Math.log(sum);
    }
}
