package io.humpback.onnx.run;

import io.humpback.internal.SplitMix64;
import io.humpback.model.ModelException;
import io.humpback.model.Sampling;
import java.util.Arrays;

/** Chooses the next token from its logits. The draw depends on the seed, the item and the step alone. */
public final class Sampler {

    /** Tokens whose probability is below e^-40 of the best one's are left out: a draw of 53 bits cannot reach them. */
    private static final double NEGLIGIBLE = 40;

    private final Sampling sampling;

    public Sampler(Sampling sampling) {
        this.sampling = sampling;
    }

    /** {@return a token, chosen by logits [vocabulary], for an item and the number of the token in it} */
    public int choose(float[] logits, long item, int step) {
        int best = best(logits);
        if (sampling.isGreedy()) {
            return best;
        }
        double bound = logits[best] - NEGLIGIBLE * sampling.temperature();
        int count = 0;
        for (float logit : logits) {
            count += logit >= bound ? 1 : 0;
        }
        // Sorted by probability, then by id: the id fills the low half of a key whose high half orders the logit.
        long[] keys = new long[count];
        count = 0;
        for (int id = 0; id < logits.length; id++) {
            if (logits[id] >= bound) {
                keys[count++] = (long) ~ordered(logits[id]) << 32 | id;
            }
        }
        Arrays.sort(keys);
        int kept = sampling.topK() == 0 ? count : Math.min(sampling.topK(), count);
        double[] weights = new double[kept];
        double sum = 0;
        for (int i = 0; i < kept; i++) {
            weights[i] = Math.exp((logits[(int) keys[i]] - logits[best]) / sampling.temperature());
            sum += weights[i];
        }
        double mass = 0;
        int end = 0;
        while (end < kept && mass < sampling.topP() * sum) {
            mass += weights[end++];
        }
        while (end > 1 && weights[end - 1] < sampling.minP()) {
            mass -= weights[--end];
        }
        double draw = noise(sampling.seed(), item, step) * mass;
        for (int i = 0; i < end - 1; i++) {
            draw -= weights[i];
            if (draw < 0) {
                return (int) keys[i];
            }
        }
        return (int) keys[end - 1];
    }

    private static int best(float[] logits) {
        int best = 0;
        for (int id = 1; id < logits.length; id++) {
            best = logits[id] > logits[best] ? id : best;
        }
        if (!Float.isFinite(logits[best])) {
            throw new ModelException("logits: the largest is " + logits[best] + ", expected a finite number");
        }
        return best;
    }

    /** {@return an integer that is ordered as the float is} */
    private static int ordered(float value) {
        int bits = Float.floatToIntBits(value);
        return bits ^ (bits >> 31 & Integer.MAX_VALUE);
    }

    /** {@return a number in [0, 1) that looks random and depends on the arguments alone} */
    static double noise(long seed, long item, int step) {
        return (SplitMix64.next(SplitMix64.next(SplitMix64.next(seed) + item) + step) >>> 11) * 0x1p-53;
    }
}
