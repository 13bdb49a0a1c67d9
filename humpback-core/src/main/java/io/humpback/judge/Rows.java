package io.humpback.judge;

import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Labelled rows.
 *
 * @param evidence of each
 * @param good whether each is good
 * @param group number of each one's instruction: rows that share it are not learned from and tried on
 */
record Rows(List<Evidence> evidence, boolean[] good, int[] group) {

    int size() {
        return good.length;
    }

    /** {@return some of the rows} */
    Rows at(int[] rows) {
        boolean[] some = new boolean[rows.length];
        for (int i = 0; i < rows.length; i++) {
            some[i] = good[rows[i]];
        }
        int[] groups = Arrays.stream(rows).map(row -> group[row]).toArray();
        return new Rows(Arrays.stream(rows).mapToObj(evidence::get).toList(), some, groups);
    }

    /** {@return the numbers of the rows of a kind} */
    static int[] of(boolean[] good, boolean kind) {
        return IntStream.range(0, good.length).filter(row -> good[row] == kind).toArray();
    }
}
