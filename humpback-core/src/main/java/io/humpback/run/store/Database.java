package io.humpback.run.store;

import io.humpback.data.DataException;
import io.humpback.internal.TemporaryFiles;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.SQLiteOpenMode;

/**
 * One SQLite file: write-ahead log, every commit on disk before it returns; closed by its writer, the file is alone again,
 * and can be read where nothing can be written. Faults come as a {@link DataException} that names the file. Thread-safe, one statement at a time; streams of rows may be open while other statements run.
 */
final class Database implements AutoCloseable {

    /** Takes a row's columns. */
    @FunctionalInterface
    interface Row<T> {
        T of(ResultSet columns) throws SQLException;
    }

    private static final int CACHE_KIB = 64 << 10;
    private static final String LIBRARY_FOLDER = "org.sqlite.tmpdir";

    private final Path file;
    private final Connection connection;
    private final boolean readOnly;
    private final Map<String, PreparedStatement> statements = new HashMap<>();
    private boolean inTransaction;

    private Database(Path file, Connection connection, boolean readOnly) {
        this.file = file;
        this.connection = connection;
        this.readOnly = readOnly;
    }

    /** Opens a file, or makes one. */
    static Database open(Path file) {
        return open(file, false);
    }

    /** Opens a file that is there, to be read only. */
    static Database openToRead(Path file) {
        return open(file, true);
    }

    private static Database open(Path file, boolean readOnly) {
        SQLiteConfig config = new SQLiteConfig();
        config.setCacheSize(-CACHE_KIB);
        config.setBusyTimeout(10_000);
        config.enforceForeignKeys(true);
        if (readOnly) {
            config.setReadOnly(true);
            config.resetOpenMode(SQLiteOpenMode.CREATE);
        } else {
            config.setJournalMode(SQLiteConfig.JournalMode.WAL);
            config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        }
        try {
            loadLibrary();
            return new Database(file, config.createConnection("jdbc:sqlite:" + file.toAbsolutePath()), readOnly);
        } catch (SQLException e) {
            throw fault(file, e);
        }
    }

    /** Lets SQLite unpack its native library, which it does once, among the temporary files. */
    private static synchronized void loadLibrary() throws SQLException {
        boolean chosen = System.getProperty(LIBRARY_FOLDER) != null;
        try {
            if (!chosen) {
                System.setProperty(LIBRARY_FOLDER, TemporaryFiles.folder().toString());
            }
            SQLiteJDBCLoader.initialize();
        } catch (SQLException e) {
            throw e;
        } catch (Exception e) {
            throw new SQLException("SQLite cannot start: " + e.getMessage(), e);
        } finally {
            if (!chosen) {
                System.clearProperty(LIBRARY_FOLDER);
            }
        }
    }

    /** Runs a statement that gives no rows, and returns how many rows it changed. */
    synchronized int update(String sql, @Nullable Object... values) {
        try {
            return bound(prepared(sql), values).executeUpdate();
        } catch (SQLException e) {
            throw fault(file, e);
        }
    }

    /** {@return the first row, or null if there is none} */
    synchronized <T> @Nullable T first(String sql, Row<T> row, @Nullable Object... values) {
        try {
            try (ResultSet rows = bound(prepared(sql), values).executeQuery()) {
                return rows.next() ? row.of(rows) : null;
            }
        } catch (SQLException e) {
            throw fault(file, e);
        }
    }

    /** {@return the integer in the first column of the first row} */
    long number(String sql, @Nullable Object... values) {
        return Objects.requireNonNull(first(sql, row -> row.getLong(1), values));
    }

    /** {@return the rows, one at a time; to be closed} */
    synchronized <T> Stream<T> rows(String sql, Row<T> row, @Nullable Object... values) {
        try {
            PreparedStatement statement = connection.prepareStatement(sql);
            ResultSet rows;
            try {
                rows = bound(statement, values).executeQuery();
            } catch (SQLException e) {
                closeQuietly(statement);
                throw e;
            }
            var each = new Spliterators.AbstractSpliterator<T>(Long.MAX_VALUE, Spliterator.ORDERED) {
                @Override
                public boolean tryAdvance(Consumer<? super T> action) {
                    T next;
                    synchronized (Database.this) {
                        try {
                            if (!rows.next()) {
                                return false;
                            }
                            next = row.of(rows);
                        } catch (SQLException e) {
                            throw fault(file, e);
                        }
                    }
                    action.accept(next);
                    return true;
                }
            };
            return StreamSupport.stream(each, false).onClose(() -> closeQuietly(statement));
        } catch (SQLException e) {
            throw fault(file, e);
        }
    }

