package io.humpback;

import io.humpback.quality.Rejection;
import org.jspecify.annotations.Nullable;

/**
 * An item of a stream and what became of it. A {@link Scorer} gives each item either a score or a rejection; a
 * {@link Curator} adds a rejection to those whose score is not enough.
 *
 * @param <T> what was scored
 * @param item what was scored
 * @param score null where the item was not shown to the judge
 * @param rejection null where there is nothing against the item
 */
public record Scored<T>(
        T item, @Nullable Score score, @Nullable Rejection rejection) {

    /** Checks that there is at least one of the two. */
    public Scored {
        if (score == null && rejection == null) {
            throw new IllegalArgumentException("scored: expected a score or a rejection");
        }
    }

    /** {@return whether there is a score and nothing against the item} */
    public boolean kept() {
        return rejection == null;
    }
}
