package io.humpback.quality;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

/**
 * What went into a stage of a run and what became of it: {@code into} is {@code out} and all that was dropped.
 *
 * @param stage its name
 * @param items what comes out, such as {@code candidates}
 * @param into how many went in
 * @param dropped how many were dropped by reason, in order; without those reasons that did not occur
 * @param out how many came out
 */
public record FunnelStep(String stage, String items, long into, Map<String, Long> dropped, long out) {

    /** Copies the map, keeping its order. */
    public FunnelStep {
        dropped = Collections.unmodifiableMap(new LinkedHashMap<>(Objects.requireNonNull(dropped, "dropped")));
    }

    /** {@return whether nothing is lost without a reason} */
    public boolean addsUp() {
        return into == out + dropped.values().stream().mapToLong(n -> n).sum();
    }
}
