package io.humpback.run.store;

import io.humpback.quality.Drop;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The instruction-following difficulty (IFD) of candidates, where a run filters by it. */
public final class Difficulties {

    private final Database database;

    Difficulties(Database database) {
        this.database = database;
    }

    /**
     * Adds a measurement.
     *
     * @param n the number of the candidate's segment
     * @param conditioned mean log-likelihood of the response after the instruction; null where it was not measured
     * @param alone the same after an empty instruction; null where it was not measured
     * @param drop why the candidate is dropped; null where it passes
     */
    public void insert(long n, @Nullable Double conditioned, @Nullable Double alone, @Nullable Drop drop) {
        database.update(
                "INSERT INTO ifd VALUES (?, ?, ?, ?, ?)",
                n,
                conditioned,
                alone,
                drop == null ? null : drop.reason().key(),
                drop == null ? null : drop.detail());
    }

    /** {@return the last segment whose candidate was measured, -1 before the first} */
    public long last() {
        return database.number("SELECT coalesce(max(segment), -1) FROM ifd");
    }

    /** {@return how many candidates were dropped, by reason} */
    public Map<String, Long> dropCounts() {
        return database.counts(
                "SELECT reason, count(*) FROM ifd WHERE reason IS NOT NULL GROUP BY reason ORDER BY reason");
    }

    /** Deletes all measurements. */
    public void clear() {
        database.update("DELETE FROM ifd");
    }
}
