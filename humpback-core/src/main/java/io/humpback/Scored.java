package io.humpback;

import io.humpback.quality.Drop;
import org.jspecify.annotations.Nullable;

/**
 * An item of a stream and what became of it. A {@link Scorer} gives each item a score or says why
 * it is dropped; a {@link Curator} also drops those whose score is not enough.
 *
 * @param <T> what was scored
 * @param item what was scored
 * @param score null where the item was not shown to the judge
 * @param drop why the item is not kept; null where there is nothing against it
 */
public record Scored<T>(
        T item, @Nullable Score score, @Nullable Drop drop) {

    /** Checks that there is at least one of the two. */
    public Scored {
        if (score == null && drop == null) {
            throw new IllegalArgumentException("scored: expected a score or why there is none");
        }
    }

    /** {@return whether there is a score and nothing against the item} */
    public boolean kept() {
        return drop == null;
    }
}
