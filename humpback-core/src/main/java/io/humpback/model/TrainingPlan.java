package io.humpback.model;

import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * How to train. Immutable; {@link #toBuilder} makes a changed copy. What does not fit together is found when
 * training starts.
 *
 * @param lora the low-rank change to learn, or nothing to train every weight
 * @param learningRate the highest rate, after the warm-up
 * @param finalLearningRate the rate that the schedule ends at
 * @param schedule how the rate falls from one to the other
 * @param warmup share of the steps over which the rate rises from zero, 0 to 1
 * @param beta1 AdamW's decay of the first moment
 * @param beta2 AdamW's decay of the second moment
 * @param epsilon AdamW's addend to the root of the second moment
 * @param weightDecay decoupled decay (Loshchilov and Hutter 2019, arXiv 1711.05101) of every trained matrix; norms do
 *     not decay
 * @param clip largest norm of all gradients together; infinite for none
 * @param batch examples an optimizer step
 * @param microBatchTokens padded tokens that are computed at once; more gives speed, less memory
 * @param epochs passes over the examples; not used where {@code steps} is above 0
 * @param steps optimizer steps, or 0
 * @param maxTokens tokens a row may have, prompt and completion together
 * @param tooLong what happens to longer rows
 * @param recompute whether activations are computed again on the way back
 * @param frozen how products with weights that are not trained are computed
 * @param heldOut share of the examples that is not trained on but measured, 0 to below 1; which ones depends on what is
 *     learnt of each and on the seed, so that an example held out of one training is held out of the next
 * @param checkpointEvery optimizer steps between checkpoints
 * @param seed of the shuffle, the initial adapter and its dropout
 */
public record TrainingPlan(
        Optional<Lora> lora,
        double learningRate,
        double finalLearningRate,
        Schedule schedule,
        double warmup,
        double beta1,
        double beta2,
        double epsilon,
        double weightDecay,
        double clip,
        int batch,
        int microBatchTokens,
        double epochs,
        int steps,
        int maxTokens,
        TooLong tooLong,
        Recompute recompute,
        Frozen frozen,
        double heldOut,
        int checkpointEvery,
        long seed) {

    /** How the learning rate falls. */
    public enum Schedule {
        /** It stays. */
        CONSTANT,
        /** In a straight line. */
        LINEAR,
        /** As half a cosine wave. */
        COSINE
    }

    /** What happens to rows of too many tokens. */
    public enum TooLong {
        /** They are left out, and counted. */
        DROP,
        /** Their completions lose their ends, and the ending token with it; rows whose prompt alone is too long are left out. */
        CUT
    }

    /** Whether the activations within a block are kept for the way back, or computed again. */
    public enum Recompute {
        /** By the memory of the machine. */
        AUTO,
        /** Again: memory does not grow with depth. */
        ON,
        /** Kept: faster. */
        OFF
    }

    /** How products with frozen weights are computed: those of the model that a low-rank change is added to. */
    public enum Frozen {
        /** In 32 bits. */
        FP32,
        /**
         * In 8 bits, forward and on the way back, but the way back through the head: faster, and a third of the memory of
         * the blocks' weights. The loss that is told is that of the model in 8 bits.
         */
        INT8
    }

    /** A linear product of a block that a low-rank change can be added to. */
    public enum Target {
        /** Queries. */
        Q_PROJ,
        /** Keys. */
        K_PROJ,
        /** Values. */
        V_PROJ,
        /** Attention's output. */
        O_PROJ,
        /** The feed-forward's gate. */
        GATE_PROJ,
        /** The feed-forward's input. */
        UP_PROJ,
        /** The feed-forward's output. */
        DOWN_PROJ
    }

    /**
     * A low-rank change W + scale · B A of linear products (Hu et al. 2021, arXiv 2106.09685).
     *
     * @param rank rows of A and columns of B, at least 1
     * @param alpha the scale is alpha / rank
     * @param rankStabilised whether the scale is alpha / sqrt(rank) instead (Kalajdzievski 2023, arXiv 2312.03732)
     * @param dropout share of A's inputs that is zeroed in training, 0 to below 1
     * @param targets which products, not empty
     */
    public record Lora(int rank, double alpha, boolean rankStabilised, double dropout, Set<Target> targets) {
        /** Checks ranges and copies the set. */
        public Lora {
            check(rank >= 1, "lora rank", rank, "at least 1");
            check(alpha > 0, "lora alpha", alpha, "above 0");
            check(dropout >= 0 && dropout < 1, "lora dropout", dropout, "0 to below 1");
            check(!targets.isEmpty(), "lora targets", targets, "at least one");
            targets = Set.copyOf(targets);
        }

        /**
         * {@return a change of all seven products with alpha = 2 · rank, no dropout}
         *
         * @param rank at least 1
         */
        public static Lora of(int rank) {
            return new Lora(rank, 2.0 * rank, false, 0, EnumSet.allOf(Target.class));
        }

        /** {@return what B A is multiplied with} */
        public double scale() {
            return rankStabilised ? alpha / Math.sqrt(rank) : alpha / rank;
        }
    }

    /** Checks ranges. */
    public TrainingPlan {
        check(learningRate > 0, "learning rate", learningRate, "above 0");
        check(
                finalLearningRate >= 0 && finalLearningRate <= learningRate,
                "final learning rate",
                finalLearningRate,
                "0 to " + learningRate);
        check(warmup >= 0 && warmup <= 1, "warmup", warmup, "0 to 1");
        check(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 to below 1");
        check(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 to below 1");
        check(epsilon > 0, "epsilon", epsilon, "above 0");
        check(weightDecay >= 0, "weight decay", weightDecay, "at least 0");
        check(clip > 0, "clip", clip, "above 0");
        check(batch >= 1, "batch", batch, "at least 1");
        check(microBatchTokens >= 1, "micro-batch tokens", microBatchTokens, "at least 1");
        check(steps >= 0, "steps", steps, "at least 0");
        check(steps > 0 || epochs > 0, "epochs", epochs, "above 0");
        check(maxTokens >= 2, "max tokens", maxTokens, "at least 2");
        check(frozen == Frozen.FP32 || lora.isPresent(), "frozen", frozen, "FP32 where every weight is trained");
        check(heldOut >= 0 && heldOut < 1, "held out", heldOut, "0 to below 1");
        check(checkpointEvery >= 1, "checkpoint every", checkpointEvery, "at least 1");
    }

    private static void check(boolean holds, String setting, Object found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(setting + " " + found + ": expected " + expected);
        }
    }

    /** {@return low-rank training of all seven products: rank 16, 2e-4, cosine, 3 % warm-up, batches of 16, 3 epochs} */
    public static TrainingPlan lowRank() {
        return new Builder().build();
    }

    /** {@return training of every weight: 2e-5, otherwise as {@link #lowRank}} */
    public static TrainingPlan full() {
        return lowRank().toBuilder().lora(Optional.empty()).learningRate(2e-5).build();
    }

    /**
     * {@return the paper's settings (Li et al. 2023, section 3.1), which train every weight: 1e-5 falling linearly to
     * 9e-6, decay 0.1, batches of 32, of 8 below 3,000 examples. Its dropout of 0.1 within the model is not built.}
     *
     * @param examples how many there are
     */
    public static TrainingPlan paper(int examples) {
        return full().toBuilder()
                .learningRate(1e-5)
                .finalLearningRate(9e-6)
                .schedule(Schedule.LINEAR)
                .warmup(0)
                .betas(0.9, 0.95)
                .weightDecay(0.1)
                .batch(examples < 3000 ? 8 : 32)
                .build();
    }

    /** {@return a builder that begins with these settings} */
    public Builder toBuilder() {
        Builder builder = new Builder();
        builder.lora = lora;
        builder.learningRate = learningRate;
        builder.finalLearningRate = finalLearningRate;
        builder.schedule = schedule;
        builder.warmup = warmup;
        builder.beta1 = beta1;
        builder.beta2 = beta2;
        builder.epsilon = epsilon;
        builder.weightDecay = weightDecay;
        builder.clip = clip;
        builder.batch = batch;
        builder.microBatchTokens = microBatchTokens;
        builder.epochs = epochs;
        builder.steps = steps;
        builder.maxTokens = maxTokens;
        builder.tooLong = tooLong;
        builder.recompute = recompute;
        builder.frozen = frozen;
        builder.heldOut = heldOut;
        builder.checkpointEvery = checkpointEvery;
        builder.seed = seed;
        return builder;
    }

    /** Changes some settings of a plan. */
    public static final class Builder {
        private Optional<Lora> lora = Optional.of(Lora.of(16));
        private double learningRate = 2e-4;
        private double finalLearningRate;
        private Schedule schedule = Schedule.COSINE;
        private double warmup = 0.03;
        private double beta1 = 0.9;
        private double beta2 = 0.999;
        private double epsilon = 1e-8;
        private double weightDecay;
        private double clip = 1;
        private int batch = 16;
        private int microBatchTokens = 1024;
        private double epochs = 3;
        private int steps;
        private int maxTokens = 2048;
        private TooLong tooLong = TooLong.CUT;
        private Recompute recompute = Recompute.AUTO;
        private Frozen frozen = Frozen.FP32;
        private double heldOut;
        private int checkpointEvery = 100;
        private long seed;

        private Builder() {}

        /**
         * {@return this}
         *
         * @param value the change to learn, or nothing for all weights
         */
        public Builder lora(Optional<Lora> value) {
            lora = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value the highest rate
         */
        public Builder learningRate(double value) {
            learningRate = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value the rate at the end
         */
        public Builder finalLearningRate(double value) {
            finalLearningRate = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value how the rate falls
         */
        public Builder schedule(Schedule value) {
            schedule = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value share of the steps
         */
        public Builder warmup(double value) {
            warmup = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param first AdamW's decay of the first moment
         * @param second of the second
         */
        public Builder betas(double first, double second) {
            beta1 = first;
            beta2 = second;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value AdamW's epsilon
         */
        public Builder epsilon(double value) {
            epsilon = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value decoupled decay
         */
        public Builder weightDecay(double value) {
            weightDecay = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value largest gradient norm
         */
        public Builder clip(double value) {
            clip = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value examples a step
         */
        public Builder batch(int value) {
            batch = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value tokens computed at once
         */
        public Builder microBatchTokens(int value) {
            microBatchTokens = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value passes
         */
        public Builder epochs(double value) {
            epochs = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value optimizer steps, or 0 for epochs
         */
        public Builder steps(int value) {
            steps = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value tokens a row
         */
        public Builder maxTokens(int value) {
            maxTokens = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value what happens to longer rows
         */
        public Builder tooLong(TooLong value) {
            tooLong = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value whether
         */
        public Builder recompute(Recompute value) {
            recompute = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value how products with frozen weights are computed
         */
        public Builder frozen(Frozen value) {
            frozen = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value share of the examples
         */
        public Builder heldOut(double value) {
            heldOut = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value steps between checkpoints
         */
        public Builder checkpointEvery(int value) {
            checkpointEvery = value;
            return this;
        }

        /**
         * {@return this}
         *
         * @param value any number
         */
        public Builder seed(long value) {
            seed = value;
            return this;
        }

        /**
         * {@return the plan}
         *
         * @throws IllegalArgumentException if a setting is out of range
         */
        public TrainingPlan build() {
            return new TrainingPlan(
                    lora,
                    learningRate,
                    finalLearningRate,
                    schedule,
                    warmup,
                    beta1,
                    beta2,
                    epsilon,
                    weightDecay,
                    clip,
                    batch,
                    microBatchTokens,
                    epochs,
                    steps,
                    maxTokens,
                    tooLong,
                    recompute,
                    frozen,
                    heldOut,
                    checkpointEvery,
                    seed);
        }
    }
}
