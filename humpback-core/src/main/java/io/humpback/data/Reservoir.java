package io.humpback.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/** Draws from a stream of unknown length without replacement (Vitter's algorithm R). */
public final class Reservoir {

    private Reservoir() {}

    /**
     * {@return some of the items, each as probable as any other, in the order of the input; all if there are no more}
     *
     * @param items read to the end, with no more than {@code size} of them in memory
     * @param size how many, at least 0
     * @param seed the same seed and input give the same sample
     */
    public static <T> List<T> sample(Stream<T> items, int size, long seed) {
        if (size < 0) {
            throw new IllegalArgumentException("size: found " + size + ", expected at least 0");
        }
        record Drawn<T>(long index, T item) {}
        List<Drawn<T>> drawn = new ArrayList<>();
        SplittableRandom random = new SplittableRandom(seed);
        long index = 0;
        for (Iterator<T> each = items.iterator(); each.hasNext(); index++) {
            Drawn<T> next = new Drawn<>(index, each.next());
            if (drawn.size() < size) {
                drawn.add(next);
            } else {
                long place = random.nextLong(index + 1);
                if (place < size) {
                    drawn.set((int) place, next);
                }
            }
        }
        return drawn.stream()
                .sorted(Comparator.comparingLong(Drawn::index))
                .map(Drawn::item)
                .toList();
    }
}
