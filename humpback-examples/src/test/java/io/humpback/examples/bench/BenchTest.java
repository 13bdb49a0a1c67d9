package io.humpback.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import io.humpback.onnx.LoadOptions;
import io.humpback.quality.Bootstrap.Interval;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchTest {

    private static final Benchmark DECODE = new DecodeBenchmark(1);
    private static final Workload NONE = new Workload(List.of(), List.of());

    private static Subject subject(String name) {
        return new Subject(Path.of(name), LoadOptions.defaults(), more -> {
            throw new AssertionError("no model was expected to be loaded");
        });
    }

    /** Gives rates in turn, a tenth of a second a run, and writes down whose turn it is. */
    private record Scripted(List<Double> rates, List<String> turns) implements Benchmark {
        @Override
        public String key() {
            return "scripted";
        }

        @Override
        public String unit() {
            return "rows/s";
        }

        @Override
        public Probe open(Subject subject, Workload workload, int runs) {
            int[] run = new int[1];
            return notes -> {
                turns.add(subject.path().toString());
                double faster = subject.path().toString().equals("b") ? 3 : 1;
                return new Sample(faster * rates.get(run[0]++) / 10, 0.1);
            };
        }
    }

    @ParameterizedTest
    @ValueSource(doubles = {0, -1, Double.NaN})
    void aTimeThatIsNoneIsRefused(double seconds) {
        assertThrows(DataException.class, () -> Bench.check(DECODE, new Sample(64, seconds, 64), OptionalLong.empty()));
    }

    @Test
    void nothingDoneIsRefused() {
        assertThrows(DataException.class, () -> Bench.check(DECODE, new Sample(0, 1), OptionalLong.empty()));
    }

    @Test
    void weightsAreNotReadFasterThanMemoryIs() {
        OptionalLong megabyte = OptionalLong.of(1 << 20);
        assertEquals(640, Bench.check(DECODE, new Sample(64, 0.1, 64), megabyte), 1e-9);
        DataException e =
                assertThrows(DataException.class, () -> Bench.check(DECODE, new Sample(512, 1e-9, 64), megabyte));
        assertTrue(
                e.getMessage().startsWith("decode_1: 5.120e+11 tokens/s in 1.00e-09 s: weights would be read at "),
                e.getMessage());
        assertTrue(Bench.check(DECODE, new Sample(512, 1e-9, 0), megabyte) > 5e11); // where passes are not known
    }

    @Test
    void twoWaysTakeTurnsAndTheRatioIsThatOfNeighbours() throws IOException {
        Scripted benchmark = new Scripted(List.of(9.0, 10.0, 20.0, 40.0), new ArrayList<>());
        Comparison found = new Bench(NONE, 3).compare(benchmark, subject("a"), subject("b"));
        assertEquals(List.of("a", "b", "a", "b", "b", "a", "a", "b"), benchmark.turns());
        assertEquals(List.of(10.0, 20.0, 40.0), found.first().rates());
        assertEquals(3, found.ratio(), 1e-9); // although the machine became four times as fast meanwhile
        Interval interval = found.interval();
        assertEquals(3, interval.low(), 1e-9);
        assertEquals(3, interval.high(), 1e-9);
        assertEquals(
                "scripted       against: 3.000 times as fast (3.000 to 3.000 with 95 % in 3 pairs of runs)",
                found.toString());
        ObjectNode json = found.toJson();
        assertEquals(3, json.get("value").doubleValue(), 1e-9);
    }

    @Test
    void theWarmUpDoesNotCount() throws IOException {
        Figure figure =
                new Bench(NONE, 2).measure(new Scripted(List.of(1.0, 5.0, 7.0), new ArrayList<>()), subject("a"));
        assertEquals(2, figure.rates().size());
        assertEquals(6, figure.median(), 1e-9);
        assertEquals(JsonLines.row(), figure.notes());
    }

    @Test
    void keysAreThoseOfTheCommandLine() {
        List<String> keys = Benchmarks.list().stream().map(Benchmark::key).toList();
        assertEquals(keys.size(), new HashSet<>(keys).size());
        assertTrue(
                keys.containsAll(List.of(
                        "prefill_512",
                        "prefill_8x256",
                        "decode_1",
                        "decode_8",
                        "decode_32",
                        "score",
                        "score_reasoned",
                        "augment",
                        "train_lora_4x256",
                        "train_lora_4x256_recompute",
                        "train_lora_2x512",
                        "train_lora_2x512_recompute",
                        "train_full_4x256",
                        "train_full_4x256_recompute",
                        "train_full_2x512",
                        "train_full_2x512_recompute")),
                keys::toString);
    }

    @Test
    void memoryIsReadFasterThanADiskAndSlowerThanIsPossible() {
        double bytesPerSecond = MemoryBandwidth.measure(1L << 26);
        assertTrue(bytesPerSecond > 1e8 && bytesPerSecond < 1e14, () -> "" + bytesPerSecond);
    }
}
