package io.humpback.run;

import io.humpback.internal.PeakMemory;
import io.humpback.model.Listener;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.IntFunction;

/** Does a little of a stage's work, whose results are thrown away, to tell what all of it will cost. */
final class Sample {

    /** Items that are measured. */
    static final int SIZE = 8;

    /** With fewer times as many items left there is no use in measuring. */
    private static final int WORTH = 16;

    private Sample() {}

    /** Adds up the tokens of the calls that the work makes, such as one a rubric, whether after or amid each other. */
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

        /** A call's counts never fall, and each of its reports tells of more than the one before. */
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

    /** A stage's work on some items, reporting to a listener. */
    @FunctionalInterface
    interface Work<T> {
        void on(List<T> items, Listener listener);
    }

    /**
     * {@return the forecast, or nothing where there is little to do}
     *
     * @param left items to be done
     * @param next gives the first so many of them
     * @param rowBytes what an item will take in the store
     */
    static <T> Optional<Forecast> forecast(
            String stage, long left, IntFunction<List<T>> next, long rowBytes, Work<T> work) {
        if (left < (long) SIZE * WORTH) {
            return Optional.empty();
        }
        return Optional.of(measured(stage, left, next.apply(SIZE), rowBytes, work));
    }

    /**
     * {@return the forecast from a sample, however small}
     *
     * @param sample some of the items that are left
     */
    static <T> Forecast measured(String stage, long left, List<T> sample, long rowBytes, Work<T> work) {
        Tokens tokens = new Tokens();
        PeakMemory.reset();
        long start = System.nanoTime();
        work.on(sample, tokens);
        double seconds = (System.nanoTime() - start) / 1e9;
        double times = (double) left / Math.max(1, sample.size());
        return new Forecast(
                stage,
                left,
                (long) (times * tokens.all()),
                times * seconds,
                OptionalLong.of(left * rowBytes),
                PeakMemory.bytes());
    }
}
