package io.humpback.examples.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.quality.Bootstrap;
import io.humpback.quality.Bootstrap.Interval;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Two ways to run a model, measured in alternation, so that a machine that becomes slower meanwhile is slower for both.
 *
 * @param first as the command says
 * @param second as {@code --against} says; the same number of runs
 */
public record Comparison(Figure first, Figure second) {

    /** {@return how many times as fast the second one is: the geometric mean of the ratios of neighbouring runs} */
    public double ratio() {
        return mean(IntStream.range(0, first.rates().size()).toArray());
    }

    /** {@return the 95 % bootstrap interval of the ratio} */
    public Interval interval() {
        return Bootstrap.of(1)
                .intervals(first.rates().size(), runs -> new double[] {mean(runs)})
                .get(0);
    }

    private double mean(int[] runs) {
        return Math.exp(Arrays.stream(runs)
                .mapToDouble(
                        run -> Math.log(second.rates().get(run) / first.rates().get(run)))
                .average()
                .orElseThrow());
    }

    /** {@return the ratio and its interval} */
    public ObjectNode toJson() {
        Interval interval = interval();
        return JsonLines.row().put("value", ratio()).put("low", interval.low()).put("high", interval.high());
    }

    /** {@return such as {@code decode_1  against: 1.52 times as fast (1.44 to 1.60 with 95 % in 5 pairs of runs)}} */
    @Override
    public String toString() {
        Interval interval = interval();
        return String.format(
                Locale.ROOT,
                "%-14s against: %.3f times as fast (%.3f to %.3f with 95 %% in %d pairs of runs)",
                first.key(),
                ratio(),
                interval.low(),
                interval.high(),
                first.rates().size());
    }
}
