package io.humpback.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Draws from items of unknown number without replacement (Vitter's algorithm R): each is as probable as any other. Not
 * thread-safe.
 *
 * @param <T> the items' type
 */
public final class Reservoir<T> {

    private record Drawn<T>(long index, T item) {}

    private final int size;
    private final SplittableRandom random;
    private final List<Drawn<T>> drawn = new ArrayList<>();
    private long seen;

    /**
     * @param size how many are drawn, at least 0; no more are kept in memory
     * @param seed the same seed and items give the same sample
     */
    public Reservoir(int size, long seed) {
        if (size < 0) {
            throw new IllegalArgumentException("size: found " + size + ", expected at least 0");
        }
        this.size = size;
        this.random = new SplittableRandom(seed);
    }

    /** {@return a sample of a stream, which is read to its end; see {@link #items()}} */
    public static <T> List<T> sample(Stream<T> items, int size, long seed) {
        Reservoir<T> reservoir = new Reservoir<>(size, seed);
        items.forEachOrdered(reservoir::add);
        return reservoir.items();
    }

    /** Takes one more item into account. */
    public void add(T item) {
        long index = seen++;
        if (drawn.size() < size) {
            drawn.add(new Drawn<>(index, item));
            return;
        }
        long place = random.nextLong(index + 1);
        if (place < size) {
            drawn.set((int) place, new Drawn<>(index, item));
        }
    }

    /** {@return the items drawn, in the order in which they were added; all if there are no more} */
    public List<T> items() {
        return drawn.stream()
                .sorted(Comparator.comparingLong(Drawn::index))
                .map(Drawn::item)
                .toList();
    }
}
