package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.bench.Benchmark.Probe;
import io.humpback.internal.PeakMemory;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;

/**
 * Runs benchmarks: each first to warm up, and then several times. A rate that this machine cannot have reached is refused.
 *
 * @param workload what models are measured on
 * @param runs how often each benchmark is repeated after its warm-up, at least 1
 */
public record Bench(Workload workload, int runs) {

    private static final Map<Long, Double> BANDWIDTHS = new HashMap<>();

    /** Checks the number. */
    public Bench {
        if (runs < 1) {
            throw new IllegalArgumentException("runs = " + runs + ": expected at least 1");
        }
    }

    /**
     * {@return what a benchmark gives}
     *
     * @throws DataException if a rate cannot be
     * @throws IOException if the model cannot be read
     */
    public Figure measure(Benchmark benchmark, Subject subject) throws IOException {
        Series series = new Series(benchmark, subject);
        PeakMemory.reset();
        try (Probe probe = benchmark.open(subject, workload, benchmark.warmUp() + runs)) {
            series.warmUp(probe);
            for (int run = 0; run < runs; run++) {
                series.run(probe);
            }
        }
        return series.figure(peakMebibytes());
    }

    /**
     * {@return what a benchmark gives for two ways to run a model, in alternation}
     *
     * @throws DataException if a rate cannot be
     * @throws IOException if a model cannot be read
     */
    public Comparison compare(Benchmark benchmark, Subject first, Subject second) throws IOException {
        Series one = new Series(benchmark, first);
        Series other = new Series(benchmark, second);
        int all = benchmark.warmUp() + runs;
        try (Probe a = benchmark.open(first, workload, all);
                Probe b = benchmark.open(second, workload, all)) {
            one.warmUp(a);
            other.warmUp(b);
            for (int run = 0; run < runs; run++) { // A B, B A, A B, ...: neither is always the second
                if (run % 2 == 0) {
                    one.run(a);
                    other.run(b);
                } else {
                    other.run(b);
                    one.run(a);
                }
            }
        }
        return new Comparison(one.figure(OptionalLong.empty()), other.figure(OptionalLong.empty()));
    }

    /** {@return the most memory that the process had resident since it was last {@linkplain PeakMemory#reset reset}} */
    static OptionalLong peakMebibytes() {
        OptionalLong peak = PeakMemory.bytes();
        return peak.isPresent() ? OptionalLong.of(peak.getAsLong() >> 20) : peak;
    }

    /** The runs of one benchmark with one subject. */
    private static final class Series {
        private final Benchmark benchmark;
        private final OptionalLong weights;
        private final ObjectNode notes = JsonLines.row();
        private final List<Double> rates = new ArrayList<>();

        Series(Benchmark benchmark, Subject subject) throws IOException {
            this.benchmark = benchmark;
            // what is compared with the bandwidth of this machine's own memory
            weights = subject.options().device().isCuda() ? OptionalLong.empty() : subject.weightBytes();
        }

        void warmUp(Probe probe) throws IOException {
            for (int run = 0; run < benchmark.warmUp(); run++) {
                probe.run(notes);
            }
        }

        void run(Probe probe) throws IOException {
            rates.add(check(benchmark, probe.run(notes), weights));
        }

        Figure figure(OptionalLong peak) {
            return new Figure(benchmark.key(), benchmark.unit(), rates, peak, notes);
        }
    }

    /** {@return the rate of a sample; refuses one that cannot be} */
    static double check(Benchmark benchmark, Sample sample, OptionalLong weights) {
        double rate = sample.rate();
        String found = String.format(
                Locale.ROOT, "%s: %.4g %s in %.3g s", benchmark.key(), rate, benchmark.unit(), sample.seconds());
        if (!(rate > 0 && Double.isFinite(rate))) {
            throw new DataException(found + ": not a rate, expected more units and seconds than none");
        }
        if (weights.isPresent() && sample.weightPasses() > 0) {
            double read = (double) sample.weightPasses() * weights.getAsLong() / sample.seconds();
            double can = BANDWIDTHS.computeIfAbsent(weights.getAsLong(), MemoryBandwidth::measure);
            if (read > MemoryBandwidth.MARGIN * can) {
                throw new DataException(String.format(
                        Locale.ROOT,
                        "%s: weights would be read at %.4g GB/s, expected at most %.0f times the %.4g GB/s of this "
                                + "machine",
                        found,
                        read / 1e9,
                        MemoryBandwidth.MARGIN,
                        can / 1e9));
            }
        }
        return rate;
    }
}