    /** {@return all rows} */
    <T> List<T> list(String sql, Row<T> row, @Nullable Object... values) {
        try (Stream<T> rows = rows(sql, row, values)) {
            return rows.toList();
        }
    }

    /** {@return what two columns hold, in order: a name and its value} */
    <K, V> Map<K, V> map(String sql, Row<Map.Entry<K, V>> row, @Nullable Object... values) {
        Map<K, V> map = new LinkedHashMap<>();
        list(sql, row, values).forEach(entry -> map.put(entry.getKey(), entry.getValue()));
        return map;
    }

    /** {@return counts by name, in order} */
    Map<String, Long> counts(String sql, @Nullable Object... values) {
        return map(sql, row -> Map.entry(row.getString(1), row.getLong(2)), values);
    }

    /** Does all of some work or nothing of it. When it returns, the work is on disk. A transaction within another is part of it. */
    synchronized void transaction(Runnable work) {
        if (inTransaction) {
            work.run();
        } else {
            transaction(work, Connection::commit);
        }
    }

    /** Does some work outside of a transaction, and undoes what it changed. */
    synchronized void rehearse(Runnable work) {
        transaction(work, Connection::rollback);
    }

    /** How a transaction ends. */
    private interface End {
        void of(Connection connection) throws SQLException;
    }

    private void transaction(Runnable work, End end) {
        inTransaction = true;
        try {
            connection.setAutoCommit(false);
            work.run();
            end.of(connection);
        } catch (SQLException e) {
            rollBack(e);
            throw fault(file, e);
        } catch (RuntimeException | Error e) {
            rollBack(e);
            throw e;
        } finally {
            inTransaction = false;
            try {
                connection.setAutoCommit(true);
            } catch (SQLException e) {
                // the next statement meets the fault too
            }
        }
    }

    private void rollBack(Throwable why) {
        try {
            connection.rollback();
        } catch (SQLException e) {
            why.addSuppressed(e);
        }
    }

    /** Limits the file to a number of pages, as a full disk would. */
    void limitPages(long pages) {
        number("PRAGMA max_page_count = " + pages);
    }

    private PreparedStatement prepared(String sql) throws SQLException {
        PreparedStatement statement = statements.get(sql);
        if (statement == null) {
            statement = connection.prepareStatement(sql);
            statements.put(sql, statement);
        }
        return statement;
    }

    private static PreparedStatement bound(PreparedStatement statement, @Nullable Object... values)
            throws SQLException {
        for (int i = 0; i < values.length; i++) {
            statement.setObject(i + 1, values[i]);
        }
        return statement;
    }

    private static void closeQuietly(AutoCloseable closeable) {
        try {
            closeable.close();
        } catch (Exception e) {
            // what was only read, or is being given up
        }
    }

    private static DataException fault(Path file, SQLException e) {
        SQLiteErrorCode code = e instanceof SQLiteException s ? s.getResultCode() : SQLiteErrorCode.SQLITE_ERROR;
        String what =
                switch (SQLiteErrorCode.getErrorCode(code.code & 0xff)) {
                    case SQLITE_FULL -> "no room left on the disk, expected some; what is committed is kept";
                    case SQLITE_READONLY, SQLITE_CANTOPEN, SQLITE_PERM ->
                        "cannot be written, expected a folder of your own";
                    case SQLITE_BUSY, SQLITE_LOCKED -> "in use by another process";
                    case SQLITE_NOTADB, SQLITE_CORRUPT -> "damaged, or no SQLite file";
                    default -> "SQLite: " + e.getMessage();
                };
        DataException fault = new DataException(file + ": " + what);
        fault.initCause(e);
        return fault;
    }

    /** Idempotent. */
    @Override
    public void close() {
        statements.values().forEach(Database::closeQuietly);
        statements.clear();
        if (!readOnly) {
            takeInLog();
        }
        closeQuietly(connection);
    }

    /** Ends the write-ahead log. Where others read the file, or the disk is full, it stays, and the next writer ends it. */
    private void takeInLog() {
        try (Statement statement = connection.createStatement()) {
            statement.execute("PRAGMA busy_timeout = 0");
            statement.execute("PRAGMA journal_mode = DELETE");
        } catch (SQLException e) {
            // what is committed is in the log
        }
    }
}
