package io.humpback.examples.label;

import io.humpback.internal.ContentId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A sample of scored pairs, stratified by score: five strata of nearly equal numbers of pairs, from the lowest scores to the
 * highest, in each of which all pairs are equally likely to be drawn. A pair's place hangs on a hash of its id and the seed,
 * so that the order of the rows does not matter and a larger sample begins with the smaller one. Kept in memory are 8 bytes a
 * pair and the sample itself.
 */
final class Draw {

    private static final int STRATA = 5;

    /**
     * Pairs of neighbouring scores.
     *
     * @param low the least score
     * @param high the highest score
     * @param pairs how many there are
     * @param drawn how many of them are in the sample
     */
    record Stratum(double low, double high, long pairs, int drawn) {

        /** {@return the probability with which a pair of it was drawn, in (0, 1]} */
        double drawnWith() {
            return (double) drawn / pairs;
        }
    }

    /** A pair of the sample and the number of its stratum. */
    record Drawn(ScoredPair pair, int stratum) {}

    /** What hands all pairs to a consumer, in the same order each time. */
    @FunctionalInterface
    interface Pairs {
        void each(Consumer<ScoredPair> to) throws IOException;
    }

    private record Placed(String place, ScoredPair pair) {}

    private final List<Stratum> strata;
    private final List<Drawn> order;

    private Draw(List<Stratum> strata, List<Drawn> order) {
        this.strata = strata;
        this.order = order;
    }

    /** {@return a sample of at most {@code count} pairs, which are read twice} */
    static Draw of(Pairs pairs, int count, long seed) throws IOException {
        Scores scores = new Scores();
        pairs.each(pair -> scores.add(pair.score()));
        double[] cuts = scores.cuts();
        List<PriorityQueue<Placed>> first = IntStream.range(0, STRATA)
                .mapToObj(i ->
                        new PriorityQueue<>(Comparator.comparing(Placed::place).reversed()))
                .toList();
        pairs.each(pair -> {
            PriorityQueue<Placed> stratum = first.get(stratum(cuts, pair.score()));
            stratum.add(new Placed(ContentId.of(Long.toString(seed), pair.id()), pair));
            if (stratum.size() > count) {
                stratum.remove();
            }
        });
        return dealt(scores, cuts, first, count);
    }

    /** Deals a pair of each stratum in turn, so that a person who stops early has seen all strata. */
    private static Draw dealt(Scores scores, double[] cuts, List<PriorityQueue<Placed>> first, int count) {
        List<List<Placed>> hands = first.stream()
                .map(queue -> queue.stream()
                        .sorted(Comparator.comparing(Placed::place))
                        .toList())
                .toList();
        int[] drawn = new int[STRATA];
        List<Drawn> order = new ArrayList<>();
        int longest = hands.stream().mapToInt(List::size).max().orElse(0);
        for (int round = 0; round < longest; round++) {
            for (int i = STRATA - 1; i >= 0 && order.size() < count; i--) {
                if (round < hands.get(i).size()) {
                    order.add(new Drawn(hands.get(i).get(round).pair(), i));
                    drawn[i]++;
                }
            }
        }
        return new Draw(scores.strata(cuts, drawn), List.copyOf(order));
    }

    private static int stratum(double[] cuts, double score) {
        int stratum = 0;
        while (stratum < cuts.length && score >= cuts[stratum]) {
            stratum++;
        }
        return stratum;
    }

    /** {@return the sample in the order in which it is shown} */
    List<Drawn> order() {
        return order;
    }

    /** {@return the strata, by number; one may be without pairs where many have the same score} */
    List<Stratum> strata() {
        return strata;
    }

    private static final class Scores {
        private double[] values = new double[1024];
        private int size;

        void add(double score) {
            if (size == values.length) {
                values = Arrays.copyOf(values, 2 * size);
            }
            values[size++] = score;
        }

        /** {@return the least score of each stratum but the first} */
        double[] cuts() {
            values = Arrays.copyOf(values, size);
            Arrays.sort(values);
            return IntStream.range(1, STRATA)
                    .mapToDouble(i -> size == 0 ? 0 : values[(int) ((long) i * size / STRATA)])
                    .toArray();
        }

        List<Stratum> strata(double[] cuts, int[] drawn) {
            double[] low = new double[STRATA];
            double[] high = new double[STRATA];
            long[] pairs = new long[STRATA];
            for (double score : values) {
                int i = stratum(cuts, score);
                low[i] = pairs[i]++ == 0 ? score : low[i];
                high[i] = score;
            }
            return IntStream.range(0, STRATA)
                    .mapToObj(i -> new Stratum(low[i], high[i], pairs[i], drawn[i]))
                    .toList();
        }
    }
}
