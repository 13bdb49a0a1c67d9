package io.humpback.model;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How to train. Immutable; {@link #toBuilder} makes a changed copy. Faults of one setting are found when a plan is built,
 * those of plan and model when training starts.
 *
 * <p>A setting is a component of one of the records below, and nothing else has to name it: {@link #settings()}, which
 * identifies a plan, and the builder find it there.
 *
 * @param lora the low-rank change to learn, or nothing to train every weight
 * @param optimizer how weights follow their gradients
 * @param batching what is computed together, and for how long
 * @param execution memory, precision, what is measured and saved
 * @param seed of the shuffle, the initial adapter and its dropout
 */
public record TrainingPlan(
        Optional<Lora> lora, Optimizer optimizer, Batching batching, Execution execution, long seed) {

    /** What every plan is a change of. */
    private static final TrainingPlan LOW_RANK = new TrainingPlan(
            Optional.of(Lora.of(16)),
            new Optimizer(2e-4, 0, Schedule.COSINE, 0.03, 0.9, 0.999, 1e-8, 0, 1),
            new Batching(16, 1024, 3, 0, 2048, TooLong.CUT),
            new Execution(Recompute.AUTO, Frozen.FP32, 0, 100),
            0);

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

    /** Whether the activations within a block are kept for the backward pass, or computed again. */
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
         * In 8 bits, forward and backward, except backward through the head: faster, and a third of the memory of
         * the blocks' weights. The reported loss is that of the model in 8 bits.
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
            targets = Collections.unmodifiableSet(EnumSet.copyOf(targets)); // in order, whatever process writes them
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

    /**
     * AdamW and its learning rate.
     *
     * @param learningRate the highest rate, after the warm-up
     * @param finalLearningRate the rate that the schedule ends at
     * @param schedule how the rate falls from one to the other
     * @param warmup share of the steps over which the rate rises from zero, 0 to 1
     * @param beta1 decay of the first moment
     * @param beta2 decay of the second moment
     * @param epsilon addend to the root of the second moment
     * @param weightDecay decoupled decay (Loshchilov and Hutter 2019, arXiv 1711.05101) of every trained matrix; norms do
     *     not decay
     * @param clip largest norm of all gradients together; infinite for none
     */
    public record Optimizer(
            double learningRate,
            double finalLearningRate,
            Schedule schedule,
            double warmup,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            double clip) {
        /** Checks ranges. */
        public Optimizer {
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
        }
    }

    /**
     * Which tokens are computed together, and how often.
     *
     * @param batch examples an optimizer step
     * @param microBatchTokens padded tokens that are computed at once; more gives speed, less memory
     * @param epochs passes over the examples; not used where {@code steps} is above 0
     * @param steps optimizer steps, or 0
     * @param maxTokens tokens a row may have, prompt and completion together
     * @param tooLong what happens to longer rows
     */
    public record Batching(int batch, int microBatchTokens, double epochs, int steps, int maxTokens, TooLong tooLong) {
        /** Checks ranges. */
        public Batching {
            check(batch >= 1, "batch", batch, "at least 1");
            check(microBatchTokens >= 1, "micro-batch tokens", microBatchTokens, "at least 1");
            check(steps >= 0, "steps", steps, "at least 0");
            check(steps > 0 || epochs > 0, "epochs", epochs, "above 0");
            check(maxTokens >= 2, "max tokens", maxTokens, "at least 2");
        }
    }

    /**
     * How steps are computed, and what is done between them.
     *
     * @param recompute whether activations are computed again in the backward pass
     * @param frozen how products with weights that are not trained are computed
     * @param heldOut share of the examples that is measured instead of trained on, 0 to below 1; which ones depends on
     *     what is learnt of each and on the seed, so that an example held out of one training is held out of the next
     * @param checkpointEvery optimizer steps between checkpoints
     */
    public record Execution(Recompute recompute, Frozen frozen, double heldOut, int checkpointEvery) {
        /** Checks ranges. */
        public Execution {
            check(heldOut >= 0 && heldOut < 1, "held out", heldOut, "0 to below 1");
            check(checkpointEvery >= 1, "checkpoint every", checkpointEvery, "at least 1");
        }
    }

    /** Checks what concerns several settings. */
    public TrainingPlan {
        check(
                execution.frozen() == Frozen.FP32 || lora.isPresent(),
                "frozen",
                execution.frozen(),
                "FP32 where every weight is trained");
    }

    private static void check(boolean holds, String setting, Object found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(setting + " " + found + ": expected " + expected);
        }
    }

    /** {@return low-rank training of all seven products: rank 16, 2e-4, cosine, 3 % warm-up, batches of 16, 3 epochs} */
    public static TrainingPlan lowRank() {
        return LOW_RANK;
    }

    /** {@return training of every weight: 2e-5, otherwise as {@link #lowRank}} */
    public static TrainingPlan full() {
        return LOW_RANK.toBuilder().lora(Optional.empty()).learningRate(2e-5).build();
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

    /** {@return all settings by name, in order, with their values; where every weight is trained, lora says so in words} */
    public Map<String, Object> settings() {
        Map<String, Object> settings = values(this);
        settings.put("lora", lora.isPresent() ? lora.get() : "all weights");
        return settings;
    }

    /** {@return the settings on one line, the same from every process} */
    @Override
    public String toString() {
        Map<String, Object> rest = settings();
        Object change = rest.remove("lora");
        return rest.entrySet().stream().map(Map.Entry::toString).collect(Collectors.joining(", ", change + ", ", ""));
    }

    /** The components of a record, those of its parts in their place. */
    private static Map<String, Object> values(Record record) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (RecordComponent component : record.getClass().getRecordComponents()) {
            try {
                Object value = component.getAccessor().invoke(record);
                if (value instanceof Record part) {
                    values.putAll(values(part));
                } else {
                    values.put(component.getName(), value);
                }
            } catch (IllegalAccessException | InvocationTargetException e) {
                throw new AssertionError(e); // accessors of this class's own records
            }
        }
        return values;
    }

    /** The record of a type whose components have these values. */
    private static Object record(Class<?> type, Map<String, Object> values) {
        RecordComponent[] components = type.getRecordComponents();
        Class<?>[] types =
                Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new);
        Object[] arguments = Arrays.stream(components)
                .map(part -> part.getType().isRecord() ? record(part.getType(), values) : values.get(part.getName()))
                .toArray();
        try {
            return type.getConstructor(types).newInstance(arguments);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof IllegalArgumentException outOfRange) {
                throw outOfRange;
            }
            throw new AssertionError(e);
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e); // constructors of this class's own records
        }
    }

    /** {@return a builder that begins with these settings} */
    public Builder toBuilder() {
        return new Builder(values(this));
    }

    /** Changes some settings of a plan. */
    public static final class Builder {

        private final Map<String, Object> values;

        private Builder(Map<String, Object> values) {
            this.values = values;
        }

        /** {@return this with another {@link TrainingPlan#lora()}} */
        public Builder lora(Optional<Lora> value) {
            return set("lora", value);
        }

        /** {@return this with another {@link Optimizer#learningRate()}} */
        public Builder learningRate(double value) {
            return set("learningRate", value);
        }

        /** {@return this with another {@link Optimizer#finalLearningRate()}} */
        public Builder finalLearningRate(double value) {
            return set("finalLearningRate", value);
        }

        /** {@return this with another {@link Optimizer#schedule()}} */
        public Builder schedule(Schedule value) {
            return set("schedule", value);
        }

        /** {@return this with another {@link Optimizer#warmup()}} */
        public Builder warmup(double value) {
            return set("warmup", value);
        }

        /** {@return this with another {@link Optimizer#beta1()} and {@link Optimizer#beta2()}} */
        public Builder betas(double first, double second) {
            return set("beta1", first).set("beta2", second);
        }

        /** {@return this with another {@link Optimizer#epsilon()}} */
        public Builder epsilon(double value) {
            return set("epsilon", value);
        }

        /** {@return this with another {@link Optimizer#weightDecay()}} */
        public Builder weightDecay(double value) {
            return set("weightDecay", value);
        }

        /** {@return this with another {@link Optimizer#clip()}} */
        public Builder clip(double value) {
            return set("clip", value);
        }

        /** {@return this with another {@link Batching#batch()}} */
        public Builder batch(int value) {
            return set("batch", value);
        }

        /** {@return this with another {@link Batching#microBatchTokens()}} */
        public Builder microBatchTokens(int value) {
            return set("microBatchTokens", value);
        }

        /** {@return this with another {@link Batching#epochs()}} */
        public Builder epochs(double value) {
            return set("epochs", value);
        }

        /** {@return this with another {@link Batching#steps()}} */
        public Builder steps(int value) {
            return set("steps", value);
        }

        /** {@return this with another {@link Batching#maxTokens()}} */
        public Builder maxTokens(int value) {
            return set("maxTokens", value);
        }

        /** {@return this with another {@link Batching#tooLong()}} */
        public Builder tooLong(TooLong value) {
            return set("tooLong", value);
        }

        /** {@return this with another {@link Execution#recompute()}} */
        public Builder recompute(Recompute value) {
            return set("recompute", value);
        }

        /** {@return this with another {@link Execution#frozen()}} */
        public Builder frozen(Frozen value) {
            return set("frozen", value);
        }

        /** {@return this with another {@link Execution#heldOut()}} */
        public Builder heldOut(double value) {
            return set("heldOut", value);
        }

        /** {@return this with another {@link Execution#checkpointEvery()}} */
        public Builder checkpointEvery(int value) {
            return set("checkpointEvery", value);
        }

        /** {@return this with another {@link TrainingPlan#seed()}} */
        public Builder seed(long value) {
            return set("seed", value);
        }

        /**
         * {@return this with another value of any setting}
         *
         * @param name as in {@link TrainingPlan#settings()}
         * @param value of the setting's type
         * @throws IllegalArgumentException if there is no such setting, or it is of another type
         */
        public Builder set(String name, Object value) {
            Object now = values.get(name);
            if (now == null || now.getClass() != value.getClass()) {
                throw new IllegalArgumentException(
                        name + " " + value + ": expected another value for one of " + values);
            }
            values.put(name, value);
            return this;
        }

        /**
         * {@return the plan}
         *
         * @throws IllegalArgumentException if a setting is out of range
         */
        public TrainingPlan build() {
            return (TrainingPlan) record(TrainingPlan.class, values);
        }
    }
}
