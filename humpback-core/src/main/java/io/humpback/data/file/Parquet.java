package io.humpback.data.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.FileNames;
import io.humpback.internal.LookAhead;
import io.humpback.internal.ReadFaults;
import java.io.BufferedOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Properties;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes Parquet through DuckDB, an optional dependency: {@code org.duckdb:duckdb_jdbc}. Files are read by
 * native code: take them from sources that you trust.
 */
final class Parquet {

    /** Rows that a reader of the file unpacks together. */
    private static final int ROW_GROUP = 10_240;

    private Parquet() {}

    /**
     * The rows of a file, or of a folder's files in the order of their names: those in its folder {@code data} if there
     * is one, as on the hub. Rows are numbered from 1 in each file. The stream holds the file open: close it.
     *
     * @throws DataException if DuckDB is not there
     * @throws IOException if there is no such file, or a folder without
     */
    static Stream<Row> read(Path path, Rejects rejects) throws IOException {
        Reader reader = new Reader(path, files(path), rejects);
        return reader.stream(reader::close);
    }

    /**
     * A writer of one file. Columns and their types are those of all rows together; a field that a row lacks is null
     * there. Half of a surrogate pair, which Parquet cannot hold, becomes a question mark.
     *
     * @throws DataException if DuckDB is not there
     * @throws IOException if no file can be made in that folder
     */
    static RowWriter write(Path file) throws IOException {
        requireDriver(file);
        return new Writer(file.toAbsolutePath());
    }

