package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class KeyValueCacheTest {

    private static final KeyValueCache.Sizes SIZES = new KeyValueCache.Sizes(2, 3, 4);

    private static KeyValueCache cache(int rows, int capacity) {
        return KeyValueCache.of(SIZES, rows, capacity);
    }

    private static void append(KeyValueCache cache, int row, long... tokens) {
        cache.append(row, tokens, true);
    }

    @Test
    void aPositionTakesKeysAndValuesOfEveryLayer() {
        assertEquals(2 * 2 * 3 * 4 * 4, SIZES.bytesPerToken());
    }

    @Test
    void rowsRememberTheirTokens() {
        KeyValueCache cache = cache(2, 8);
        append(cache, 0, 5, 6, 7);
        assertEquals(3, cache.length(0));
        assertEquals(0, cache.length(1));
        assertEquals(2, cache.shared(0, new int[] {5, 6, 8, 9}));
        assertEquals(3, cache.shared(0, new int[] {5, 6, 7, 9}));
        assertEquals(2, cache.shared(0, new int[] {5, 6}));
        assertEquals(0, cache.shared(0, new int[] {6, 6, 7}));
        assertEquals(0, cache.shared(1, new int[] {5, 6}));
    }

    @Test
    void aCacheMovesWithItsRowsIntoALargerOneOrOneOfFewerRows() {
        KeyValueCache cache = cache(2, 8);
        append(cache, 0, 5, 6, 7);
        append(cache, 1, 8);
        KeyValueCache larger = cache.moved(4, 300);
        assertEquals(4, larger.rows());
        assertEquals(512, larger.capacity());
        assertEquals(3, larger.shared(0, new int[] {5, 6, 7, 9}));
        assertEquals(1, larger.shared(1, new int[] {8, 9}));
        KeyValueCache fewer = larger.moved(1, 600);
        assertEquals(1, fewer.rows());
        assertEquals(3, fewer.shared(0, new int[] {5, 6, 7, 9}));
    }

    @Test
    void whatIsWrittenIsNotShared() {
        KeyValueCache cache = cache(2, 8);
        append(cache, 0, 5, 6);
        cache.append(0, new long[] {7}, false);
        assertEquals(3, cache.length(0));
        assertEquals(2, cache.shared(0, new int[] {5, 6, 7}));
        cache.copy(cache, 0, 1, 3);
        assertEquals(2, cache.shared(1, new int[] {5, 6, 7}));
        cache.truncate(0, 1);
        assertEquals(1, cache.shared(0, new int[] {5, 6, 7}));
    }

    @Test
    void whatIsForgottenIsNotShared() {
        KeyValueCache cache = cache(1, 8);
        append(cache, 0, 5, 6, 7);
        cache.truncate(0, 2);
        assertEquals(2, cache.length(0));
        assertEquals(2, cache.shared(0, new int[] {5, 6, 7}));
        cache.truncate(0, 5);
        assertEquals(2, cache.length(0));
        append(cache, 0, 9);
        assertEquals(3, cache.shared(0, new int[] {5, 6, 9, 7}));
    }
}
