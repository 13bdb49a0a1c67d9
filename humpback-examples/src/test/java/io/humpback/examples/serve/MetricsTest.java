package io.humpback.examples.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class MetricsTest {

    private final Metrics metrics = new Metrics();

    @Test
    void bucketsAreCumulative() {
        metrics.batch(1, 0.003);
        metrics.batch(2, 0.3);
        metrics.batch(3, 100);
        List<String> lines = metrics.text().lines().toList();
        assertTrue(lines.contains("humpback_batch_pairs_bucket{le=\"1.0\"} 1"), lines::toString);
        assertTrue(lines.contains("humpback_batch_pairs_bucket{le=\"2.0\"} 2"), lines::toString);
        assertTrue(lines.contains("humpback_batch_pairs_bucket{le=\"4.0\"} 3"), lines::toString);
        assertTrue(lines.contains("humpback_batch_pairs_sum 6.0"), lines::toString);
        assertTrue(lines.contains("humpback_batch_seconds_bucket{le=\"10.0\"} 2"), lines::toString);
        assertTrue(lines.contains("humpback_batch_seconds_bucket{le=\"+Inf\"} 3"), lines::toString);
        assertTrue(lines.contains("humpback_batch_seconds_count 3"), lines::toString);
    }

    @Test
    void everyLineIsOneThatPrometheusReads() {
        metrics.request("/score", "200", 0.1);
        metrics.request("other", "404", 0.1);
        metrics.pair("scored");
        metrics.batch(1, 0.1);
        metrics.gauge("humpback_ready", () -> 1);
        metrics.gauge("humpback_share", () -> 0.25);
        String number = "-?\\d+(\\.\\d+)?(E-?\\d+)?";
        for (String line : metrics.text().lines().toList()) {
            assertTrue(
                    line.matches("# TYPE [a-z_]+ (counter|gauge|histogram)")
                            || line.matches("[a-z_]+(\\{[a-z]+=\"[^\"\\\\]*\"(,[a-z]+=\"[^\"\\\\]*\")*})? " + number),
                    line);
        }
        assertEquals(
                1,
                metrics.text()
                        .lines()
                        .filter(line -> line.startsWith("# TYPE humpback_requests"))
                        .count());
    }

    @Test
    void countsAreSummedByTheBeginningOfTheirNames() {
        metrics.pair("scored");
        metrics.pair("scored");
        metrics.pair("dropped");
        assertEquals(3, metrics.total("humpback_pairs_total"));
        assertEquals(2, metrics.total("humpback_pairs_total{outcome=\"scored\""));
    }
}
