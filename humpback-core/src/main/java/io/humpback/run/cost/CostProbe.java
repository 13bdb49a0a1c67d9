package io.humpback.run.cost;

import io.humpback.internal.PeakMemory;
import io.humpback.model.Listener;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * What a part of a stage's work cost.
 *
 * @param items items that were worked on
 * @param tokens tokens of all calls of the model
 * @param seconds wall-clock time
 * @param peakBytes the peak of the process's memory meanwhile
 */
public record CostProbe(int items, long tokens, double seconds, OptionalLong peakBytes) {

    /** A stage's work on some items, reporting to a listener. */
    @FunctionalInterface
    public interface Work<T> {

        /** Does the work. */
        void on(List<T> items, Listener listener);
    }

    /** Adds up the tokens of the calls that the work makes, such as one for each rubric, one after or within another. */
    private static final class Tokens implements Listener {

        /** The last report of each call. */
        private final List<Progress> calls = new ArrayList<>();

        @Override
        public void progressed(Progress now) {
            for (int i = 0; i < calls.size(); i++) {
                if (follows(calls.get(i), now)) {
                    calls.set(i, now);
                    return;
                }
            }
            calls.add(now);
        }

        /** A call's counts never fall, and each of its reports counts more than the one before. */
        private static boolean follows(Progress before, Progress now) {
            return now.task() == before.task()
                    && now.items() >= before.items()
                    && now.promptTokens() >= before.promptTokens()
                    && now.completionTokens() >= before.completionTokens()
                    && now.items() + now.completionTokens() > before.items() + before.completionTokens();
        }

        long all() {
            return calls.stream()
                    .mapToLong(call -> call.promptTokens() + call.completionTokens())
                    .sum();
        }
    }

    /** {@return what the work on a sample costs} */
    public static <T> CostProbe of(List<T> sample, Work<T> work) {
        Tokens tokens = new Tokens();
        PeakMemory.reset();
        long start = System.nanoTime();
        work.on(sample, tokens);
        double seconds = (System.nanoTime() - start) / 1e9;
        return new CostProbe(sample.size(), tokens.all(), seconds, PeakMemory.bytes());
    }

    /** {@return tokens for another number of items} */
    public long tokens(long others) {
        return (long) (times(others) * tokens);
    }

    /** {@return seconds for another number of items} */
    public double seconds(long others) {
        return times(others) * seconds;
    }

    private double times(long others) {
        return (double) others / Math.max(1, items);
    }
}
