package io.humpback.judge;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FoldsTest {

    private static Rows rows(int good, int others, int groups) {
        boolean[] labels = new boolean[good + others];
        Arrays.fill(labels, 0, good, true);
        int[] group = IntStream.range(0, labels.length).map(row -> row % groups).toArray();
        return new Rows(List.of(), labels, group);
    }

    @Property(tries = 100)
    void everyRowIsInOnePartAndKindsAreSpreadEvenly(
            @ForAll @IntRange(min = 5, max = 40) int good,
            @ForAll @IntRange(min = 5, max = 40) int others,
            @ForAll @IntRange(min = 2, max = 5) int count,
            @ForAll long seed) {
        Rows rows = rows(good, others, good + others);
        Folds folds = Folds.of(rows, count, seed);
        int[] seen = new int[rows.size()];
        for (int part = 0; part < folds.count(); part++) {
            int[] inside = folds.rows(part, true);
            Arrays.stream(inside).forEach(row -> seen[row]++);
            assertEquals(rows.size(), inside.length + folds.rows(part, false).length);
            long positives = Arrays.stream(inside).filter(row -> row < good).count();
            assertTrue(Math.abs(positives - (double) good / count) < 1, positives + " of " + good);
        }
        assertTrue(Arrays.stream(seen).allMatch(times -> times == 1));
    }

    @Test
    void rowsOfOneGroupAreNotParted() {
        Rows rows = rows(20, 20, 8);
        Folds folds = Folds.of(rows, 4, 1);
        for (int part = 0; part < 4; part++) {
            int[] groups = Arrays.stream(folds.rows(part, true))
                    .map(row -> rows.group()[row])
                    .toArray();
            assertTrue(Arrays.stream(folds.rows(part, false))
                    .map(row -> rows.group()[row])
                    .noneMatch(other -> Arrays.stream(groups).anyMatch(group -> group == other)));
        }
    }

    @Test
    void theSeedDecides() {
        Rows rows = rows(20, 20, 40);
        int[] first = Folds.of(rows, 4, 1).rows(0, true);
        assertArrayEquals(first, Folds.of(rows, 4, 1).rows(0, true));
        assertTrue(Arrays.mismatch(first, Folds.of(rows, 4, 2).rows(0, true)) >= 0);
    }
}
