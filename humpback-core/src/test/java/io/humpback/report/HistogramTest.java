package io.humpback.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class HistogramTest {

    @Test
    void scoresThatAreNoRatingsHaveAScaleOfTheirOwn() {
        assertEquals(1, Histogram.ofScores(new double[] {2, 3, Double.NaN}).edges()[0]);
        Histogram rewards = Histogram.ofScores(new double[] {-3, -2.9, 13, Double.NaN});
        assertEquals(-3, rewards.edges()[0]);
        assertEquals(13, rewards.edges()[16]);
        assertEquals(2, rewards.counts()[0]);
        assertEquals(1, rewards.counts()[15]);
        assertEquals(2, Histogram.ofScores(new double[] {-2, -2}).total());
    }

    @Test
    void everyNumberIsCountedOnce() {
        Histogram histogram = new Histogram(1, 5, 4);
        for (double value : new double[] {0, 1, 1.99, 2, 4.5, 5, 9, Double.NaN}) {
            histogram.add(value);
        }
        assertArrayEquals(new long[] {3, 1, 0, 3}, histogram.counts());
        assertEquals(7, histogram.total());
        assertArrayEquals(new double[] {1, 2, 3, 4, 5}, histogram.edges());
    }

    @Test
    void lengthsDoubleEveryTwoBins() {
        Histogram lengths = Histogram.ofLengths();
        lengths.addLength(0);
        lengths.addLength(64);
        lengths.addLength(1 << 30);
        assertEquals(1, lengths.counts()[0]);
        assertEquals(1, lengths.counts()[12]);
        assertEquals(1, lengths.counts()[31]);
    }

    @Test
    void aRangeIsNeeded() {
        assertThrows(IllegalArgumentException.class, () -> new Histogram(1, 1, 4));
        assertThrows(IllegalArgumentException.class, () -> new Histogram(1, 2, 0));
    }
}
