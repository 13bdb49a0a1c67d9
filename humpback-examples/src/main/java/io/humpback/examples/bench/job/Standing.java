package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.bench.Comparison;
import io.humpback.examples.bench.Figure;
import io.humpback.quality.Bootstrap.Interval;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * This program beside a server at its best.
 *
 * @param own what the program gave
 * @param best what the server gave, with as many clients as suit it best
 */
public record Standing(Figure own, Figure best) {

    /** {@return the program beside the fastest of a server's figures, of which there is at least one} */
    public static Standing of(Figure own, List<Figure> servers) {
        return new Standing(
                own,
                servers.stream().max(Comparator.comparingDouble(Figure::median)).orElseThrow());
    }

    private Comparison comparison() {
        return new Comparison(best, own);
    }

    /** {@return the name of the best, and how many times its rate the program has, with an interval} */
    public ObjectNode toJson() {
        return comparison().toJson().put("best", best.key());
    }

    /** {@return what of the two was not the same work, a line each} */
    public List<String> differences() {
        return Stream.of("rows", "prompt_tokens", "tokens")
                .filter(count ->
                        !Objects.equals(own.notes().get(count), best.notes().get(count)))
                .map(count -> best.key() + ": " + count + " " + best.notes().get(count) + ", where " + own.key()
                        + " has " + own.notes().get(count))
                .toList();
    }

    /** {@return such as {@code humpback       1.520 times the rate of server_4 (1.441 to 1.601 with 95 % in 5 pairs of runs)}} */
    @Override
    public String toString() {
        String ratio = String.format(
                Locale.ROOT,
                "%-14s %.3f times the rate of %s",
                own.key(),
                comparison().ratio(),
                best.key());
        int runs = own.rates().size();
        if (runs == 1) {
            return ratio;
        }
        Interval interval = comparison().interval();
        return ratio
                + String.format(
                        Locale.ROOT,
                        " (%.3f to %.3f with 95 %% in %d pairs of runs)",
                        interval.low(),
                        interval.high(),
                        runs);
    }
}
