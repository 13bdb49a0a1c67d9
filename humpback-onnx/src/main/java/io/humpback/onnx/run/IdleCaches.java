package io.humpback.onnx.run;

import java.lang.ref.WeakReference;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Caches that wait for their next use, with what they hold. There is one for prompts that are computed once, and further
 * ones for beginnings that come again after another prompt has taken their place. Safe for use from many threads.
 */
final class IdleCaches {

    /** Tokens that are worth a cache of their own. */
    private static final int WORTH_KEEPING = 64;

    private final KeyValueCache.Sizes sizes;
    private final int most;
    /** Of single rows, for prompts that are computed once; the one used last comes last. */
    private final List<KeyValueCache> single = new ArrayList<>();
    /** Prompts that were in these caches before, at most twice as many as caches; the latest last. */
    private final Deque<int[]> replaced = new ArrayDeque<>();
    /** Of a generation that has ended, for the next one unless the garbage collector comes first. */
    private WeakReference<@Nullable KeyValueCache> generation = new WeakReference<>(null);

    /** @param most caches of single rows, at least 1 */
    IdleCaches(KeyValueCache.Sizes sizes, int most) {
        this.sizes = sizes;
        this.most = most;
    }

    /** {@return a cache of one row that takes a prompt, the one that holds most of its beginning; to be given back} */
    synchronized KeyValueCache borrow(int[] ids) {
        KeyValueCache longest = null;
        int shared = 0;
        for (KeyValueCache cache : single) {
            if (longest == null || cache.shared(0, ids) > shared) {
                longest = cache;
                shared = cache.shared(0, ids);
            }
        }
        if (longest == null) {
            return KeyValueCache.of(sizes, 1, ids.length);
        }
        if (single.size() < most && wasReplaced(ids, shared + WORTH_KEEPING)) {
            return copy(longest, shared, ids.length);
        }
        single.remove(longest);
        if (longest.length(0) >= shared + WORTH_KEEPING) {
            replaced.add(longest.tokens(0));
            if (replaced.size() > 2 * most) {
                replaced.remove();
            }
        }
        return longest.capacity() >= ids.length ? longest : longest.moved(1, ids.length + ids.length / 2);
    }

    private boolean wasReplaced(int[] ids, int length) {
        return replaced.stream()
                .anyMatch(old ->
                        old.length >= length && ids.length >= length && Arrays.equals(old, 0, length, ids, 0, length));
    }

    private KeyValueCache copy(KeyValueCache cache, int length, int tokens) {
        KeyValueCache copy = KeyValueCache.of(sizes, 1, tokens);
        copy.copy(cache, 0, 0, length);
        return copy;
    }

    synchronized void giveBack(KeyValueCache cache) {
        single.add(cache);
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

    /** Frees the caches that nobody has borrowed. */
    synchronized void clear() {
        single.forEach(KeyValueCache::close);
        single.clear();
        replaced.clear();
        KeyValueCache kept = generation.get();
        if (kept != null) {
            kept.close();
        }
        generation.clear();
    }
}
