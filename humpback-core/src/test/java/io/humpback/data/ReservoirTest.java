package io.humpback.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class ReservoirTest {

    @Property(tries = 200)
    void asManyAsAskedForInTheirOrderNoneTwice(
            @ForAll @IntRange(max = 60) int items, @ForAll @IntRange(max = 30) int size, @ForAll long seed) {
        List<Integer> sample = Reservoir.sample(IntStream.range(0, items).boxed(), size, seed);
        assertEquals(Math.min(items, size), new HashSet<>(sample).size());
        assertEquals(sample.stream().sorted().toList(), sample);
        assertEquals(sample, Reservoir.sample(IntStream.range(0, items).boxed(), size, seed));
    }

    @Test
    void eachItemIsAsProbableAsAnyOther() {
        int[] times = new int[10];
        for (int seed = 0; seed < 10_000; seed++) {
            Reservoir.sample(IntStream.range(0, 10).boxed(), 3, seed).forEach(item -> times[item]++);
        }
        for (int n : times) { // 3,000 expected, standard deviation 46
            assertTrue(
                    Math.abs(n - 3000) < 230,
                    () -> List.of(IntStream.of(times).boxed().toArray()).toString());
        }
    }

    @Test
    void anotherSeedGivesAnotherSample() {
        assertNotEquals(
                Reservoir.sample(IntStream.range(0, 1000).boxed(), 10, 1),
                Reservoir.sample(IntStream.range(0, 1000).boxed(), 10, 2));
        assertThrows(IllegalArgumentException.class, () -> Reservoir.sample(Stream.of(), -1, 0));
    }
}
