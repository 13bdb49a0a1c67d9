package io.humpback.internal;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts by the constants of an enum. Thread-safe. */
public final class Counts<K extends Enum<K>> {

    private final Class<K> type;
    private final AtomicLongArray counts;

    /** Every count is zero. */
    public Counts(Class<K> type) {
        this.type = type;
        this.counts = new AtomicLongArray(type.getEnumConstants().length);
    }

    /** Counts one more. */
    public void add(K key) {
        counts.incrementAndGet(key.ordinal());
    }

    /** {@return the counts by constant; every constant is there, in order} */
    public Map<K, Long> toMap() {
        Map<K, Long> map = new EnumMap<>(type);
        for (K key : type.getEnumConstants()) {
            map.put(key, counts.get(key.ordinal()));
        }
        return map;
    }

    /** {@return the counts that are not zero, such as {@code , TOO_SHORT 3, TOO_LONG 1}: the end of a longer line} */
    @Override
    public String toString() {
        StringBuilder line = new StringBuilder();
        toMap().forEach((key, n) -> line.append(n == 0 ? "" : ", " + key + " " + n));
        return line.toString();
    }
}
