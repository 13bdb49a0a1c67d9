package io.humpback.onnx.run;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Caches that wait for their next use, with what they hold. Safe for use from many threads. */
final class IdleCaches {

    private final KeyValueCache.Sizes sizes;
    /** Of single rows, for prompts that are computed once; the latest first. */
    private final Deque<KeyValueCache> single = new ArrayDeque<>();
    /** Of a generation that has ended, for the next one unless the garbage collector comes first. */
    private WeakReference<@Nullable KeyValueCache> generation = new WeakReference<>(null);

    IdleCaches(KeyValueCache.Sizes sizes) {
        this.sizes = sizes;
    }

    /** {@return a cache of one row for a number of tokens; it holds what the cache given back last does} */
    KeyValueCache borrow(int tokens) {
        KeyValueCache cache;
        synchronized (this) {
            cache = single.poll();
        }
        if (cache == null) {
            return KeyValueCache.of(sizes, 1, tokens);
        }
        if (cache.capacity() >= tokens) {
            return cache;
        }
        KeyValueCache larger = KeyValueCache.of(sizes, 1, tokens + tokens / 2);
        larger.copy(cache, 0, 0, cache.length(0));
        return larger;
    }

    /** Only after a computation that succeeded: a failed one has recorded tokens that were not computed. */
    synchronized void giveBack(KeyValueCache cache) {
        single.push(cache);
    }

    /** Keeps the cache of a generation that has ended. */
    synchronized void keep(KeyValueCache cache) {
        generation = new WeakReference<>(cache);
    }

    /** {@return the cache of the last generation if its rows take a number of tokens, else null; it is kept no longer} */
    synchronized @Nullable KeyValueCache takeKept(int tokens) {
        KeyValueCache cache = generation.get();
        generation.clear();
        return cache != null && cache.capacity() >= tokens ? cache : null;
    }

    synchronized void clear() {
        single.clear();
        generation.clear();
    }
}
