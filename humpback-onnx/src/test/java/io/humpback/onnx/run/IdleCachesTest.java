package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class IdleCachesTest {

    private final KeyValueCache.Sizes sizes = new KeyValueCache.Sizes(1, 1, 16);
    private final IdleCaches caches = new IdleCaches(sizes, 3);

    /** A prompt that begins like all of its family, for 100 tokens, and ends in another way. */
    private static int[] prompt(int family, int number) {
        int[] ids = new Random(family).ints(200, 0, 1000).toArray();
        for (int i = 100; i < ids.length; i++) {
            ids[i] = 1000 + number;
        }
        return ids;
    }

    /** {@return the cache that a prompt was computed in, as the decoder does} */
    private KeyValueCache compute(int... ids) {
        KeyValueCache cache = caches.borrow(ids);
        cache.truncate(0, cache.shared(0, ids));
        cache.append(0, Arrays.stream(ids).skip(cache.length(0)).asLongStream().toArray(), true);
        caches.giveBack(cache);
        return cache;
    }

    @Test
    void unlikePromptsHaveOneCache() {
        KeyValueCache first = compute(prompt(0, 0));
        for (int family = 1; family < 20; family++) {
            assertSame(first, compute(prompt(family, 0)));
        }
    }

    @Test
    void beginningsThatComeAgainHaveACacheEach() {
        for (int family = 0; family < 3; family++) {
            compute(prompt(family, 0));
        }
        for (int family = 0; family < 3; family++) {
            compute(prompt(family, 1));
        }
        List<KeyValueCache> held = new ArrayList<>();
        for (int number = 2; number < 5; number++) {
            for (int family = 0; family < 3; family++) {
                int[] ids = prompt(family, number);
                KeyValueCache cache = caches.borrow(ids);
                assertEquals(100, cache.shared(0, ids));
                caches.giveBack(cache);
                held.add(compute(ids));
            }
        }
        assertNotSame(held.get(0), held.get(1));
        assertEquals(held.subList(0, 3), held.subList(3, 6));
        assertEquals(held.subList(0, 3), held.subList(6, 9));
    }

    @Test
    void thereAreNeverMoreCachesThanTheBound() {
        Set<KeyValueCache> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        Random random = new Random(5);
        for (int i = 0; i < 500; i++) {
            seen.add(compute(prompt(random.nextInt(6), random.nextInt(3))));
        }
        assertEquals(3, seen.size());
    }

    @Test
    void whatACacheHoldsGoesOverToALargerOne() {
        compute(42);
        int[] longer = new int[300];
        longer[0] = 42;
        KeyValueCache large = caches.borrow(longer);
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
