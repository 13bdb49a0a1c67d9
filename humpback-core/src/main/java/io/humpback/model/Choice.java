package io.humpback.model;

/**
 * How probable each of a few continuations is, among all that the model could write next.
 *
 * @param logProbabilities natural logarithm of each option's probability under the full vocabulary, in the order asked
 * @param logOther natural logarithm of the probability of everything that is none of the options
 * @param promptTokens tokens of the prompt
 */
public record Choice(double[] logProbabilities, double logOther, int promptTokens) {

    /** {@return the probabilities of the options, normalised to sum to one} */
    public double[] normalised() {
        double max = Double.NEGATIVE_INFINITY;
        for (double value : logProbabilities) {
            max = Math.max(max, value);
        }
        double[] result = new double[logProbabilities.length];
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            result[i] = Math.exp(logProbabilities[i] - max);
            sum += result[i];
        }
        for (int i = 0; i < result.length; i++) {
            result[i] /= sum;
        }
        return result;
    }
}
