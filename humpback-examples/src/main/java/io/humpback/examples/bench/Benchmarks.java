package io.humpback.examples.bench;

import java.util.ArrayList;
import java.util.List;

/** All benchmarks, in the order in which they are run: those that share the way a model is loaded stand together. */
public final class Benchmarks {

    private static final List<Benchmark> ALL = all();

    private Benchmarks() {}

    private static List<Benchmark> all() {
        List<Benchmark> all = new ArrayList<>(List.of(
                new PrefillBenchmark("prefill_512", 1, 512),
                new PrefillBenchmark("prefill_8x256", 8, 256),
                new DecodeBenchmark(1),
                new DecodeBenchmark(8),
                new DecodeBenchmark(32),
                new ScoreBenchmark(false),
                new ScoreBenchmark(true),
                new ThreadsBenchmark(1),
                new ThreadsBenchmark(8),
                new ThreadsBenchmark(32),
                new QuestionsBenchmark(1),
                new QuestionsBenchmark(8),
                new AugmentBenchmark(),
                new HostBenchmark()));
        for (boolean lora : new boolean[] {true, false}) {
            for (int rows : new int[] {4, 2}) {
                for (boolean recompute : new boolean[] {false, true}) {
                    all.add(new TrainingBenchmark(lora, rows, 1024 / rows, recompute));
                }
            }
        }
        return List.copyOf(all);
    }

    /** {@return every benchmark} */
    public static List<Benchmark> list() {
        return ALL;
    }
}
