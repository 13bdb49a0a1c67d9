package io.humpback.run.store;

import java.util.Map;
import java.util.Objects;

/** The stages of a run that were begun, and the time worked on each. */
public final class StageLog {

    private final Database database;

    StageLog(Database database) {
        this.database = database;
    }

    /** A stage that was begun: the seconds worked on it, and whether nothing is left to do. */
    public record Entry(double seconds, boolean done) {}

    /** {@return the stages begun, by name} */
    public Map<String, Entry> all() {
        return database.map(
                "SELECT name, seconds, done FROM stage",
                row -> Map.entry(row.getString(1), new Entry(row.getDouble(2), row.getInt(3) == 1)));
    }

    /** Notes that a stage is worked on, and for how long since the last note. */
    public void addSeconds(String stage, double seconds) {
        database.update(
                "INSERT INTO stage (name, seconds) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seconds = seconds + ?2",
                stage,
                seconds);
    }

    /** {@return the seconds worked on a stage that was begun} */
    public double seconds(String stage) {
        return Objects.requireNonNull(
                database.first("SELECT seconds FROM stage WHERE name = ?", row -> row.getDouble(1), stage), stage);
    }

    /** {@return whether nothing is left to do in a stage} */
    public boolean isDone(String stage) {
        return database.number("SELECT count(*) FROM stage WHERE name = ? AND done = 1", stage) == 1;
    }

    /** Notes that nothing is left to do in a stage. */
    public void setDone(String stage) {
        database.update("UPDATE stage SET done = 1 WHERE name = ?", stage);
    }

    /** Keeps what the store was, see {@link RunStore#seal}, when a stage was done. */
    public void setSeal(String stage, String seal) {
        database.update("UPDATE stage SET seal = ? WHERE name = ?", seal, stage);
    }

    /** {@return whether the store is what it was when a stage was done} */
    public boolean isSealedBy(String stage, String seal) {
        return database.number("SELECT count(*) FROM stage WHERE name = ? AND seal = ?", stage, seal) == 1;
    }

    /** Deletes a stage, as if it had not been begun. */
    public void delete(String stage) {
        database.update("DELETE FROM stage WHERE name = ?", stage);
    }
}
