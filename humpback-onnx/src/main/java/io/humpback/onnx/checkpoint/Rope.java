package io.humpback.onnx.checkpoint;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864): what the angle of each pair of a head's dimensions grows by from
 * one position to the next.
 *
 * @param theta base of the frequencies, above 0
 * @param scaling what the frequencies are changed by for longer contexts; null for nothing
 */
public record Rope(double theta, @Nullable Scaling scaling) {

    /** A change of the frequencies. */
    public sealed interface Scaling {

        /** {@return the frequency to use for the pair of an index from 0 on, whose unscaled one is given} */
        double scaled(double frequency, int pair);
    }

    /**
     * Llama 3.1's scaling: slow frequencies divided by a factor, fast ones kept, those between blended. As in transformers'
     * {@code _compute_llama3_parameters}.
     *
     * @param factor of the slow frequencies, at least 1
     * @param lowFactor frequencies with fewer rotations than this over the original context are slow; above 0
     * @param highFactor frequencies with more rotations than this over the original context are fast; above lowFactor
     * @param originalPositions the original context in tokens, above 0
     */
    public record Llama3(double factor, double lowFactor, double highFactor, int originalPositions) implements Scaling {

        @Override
        public double scaled(double frequency, int pair) {
            double rotations = originalPositions * frequency / (2 * Math.PI);
            double kept = Math.min(1, Math.max(0, (rotations - lowFactor) / (highFactor - lowFactor)));
            return (1 - kept) * frequency / factor + kept * frequency;
        }
    }

    /**
     * One divisor for each frequency, as GGUF files have them in {@code rope_freqs.weight}.
     *
     * @param divisors headDim / 2 of them, each above 0
     */
    public record Divisors(List<Float> divisors) implements Scaling {

        /** Takes a copy. */
        public Divisors {
            divisors = List.copyOf(divisors);
        }

        @Override
        public double scaled(double frequency, int pair) {
            return frequency / divisors.get(pair);
        }
    }

    /**
     * {@return the angle in radians by which each of the {@code headDim / 2} pairs rotates from one position to the
     * next}
     */
    public double[] inverseFrequencies(int headDim) {
        double[] frequencies = new double[headDim / 2];
        for (int i = 0; i < frequencies.length; i++) {
            double frequency = Math.pow(theta, -2.0 * i / headDim);
            frequencies[i] = scaling == null ? frequency : scaling.scaled(frequency, i);
        }
        return frequencies;
    }
}
