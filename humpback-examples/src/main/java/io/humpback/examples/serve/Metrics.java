package io.humpback.examples.serve;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.DoubleSupplier;

/**
 * What a service counts, in the text format of Prometheus (version 0.0.4). Names of series are the program's own, so that there
 * is nothing to escape in them and no request can make more of them.
 */
final class Metrics {

    static final String TYPE = "text/plain; version=0.0.4; charset=utf-8";

    private static final Path STATUS = Path.of("/proc/self/status");

    private final Map<String, LongAdder> counts = new ConcurrentSkipListMap<>();
    private final Map<String, Distribution> distributions = new ConcurrentSkipListMap<>();
    private final Map<String, DoubleSupplier> gauges = new ConcurrentHashMap<>();

    private static final Map<String, List<Double>> BOUNDS = Map.of(
            "humpback_request_seconds", List.of(.005, .01, .025, .05, .1, .25, .5, 1., 2.5, 5., 10., 30., 60.),
            "humpback_batch_seconds", List.of(.005, .01, .025, .05, .1, .25, .5, 1., 2.5, 5., 10.),
            "humpback_batch_pairs", List.of(1., 2., 4., 8., 16., 32., 64., 128.));

    /** How many of some numbers are at most each of some bounds. */
    private static final class Distribution {
        private final List<Double> bounds;
        private final LongAdder[] buckets;
        private final DoubleAdder sum = new DoubleAdder();

        Distribution(List<Double> bounds) {
            this.bounds = bounds;
            buckets = new LongAdder[bounds.size() + 1];
            for (int i = 0; i < buckets.length; i++) {
                buckets[i] = new LongAdder();
            }
        }

        void add(double number) {
            int bucket = 0;
            while (bucket < bounds.size() && number > bounds.get(bucket)) {
                bucket++;
            }
            buckets[bucket].increment();
            sum.add(number);
        }

        void write(String name, StringBuilder text) {
            long count = 0;
            for (int i = 0; i < buckets.length; i++) {
                count += buckets[i].sum();
                String bound = i < bounds.size() ? bounds.get(i).toString() : "+Inf";
                text.append(name)
                        .append("_bucket{le=\"")
                        .append(bound)
                        .append("\"} ")
                        .append(count)
                        .append('\n');
            }
            text.append(name).append("_sum ").append(sum.sum()).append('\n');
            text.append(name).append("_count ").append(count).append('\n');
        }
    }

    /** Counts a request that was answered, or whose client was gone. */
    void request(String path, String status, double seconds) {
        count("humpback_requests_total{path=\"" + path + "\",status=\"" + status + "\"}");
        distribution("humpback_request_seconds").add(seconds);
    }

    /** Counts a pair by what became of it: scored, dropped, rejected, expired, failed, stopped. */
    void pair(String outcome) {
        count("humpback_pairs_total{outcome=\"" + outcome + "\"}");
    }

    /** Counts a batch of the judge. */
    void batch(int pairs, double seconds) {
        distribution("humpback_batch_pairs").add(pairs);
        distribution("humpback_batch_seconds").add(seconds);
    }

    /** Has a number looked up whenever the metrics are asked for. */
    void gauge(String name, DoubleSupplier value) {
        gauges.put(name, value);
    }

    private void count(String series) {
        counts.computeIfAbsent(series, name -> new LongAdder()).increment();
    }

    private Distribution distribution(String name) {
        return distributions.computeIfAbsent(name, key -> new Distribution(BOUNDS.getOrDefault(key, List.of())));
    }

    /** {@return the sum of the counts whose series begin so} */
    long total(String series) {
        return counts.entrySet().stream()
                .filter(each -> each.getKey().startsWith(series))
                .mapToLong(each -> each.getValue().sum())
                .sum();
    }

    /** {@return all of them} */
    String text() {
        StringBuilder text = new StringBuilder();
        String family = "";
        for (Map.Entry<String, LongAdder> each : counts.entrySet()) {
            String name = each.getKey().substring(0, each.getKey().indexOf('{'));
            if (!name.equals(family)) {
                text.append("# TYPE ").append(name).append(" counter\n");
                family = name;
            }
            text.append(each.getKey()).append(' ').append(each.getValue().sum()).append('\n');
        }
        distributions.forEach((name, distribution) -> {
            text.append("# TYPE ").append(name).append(" histogram\n");
            distribution.write(name, text);
        });
        gauges.forEach((name, value) -> gauge(name, value.getAsDouble(), text));
        long resident = resident();
        if (resident > 0) {
            gauge("process_resident_memory_bytes", resident, text);
        }
        Runtime runtime = Runtime.getRuntime();
        gauge("humpback_heap_bytes", runtime.totalMemory() - runtime.freeMemory(), text);
        return text.toString();
    }

    private static void gauge(String name, double value, StringBuilder text) {
        text.append("# TYPE ").append(name).append(" gauge\n").append(name).append(' ');
        text.append(value == Math.rint(value) ? String.format(Locale.ROOT, "%.0f", value) : Double.toString(value));
        text.append('\n');
    }

    /** {@return the bytes of this process in memory, 0 where the system does not say} */
    private static long resident() {
        try {
            return Files.readAllLines(STATUS).stream()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
                    .findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0; // not Linux
        }
    }
}
