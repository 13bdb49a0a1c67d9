package io.humpback.onnx.train;

import io.humpback.internal.SplitMix64;
import io.humpback.model.ModelException;
import io.humpback.model.TrainingPlan;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Which rows each optimizer step learns. A function of the rows, the plan and the step alone, so that an interrupted
 * training needs no more than its step to continue. Each epoch has its own order; its last step may have fewer rows.
 */
final class Batches {

    /** What the seed is mixed with, so that the split, the order and the dropout do not share their numbers. */
    private enum Use {
        SPLIT,
        ORDER,
        NOISE
    }

    private final TrainingPlan plan;
    private final List<EncodedExample> trained;
    private final List<EncodedExample> heldOut;
    private final int perEpoch;
    private int orderedEpoch = -1;
    private int[] order = {};

    Batches(TrainingPlan plan, List<EncodedExample> rows) {
        this.plan = plan;
        double first = rows.stream().mapToDouble(this::place).min().orElse(1);
        Predicate<EncodedExample> aside = row ->
                place(row) < plan.execution().heldOut() || plan.execution().heldOut() > 0 && place(row) == first;
        Map<Boolean, List<EncodedExample>> sides = rows.stream().collect(Collectors.partitioningBy(aside));
        heldOut = List.copyOf(sides.get(true));
        trained = List.copyOf(sides.get(false));
        if (trained.isEmpty()) {
            throw new ModelException("held out " + plan.execution().heldOut() + " of " + rows.size()
                    + " examples: expected at least one to be left to learn");
        }
        perEpoch =
                (trained.size() + plan.batching().batch() - 1) / plan.batching().batch();
    }

    /**
     * A number from 0 to 1 that depends on a row's labels and the seed alone: a row held out of one training is held out of
     * every other that has it, whatever else that learns, and so are rows with the same labels.
     */
    private double place(EncodedExample row) {
        long hash = random(Use.SPLIT, 0).nextLong();
        int[] ids = row.ids();
        for (int i = row.prompt(); i < ids.length; i++) {
            hash = (hash ^ ids[i]) * 0xbf58476d1ce4e5b9L;
            hash ^= hash >>> 29;
        }
        return new SplittableRandom(hash).nextDouble();
    }

    /** {@return how many rows are learnt} */
    int trained() {
        return trained.size();
    }

    /** {@return how many rows are measured instead} */
    int heldOut() {
        return heldOut.size();
    }

    /** {@return how many steps the plan has} */
    int steps() {
        double steps = plan.batching().steps() > 0
                ? plan.batching().steps()
                : Math.ceil(plan.batching().epochs() * perEpoch);
        if (steps > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("epochs " + plan.batching().epochs() + ": expected fewer");
        }
        return (int) steps;
    }

    /** {@return what a step, counted from 0, computes} */
    List<MicroBatch> step(int step) {
        int epoch = step / perEpoch;
        if (epoch != orderedEpoch) {
            order = shuffled(trained.size(), random(Use.ORDER, epoch));
            orderedEpoch = epoch;
        }
        int from = step % perEpoch * plan.batching().batch();
        List<EncodedExample> rows = IntStream.range(
                        from, Math.min(from + plan.batching().batch(), order.length))
                .mapToObj(i -> trained.get(order[i]))
                .toList();
        return micro(rows, random(Use.NOISE, step));
    }

    /** {@return of all that the steps from one on compute, what has the most padded tokens, and of that the longest rows} */
    MicroBatch largest(int fromStep) {
        return IntStream.range(fromStep, steps())
                .mapToObj(this::step)
                .flatMap(List::stream)
                .max(Comparator.comparingLong((MicroBatch part) ->
                                (long) part.width() * part.lines().size())
                        .thenComparing(MicroBatch::width))
                .orElseThrow();
    }

    /** {@return all rows that are not learnt} */
    List<MicroBatch> heldOutBatches() {
        return micro(heldOut, random(Use.NOISE, -1));
    }

    /** Longest first, and with each all those that are left for which its lines have room. */
    private List<MicroBatch> micro(List<EncodedExample> rows, SplittableRandom noise) {
        List<EncodedExample> left = new ArrayList<>(rows);
        left.sort(Comparator.comparingInt((EncodedExample row) -> -row.read()));
        List<MicroBatch> batches = new ArrayList<>();
        while (!left.isEmpty()) {
            int width = left.get(0).read();
            Lines lines = new Lines(width, Math.max(1, plan.batching().microBatchTokens() / width));
            List<EncodedExample> some = new ArrayList<>();
            left.removeIf(row -> lines.add(row) && some.add(row));
            batches.add(new MicroBatch(some, noise.nextLong()));
        }
        return batches;
    }

    private SplittableRandom random(Use use, long number) {
        SplittableRandom seeds = new SplittableRandom(plan.seed() ^ (use.ordinal() + 1) * SplitMix64.GAMMA);
        return new SplittableRandom(seeds.nextLong() + number * 0xbf58476d1ce4e5b9L);
    }

    /** {@return 0 to n - 1 in an order of Fisher and Yates} */
    private static int[] shuffled(int n, SplittableRandom random) {
        int[] order = IntStream.range(0, n).toArray();
        for (int i = n - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            int swapped = order[i];
            order[i] = order[j];
            order[j] = swapped;
        }
        return order;
    }
}
