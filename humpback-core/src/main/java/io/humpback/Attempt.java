package io.humpback;

import io.humpback.data.Candidate;
import io.humpback.data.Segment;
import io.humpback.quality.Drop;
import org.jspecify.annotations.Nullable;

/**
 * A segment and what became of it when a model was asked for its instruction: a candidate, or why
 * it was dropped.
 *
 * @param segment the segment
 * @param output what the model wrote, as it is; empty where it was not asked
 * @param candidate null where it was dropped
 * @param drop why it was dropped; null where there is a candidate
 */
public record Attempt(
        Segment segment,
        String output,
        @Nullable Candidate candidate,
        @Nullable Drop drop) {

    /** Checks that there is exactly one of the two. */
    public Attempt {
        if ((candidate == null) == (drop == null)) {
            throw new IllegalArgumentException("attempt: expected either a candidate or why there is none");
        }
    }
}
