package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.model.ModelException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Rating pairs one a call, by some threads that share a scorer, as a service does. The notes say how long a call took.
 *
 * @param threads that call at the same time
 */
record ThreadsBenchmark(int threads) implements PairsBenchmark {

    private static final int CALLS = 64;

    @Override
    public String key() {
        return "score_threads_" + threads;
    }

    @Override
    public String unit() {
        return "calls/s";
    }

    /** It says more of a service than of a model, and takes long. */
    @Override
    public boolean isDefault() {
        return false;
    }

    @Override
    public Probe open(Subject subject, Workload workload, int runs) throws IOException {
        Scorer scorer = Scorer.using(subject.model(true));
        List<Example> pairs = workload.pairs(subject.model(true)).stream()
                .map(PromptedPair::example)
                .toList();
        return notes -> {
            double[] latencies = new double[CALLS];
            AtomicInteger next = new AtomicInteger();
            double seconds = Sample.seconds(() -> together(() -> {
                for (int call = next.getAndIncrement(); call < CALLS; call = next.getAndIncrement()) {
                    Example pair = pairs.get(call % pairs.size());
                    latencies[call] = Sample.seconds(() -> scorer.score(List.of(pair)));
                }
            }));
            note(latencies, notes);
            return new Sample(CALLS, seconds);
        };
    }

    /** Does the same in every thread. */
    private void together(Runnable work) {
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<?>> all = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                all.add(pool.submit(work));
            }
            for (Future<?> one : all) {
                one.get();
            }
        } catch (InterruptedException | ExecutionException e) {
            throw new ModelException(key() + ": " + e.getMessage(), e);
        } finally {
            pool.shutdownNow();
        }
    }

    private static void note(double[] latencies, ObjectNode notes) {
        double[] sorted = latencies.clone();
        Arrays.sort(sorted);
        notes.put("median_seconds", sorted[sorted.length / 2]);
        notes.put("worst_seconds", sorted[sorted.length - 1]);
    }
}
