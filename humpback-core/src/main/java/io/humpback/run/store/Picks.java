package io.humpback.run.store;

import io.humpback.quality.Drop;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which candidates each round kept, and which it left out although their score would do. */
public final class Picks {

    private final Database database;

    Picks(Database database) {
        this.database = database;
    }

    /** A candidate in a selection: the number of its segment, and its score after corrections. */
    public record Choice(long n, double value) {}

    /** Begins a selection: forgets the one before it. */
    public void beginSelection() {
        database.update("CREATE TEMP TABLE IF NOT EXISTS ranking (segment INTEGER PRIMARY KEY, value REAL)");
        database.update("DELETE FROM ranking");
    }

    /** Adds a candidate to the selection. */
    public void select(Choice choice) {
        database.update("INSERT INTO ranking VALUES (?, ?)", choice.n(), choice.value());
    }

    /** {@return how many are in the selection} */
    public long selected() {
        return database.number("SELECT count(*) FROM ranking");
    }

    /** {@return the selection, the best first, of equal ones those that come first in the corpus; to be closed} */
    public Stream<Choice> best() {
        return database.rows(
                "SELECT segment, value FROM ranking ORDER BY value DESC, segment",
                row -> new Choice(row.getLong(1), row.getDouble(2)));
    }

    /** Keeps the best of the selection that reach a score, at most a number of them, in the order of the corpus. */
    public void keepBest(int round, long most, double least) {
        database.update("""
                INSERT INTO pick SELECT ?, row_number() OVER (ORDER BY segment) - 1, segment, value
                FROM (SELECT segment, value FROM ranking WHERE value >= ? ORDER BY value DESC, segment LIMIT ?)""", round, least, most);
    }

    /** Takes a candidate out of the selection, although its score would do. */
    public void passOver(int round, long n, Drop drop) {
        database.update(
                "INSERT INTO passed_over VALUES (?, ?, ?, ?)",
                round,
                n,
                drop.reason().key(),
                drop.detail());
        database.update("DELETE FROM ranking WHERE segment = ?", n);
    }

    /** {@return how many were passed over in a round, by reason} */
    public Map<String, Long> passedOver(int round) {
        return database.counts(
                "SELECT reason, count(*) FROM passed_over WHERE round = ? GROUP BY reason ORDER BY reason", round);
    }

    /** {@return why a candidate was passed over in a round, or null} */
    public @Nullable Drop passedOver(int round, long n) {
        return database.first(
                "SELECT reason, detail FROM passed_over WHERE round = ? AND segment = ?",
                row -> Candidates.drop(row.getString(1), row.getString(2)),
                round,
                n);
    }

    /** {@return the lowest score, after corrections, that is kept in a round; null where none is} */
    public @Nullable Double lowest(int round) {
        return database.first(
                "SELECT min(value) FROM pick WHERE round = ? HAVING count(*) > 0", row -> row.getDouble(1), round);
    }

    /** {@return how many are kept in a round} */
    public long count(int round) {
        return database.number("SELECT count(*) FROM pick WHERE round = ?", round);
    }

    /** {@return the number of the segment of a kept candidate, by its place from 0} */
    public long get(int round, long position) {
        return database.number("SELECT segment FROM pick WHERE round = ? AND position = ?", round, position);
    }

    /** {@return whether a candidate is kept in a round} */
    public boolean contains(int round, long n) {
        return database.number("SELECT count(*) FROM pick WHERE round = ? AND segment = ?", round, n) == 1;
    }

    /** Deletes what a round kept and passed over. */
    public void clear(int round) {
        database.update("DELETE FROM pick WHERE round = ?", round);
        database.update("DELETE FROM passed_over WHERE round = ?", round);
    }
}
