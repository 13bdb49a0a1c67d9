package io.humpback.run.store;

import io.humpback.data.Example;
import java.util.Objects;

/** The seed pairs of a run, in their order. */
public final class Seeds {

    private final Database database;

    Seeds(Database database) {
        this.database = database;
    }

    /** A seed pair with the id that is derived from its content. */
    public record Seed(String id, Example pair) {}

    /** Adds a seed pair. */
    public void insert(Seed seed) {
        database.update(
                "INSERT INTO seed (id, instruction, response) VALUES (?, ?, ?)",
                seed.id(),
                seed.pair().instruction(),
                seed.pair().response());
    }

    /** {@return a seed pair by its place, from 0} */
    public Seed get(long index) {
        return Objects.requireNonNull(database.first(
                "SELECT id, instruction, response FROM seed WHERE n = ?",
                row -> new Seed(row.getString(1), new Example(row.getString(2), row.getString(3))),
                index + 1));
    }

    /** {@return how many seed pairs there are} */
    public long count() {
        return database.number("SELECT count(*) FROM seed");
    }

    /** Deletes all seed pairs. */
    public void clear() {
        database.update("DELETE FROM seed");
    }
}
