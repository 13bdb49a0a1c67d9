package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.Test;

class IdleCachesTest {

    private final KeyValueCache.Sizes sizes = new KeyValueCache.Sizes(1, 1, 16);
    private final IdleCaches caches = new IdleCaches(sizes);

    @Test
    void theCacheGivenBackLastIsLentFirst() {
        KeyValueCache first = caches.borrow(10);
        KeyValueCache second = caches.borrow(10);
        assertNotSame(first, second);
        caches.giveBack(first);
        caches.giveBack(second);
        assertSame(second, caches.borrow(256));
        assertSame(first, caches.borrow(1));
    }

    @Test
    void whatACacheHoldsGoesOverToALargerOne() {
        KeyValueCache small = caches.borrow(10);
        small.append(0, 42);
        caches.giveBack(small);
        KeyValueCache large = caches.borrow(300);
        assertEquals(512, large.capacity());
        assertEquals(1, large.shared(0, new int[] {42, 43}));
    }

    @Test
    void theCacheOfAGenerationIsTakenOnceIfItIsLargeEnough() {
        KeyValueCache cache = KeyValueCache.of(sizes, 4, 256);
        caches.keep(cache);
        assertSame(cache, caches.takeKept(256));
        assertNull(caches.takeKept(1));
        caches.keep(cache);
        assertNull(caches.takeKept(257));
        caches.keep(cache);
        caches.clear();
        assertNull(caches.takeKept(1));
    }
}
