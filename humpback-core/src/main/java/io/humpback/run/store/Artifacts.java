package io.humpback.run.store;

import java.util.List;

/** The files that a run has exported. */
public final class Artifacts {

    private final Database database;

    Artifacts(Database database) {
        this.database = database;
    }

    /** An exported file: its name below the run's directory, its size, its SHA-256 in hexadecimal digits. */
    public record Artifact(String name, long bytes, String sha256) {}

    /** Adds an exported file. */
    public void insert(Artifact artifact) {
        database.update("INSERT INTO artifact VALUES (?, ?, ?)", artifact.name(), artifact.bytes(), artifact.sha256());
    }

    /** {@return the exported files, by name} */
    public List<Artifact> all() {
        return database.list(
                "SELECT name, bytes, sha256 FROM artifact ORDER BY name",
                row -> new Artifact(row.getString(1), row.getLong(2), row.getString(3)));
    }

    /** Deletes all entries, not the files. */
    public void clear() {
        database.update("DELETE FROM artifact");
    }
}
