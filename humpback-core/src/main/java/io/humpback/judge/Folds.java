package io.humpback.judge;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * Rows in parts of about equal size, good rows and others spread evenly over them; rows of one group are in one part. The same
 * seed gives the same parts.
 */
final class Folds {

    private final int[] part;
    private final int count;

    private Folds(int[] part, int count) {
        this.part = part;
        this.count = count;
    }

    /** {@return parts, at most as many as there are good rows or others, and at least 2} */
    static Folds of(Rows rows, int count, long seed) {
        boolean[] good = rows.good();
        int[] part = new int[good.length];
        Map<Integer, Integer> partOf = new HashMap<>();
        int next = 0;
        int parts = Math.max(2, Math.min(count, Math.min(Rows.of(good, true).length, Rows.of(good, false).length)));
        for (boolean kind : new boolean[] {true, false}) {
            for (int row : shuffled(Rows.of(good, kind), seed)) {
                Integer known = partOf.putIfAbsent(rows.group()[row], next % parts);
                part[row] = known == null ? next++ % parts : known;
            }
        }
        return new Folds(part, parts);
    }

    /** {@return rows in an order that the seed alone decides} */
    static List<Integer> shuffled(int[] rows, long seed) {
        List<Integer> order = new ArrayList<>(IntStream.of(rows).boxed().toList());
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = order.size() - 1; i > 0; i--) {
            int other = random.nextInt(i + 1);
            order.set(i, order.set(other, order.get(i)));
        }
        return order;
    }

    int count() {
        return count;
    }

    /** {@return the rows of a part, or all that are not in it} */
    int[] rows(int of, boolean inside) {
        return IntStream.range(0, part.length)
                .filter(row -> part[row] == of == inside)
                .toArray();
    }
}
