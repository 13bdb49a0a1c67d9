package io.humpback.model;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

/**
 * How probable each of a few texts is, among all that the model could write next.
 *
 * @param logProbabilities natural logarithm of each option's probability under the full vocabulary, in the order asked
 * @param logOther natural logarithm of the probability of everything that is none of the options
 * @param promptTokens tokens of the prompt, with what all options begin with
 */
public record Choice(double[] logProbabilities, double logOther, int promptTokens) {

    /**
     * A prompt and what may follow it.
     *
     * @param prompt what comes before
     * @param texts at least two different ones, each with at least one character, tokenised as plain text
     */
    public record Options(Prompt prompt, List<String> texts) {
        /** Copies the list and checks it. */
        public Options {
            Objects.requireNonNull(prompt, "prompt");
            texts = List.copyOf(Objects.requireNonNull(texts, "texts"));
            if (texts.size() < 2) {
                throw new IllegalArgumentException("options: expected at least two, found " + texts.size());
            }
            Set<String> seen = new HashSet<>();
            for (String text : texts) {
                if (text.isEmpty() || !seen.add(text)) {
                    throw new IllegalArgumentException("options " + texts + ": found \"" + text
                            + (text.isEmpty() ? "\", expected texts" : "\" twice, expected different ones"));
                }
            }
        }
    }

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