    private static List<Path> files(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        } else if (!Files.isDirectory(path)) {
            return List.of(path);
        }
        Path data = path.resolve("data");
        try (Stream<Path> files = Files.list(Files.isDirectory(data) ? data : path)) {
            List<Path> found = files.filter(file -> FileNames.unpacked(file).endsWith(".parquet"))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new NoSuchFileException(path + ": no .parquet in this folder or its folder data");
            }
            return found;
        }
    }

    private static void requireDriver(Path file) {
        if (!isAvailable()) {
            throw new DataException(file + ": Parquet needs org.duckdb:duckdb_jdbc on the class path, found none");
        }
    }

    /** {@return whether DuckDB is there} */
    static boolean isAvailable() {
        try {
            Class.forName("org.duckdb.DuckDBDriver");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** A database in memory that loads nothing by itself. */
    private static Connection connect(Path file) throws SQLException {
        requireDriver(file);
        Properties settings = new Properties();
        settings.setProperty("jdbc_stream_results", "true");
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        settings.setProperty("threads", "2");
        return DriverManager.getConnection("jdbc:duckdb:", settings);
    }

    /** A text as SQL writes it. */
    static String literal(String text) {
        return '\'' + text.replace("'", "''") + '\'';
    }

    /** The pattern that only this file's name matches. */
    private static String pattern(Path file) {
        return file.toAbsolutePath().toString().replaceAll("[\\[*?]", "[$0]");
    }

    private static IOException fault(SQLException e) {
        return new IOException(Rejection.oneLine(String.valueOf(e.getMessage())), e);
    }

    /**
     * Makes a Parquet file of JSON Lines with at least one column; in one thread, as several cut row groups at random.
     */
    static void convert(Path jsonLines, Features features, Path parquet) throws IOException {
        String rows = "SELECT * FROM read_json(" + literal(pattern(jsonLines))
                + ", format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = "
                + 2 * JsonLines.MAX_LINE_BYTES + ", columns = " + features.sqlColumns() + ")";
        try (Connection database = connect(parquet);
                Statement statement = database.createStatement()) {
            statement.execute("SET threads = 1");
            statement.execute("COPY (" + rows + ") TO "
                    + literal(parquet.toAbsolutePath().toString())
                    + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE " + ROW_GROUP + ")");
        } catch (SQLException e) {
            throw fault(e);
        }
    }

    /** If a file cannot be read further, its rest is rejected as one, and reading goes on with the next. */
    private static final class Reader extends LookAhead<Row> implements Closeable {

        private final Iterator<Path> files;
        private final Rejects rejects;
        private final Connection database;
        private String source;
        private long line;
        private @Nullable PreparedStatement statement;
        private @Nullable ResultSet rows;

        Reader(Path path, List<Path> files, Rejects rejects) throws IOException {
            this.source = path.toString();
            this.files = files.iterator();
            this.rejects = Objects.requireNonNull(rejects, "rejects");
            try {
                database = connect(path);
            } catch (SQLException e) {
                throw fault(e);
            }
        }

        @Override
        protected @Nullable Row advance() {
            Row next = null;
            while (next == null && (rows != null || files.hasNext())) {
                String fault = null;
                try {
                    if (rows == null) {
                        open(files.next());
                    } else {
                        line++;
                        if (rows.next()) {
                            next = new Row(source, line, JsonLines.parse(rows.getString(1)));
                        } else {
                            closeRows();
                        }
                    }
                } catch (SQLException e) {
                    fault = e.getMessage() + "; the rest is not read";
                    closeRows();
                } catch (JsonProcessingException e) {
                    fault = e.getOriginalMessage();
                } catch (IllegalArgumentException e) {
                    fault = e.getMessage();
                }
                if (fault != null) {
                    rejects.accept(new Rejection(source, "line " + line, fault));
                }
            }
            if (next == null) {
                close();
            }
            return next;
        }

        private void open(Path file) throws SQLException {
            source = file.toString();
            line = 1;
            statement = database.prepareStatement("SELECT to_json(row) FROM read_parquet(?) row");
            statement.setString(1, pattern(file));
            rows = statement.executeQuery();
            line = 0;
        }

        private void closeRows() {
            rows = null;
            try {
                if (statement != null) {
                    statement.close(); // and its rows
                }
            } catch (SQLException e) {
                // it was only read from
            }
            statement = null;
        }

        @Override
        public void close() {
            closeRows();
            try {
                database.close();
            } catch (SQLException e) {
                // it was only read from
            }
        }
    }

    /** Rows set aside as JSON Lines until their columns are known. */
    static final class Spool {

        final Path file;
        private final OutputStream out;
        private long bytes;

        Spool(Path file) throws IOException {
            this.file = file;
            out = new BufferedOutputStream(
                    Files.newOutputStream(file, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW), 1 << 16);
        }

        void write(ObjectNode row) throws IOException {
            byte[] json = JsonLines.MAPPER.writeValueAsString(row).getBytes(StandardCharsets.UTF_8);
            out.write(json);
            out.write('\n');
            bytes += json.length + 1;
        }

        long bytes() {
            return bytes;
        }

        void end() throws IOException {
            out.close();
        }

        void delete() throws IOException {
            ReadFaults.closeQuietly(out);
            Files.deleteIfExists(file);
        }
    }

    private static final class Writer implements RowWriter {

        private final Path file;
        private final Path temporary;
        private final Spool spool;
        private final Features features = new Features();
        private boolean closed;

        Writer(Path file) throws IOException {
            this.file = file;
            temporary = AtomicFiles.temporary(file);
            spool = new Spool(AtomicFiles.temporary(file));
        }

        @Override
        public void write(ObjectNode row) throws IOException {
            features.see(row);
            spool.write(row);
        }

        @Override
        public void commit() throws IOException {
            if (closed) {
                throw new IllegalStateException(file + ": already closed");
            }
            if (features.isEmpty()) {
                throw new DataException(file + ": no rows, and Parquet needs at least one column");
            }
            spool.end();
            convert(spool.file, features, temporary);
            AtomicFiles.replace(temporary, file);
            close();
        }

        @Override
        public void close() throws IOException {
            closed = true;
            spool.delete();
            Files.deleteIfExists(temporary);
        }
    }
}
