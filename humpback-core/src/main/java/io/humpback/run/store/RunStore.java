package io.humpback.run.store;

import io.humpback.data.DataException;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run's database: one class for each kind of what it holds. What one call writes is written whole; {@link #transaction}
 * makes several calls one.
 */
public final class RunStore implements AutoCloseable {

    /** The name of the file in a run's directory. */
    public static final String FILE = "run.db";

    /** What the run was begun with. */
    public final Settings settings;

    /** The stages that were begun. */
    public final StageLog stages;

    /** The trained models and their losses. */
    public final Models models;

    /** The seed pairs. */
    public final Seeds seeds;

    /** What the corpus gave. */
    public final Segments segments;

    /** The instructions written for segments. */
    public final Candidates candidates;

    /** How much the instructions help. */
    public final Difficulties difficulties;

    /** What the judges said. */
    public final Verdicts verdicts;

    /** Which candidates are kept. */
    public final Picks picks;

    /** The exported files. */
    public final Artifacts artifacts;

    private final Database database;
    private final @Nullable RunLock lock;
    private final Path file;
    private final FaultHook faults;

    private RunStore(Database database, @Nullable RunLock lock, Path file, FaultHook faults) {
        this.database = database;
        this.lock = lock;
        this.file = file;
        this.faults = faults;
        this.settings = new Settings(database);
        this.stages = new StageLog(database);
        this.models = new Models(database);
        this.seeds = new Seeds(database);
        this.segments = new Segments(database);
        this.candidates = new Candidates(database);
        this.difficulties = new Difficulties(database);
        this.verdicts = new Verdicts(database);
        this.picks = new Picks(database);
        this.artifacts = new Artifacts(database);
    }

    /**
     * {@return the store of a directory, made where there is none, and this process's alone} A {@link DataException} if
     * another process has it, it is not a run's, is of another version, or cannot be written.
     */
    public static RunStore open(Path directory, FaultHook faults) throws IOException {
        Path file = directory.resolve(FILE);
        RunLock lock = RunLock.of(directory);
        try {
            RunStore store = new RunStore(Database.open(file), lock, file, faults);
            try {
                store.create();
                return store;
            } catch (RuntimeException | Error e) {
                store.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    /** {@return the store of a directory, to be read; a {@link DataException} if there is none} */
    public static RunStore openToRead(Path directory) {
        Path file = directory.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new DataException(file + ": not found, expected the database of a run");
        }
        RunStore store = new RunStore(Database.openToRead(file), null, file, FaultHook.NONE);
        try {
            store.checkVersion();
            return store;
        } catch (RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    private void create() {
        if (database.number("PRAGMA user_version") == 0 && database.number("SELECT count(*) FROM sqlite_master") == 0) {
            database.transaction(() -> {
                for (String table : Schema.TABLES) {
                    database.update(table);
                }
                database.update("PRAGMA application_id = " + Schema.APPLICATION);
                database.update("PRAGMA user_version = " + Schema.VERSION);
            });
        }
        checkVersion();
    }

    private void checkVersion() {
        long application = database.number("PRAGMA application_id");
        long version = database.number("PRAGMA user_version");
        if (application != Schema.APPLICATION) {
            throw new DataException(file + ": an SQLite file of something else, expected a run's");
        }
        if (version != Schema.VERSION) {
            throw new DataException(file + ": schema version " + version + ", expected " + Schema.VERSION);
        }
    }

    /** Does several calls as one; its name is part of the instants that the fault hook sees. */
    public void transaction(String name, Runnable work) {
        faults.reached(name + " computed");
        database.transaction(() -> {
            work.run();
            faults.reached(name + " written");
        });
        faults.reached(name + " committed");
    }

    /** Does several calls as one, no matter when a test may want the process to die. */
    public void transaction(Runnable work) {
        database.transaction(work);
    }

    /** Does some work and undoes what it changed in the store. */
    public void rehearse(Runnable work) {
        database.rehearse(work);
    }

    /** Limits the file to a number of pages, as a full disk would. */
    void limitPages(long pages) {
        database.limitPages(pages);
    }

    /** {@return what SQLite finds wrong with the file and its references} */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        for (String row : database.list("PRAGMA integrity_check", row -> row.getString(1))) {
            if (!row.equals("ok")) {
                faults.add(FILE + ": " + row);
            }
        }
        faults.addAll(database.list(
                "PRAGMA foreign_key_check",
                row -> FILE + ": " + row.getString(1) + " row " + row.getString(2) + ": no such " + row.getString(3)));
        return faults;
    }

    /**
     * {@return the SHA-256, in hexadecimal digits, of all that is stored except the times worked} Runs of the same inputs
     * have the same, however often they were stopped.
     */
    public String fingerprint() {
        return hash(table -> "SELECT " + (table.equals("stage") ? "name, done" : "*") + " FROM " + table);
    }

    /**
     * {@return the same of what stages leave, without the settings, which may change, and the stages that are not done} So
     * it is again what it was at the end of a stage when the later ones are forgotten.
     */
    public String seal() {
        return hash(table -> switch (table) {
            case "setting" -> "SELECT 0, 0";
            case "stage" -> "SELECT name, done FROM stage WHERE done = 1";
            default -> "SELECT * FROM " + table;
        });
    }

    private String hash(UnaryOperator<String> selects) {
        MessageDigest digest = Sha256.digest();
        for (String table : database.list(
                "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name", row -> row.getString(1))) {
            try (Stream<byte[]> rows = database.rows(selects.apply(table) + " ORDER BY 1, 2", RunStore::bytes)) {
                digest.update(table.getBytes(StandardCharsets.UTF_8));
                rows.forEach(digest::update);
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** {@return a row as bytes that no other row has} */
    private static byte[] bytes(ResultSet row) throws SQLException {
        StringBuilder all = new StringBuilder();
        for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
            String value = String.valueOf(row.getObject(column)); // of a number, its shortest exact digits
            all.append(value.length()).append(':').append(value);
        }
        return all.append('\n').toString().getBytes(StandardCharsets.UTF_8);
    }

    /** Idempotent. */
    @Override
    public void close() {
        database.close();
        if (lock != null) {
            lock.close();
        }
    }
}
