package io.humpback.onnx.checkpoint;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rotary position embedding (Su et al., arXiv 2104.09864): what the angle of each pair of a head's dimensions grows by from
 * one position to the next.
 *
 * @param theta base of the frequencies, above 0
 * @param share of a head's dimensions that rotate, above 0 to 1: the first ones
 * @param scaling what the frequencies are changed by for longer contexts; null for nothing
 */
public record Rope(double theta, double share, @Nullable Scaling scaling) {

    /** All dimensions of a head rotate. */
    public Rope(double theta, @Nullable Scaling scaling) {
        this(theta, 1, scaling);
    }

    /** A change of the frequencies. */
    public sealed interface Scaling {

        /**
         * {@return the frequency to use for a pair of dimensions}
         *
         * @param frequency the unscaled one
         * @param pair its index, from 0 on
         * @param rope with this scaling
         * @param dimensions how many of a head's rotate
         */
        double scaled(double frequency, int pair, Rope rope, int dimensions);

        /** {@return what cosine and sine are multiplied with} */
        default double attention() {
            return 1;
        }
    }

    /** Positions divided by a factor, at least 1 (Chen et al. 2023, arXiv 2306.15595). */
    public record Linear(double factor) implements Scaling {

        @Override
        public double scaled(double frequency, int pair, Rope rope, int dimensions) {
            return frequency / factor;
        }
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
        public double scaled(double frequency, int pair, Rope rope, int dimensions) {
            double rotations = originalPositions * frequency / (2 * Math.PI);
            double kept = Math.min(1, Math.max(0, (rotations - lowFactor) / (highFactor - lowFactor)));
            return (1 - kept) * frequency / factor + kept * frequency;
        }
    }

    /**
     * YaRN (Peng et al. 2023, arXiv 2309.00071): as {@link Llama3}, but blended along the index of the pair, and attention is
     * sharpened. As in transformers' {@code _compute_yarn_parameters}.
     *
     * @param factor of the slow frequencies, at least 1
     * @param slow rotations over the original context below which a frequency is divided; above 0
     * @param fast rotations over the original context above which a frequency is kept; above slow
     * @param originalPositions the original context in tokens, above 0
     * @param attention what cosine and sine are multiplied with
     * @param whole whether the blend begins and ends at whole indices
     */
    public record Yarn(double factor, double slow, double fast, int originalPositions, double attention, boolean whole)
            implements Scaling {

        @Override
        public double scaled(double frequency, int pair, Rope rope, int dimensions) {
            double low = index(fast, rope, dimensions);
            double high = index(slow, rope, dimensions);
            low = Math.max(whole ? Math.floor(low) : low, 0);
            high = Math.min(whole ? Math.ceil(high) : high, dimensions - 1);
            double divided = (pair - low) / (high == low ? 0.001 : high - low);
            divided = Math.min(1, Math.max(0, divided));
            return divided * frequency / factor + (1 - divided) * frequency;
        }

        /** Of the pair, not rounded, that turns a number of times over the original context. */
        private double index(double rotations, Rope rope, int dimensions) {
            return dimensions * Math.log(originalPositions / (rotations * 2 * Math.PI)) / (2 * Math.log(rope.theta));
        }
    }

    /**
     * One divisor for each frequency: GGUF's {@code rope_freqs.weight}, or the short factors of LongRoPE (Ding et al. 2024,
     * arXiv 2402.13753), which hold up to the original context.
     *
     * @param divisors one for each pair, each above 0
     * @param attention what cosine and sine are multiplied with
     */
    public record Divisors(List<Float> divisors, double attention) implements Scaling {

        /** Takes a copy. */
        public Divisors {
            divisors = List.copyOf(divisors);
        }

        /** Cosine and sine stay as they are. */
        public Divisors(List<Float> divisors) {
            this(divisors, 1);
        }

        @Override
        public double scaled(double frequency, int pair, Rope rope, int dimensions) {
            return frequency / divisors.get(pair);
        }
    }

    /** {@return what cosine and sine are multiplied with} */
    public double attention() {
        return scaling == null ? 1 : scaling.attention();
    }

    /** {@return how many of a head's dimensions rotate, an even number} */
    public int dimensions(int headDim) {
        return (int) (headDim * share) / 2 * 2;
    }

    /** {@return the angle in radians by which each pair of dimensions that rotates does so from one position to the next} */
    public double[] inverseFrequencies(int headDim) {
        int dimensions = dimensions(headDim);
        double[] frequencies = new double[dimensions / 2];
        for (int i = 0; i < frequencies.length; i++) {
            double frequency = Math.pow(theta, -2.0 * i / dimensions);
            frequencies[i] = scaling == null ? frequency : scaling.scaled(frequency, i, this, dimensions);
        }
        return frequencies;
    }
}
