package io.humpback.data.file;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.FileKind;
import io.humpback.internal.JsonFaults;
import io.humpback.internal.LookAhead;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
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
     * The rows of a file, numbered from 1. If it cannot be read further, its rest is rejected as one. The stream holds
     * the file open: close it.
     *
     * @throws DataException if DuckDB is not there
     * @throws IOException if there is no such file
     */
    static Stream<Row> read(Path file, Rejects rejects) throws IOException {
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        Reader reader = new Reader(file, rejects);
        return reader.stream(reader::close);
    }

    /**
     * A writer of one file. Columns and their types are those of all rows together; a field that a row lacks is null
     * there. Half of a surrogate pair, which Parquet cannot hold, becomes U+FFFD.
     *
     * @throws DataException if DuckDB is not there
     * @throws IOException if no file can be made in that folder
     */
    static RowWriter write(Path file) throws IOException {
        DuckDb.require(file);
        return new Writer(file);
    }

    /** A text as SQL writes it. */
    static String literal(String text) {
        return '\'' + text.replace("'", "''") + '\'';
    }

    /** The pattern that only this file's name matches. */
    private static String pattern(Path file) {
        return file.toAbsolutePath().toString().replaceAll("[\\[*?]", "[$0]");
    }

    /**
     * Makes a Parquet file of JSON Lines with at least one column; in one thread, as several cut row groups at random.
     */
    static void convert(Path jsonLines, Features features, Path parquet) throws IOException {
        String rows = "SELECT * FROM read_json(" + literal(pattern(jsonLines))
                + ", format = 'newline_delimited', compression = 'uncompressed', maximum_object_size = "
                + 2 * JsonLines.MAX_LINE_BYTES + ", columns = " + features.sqlColumns() + ")";
        try (Connection database = DuckDb.connect(parquet);
                Statement statement = database.createStatement()) {
            statement.execute("SET threads = 1");
            statement.execute("COPY (" + rows + ") TO "
                    + literal(parquet.toAbsolutePath().toString())
                    + " (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE " + ROW_GROUP + ")");
        } catch (SQLException e) {
            throw DuckDb.fault(e);
        }
    }

    private static final class Reader extends LookAhead<Row> implements Closeable {

        private final Path file;
        private final Rejects rejects;
        private final Connection database;
        private long line;
        private @Nullable ResultSet rows;

        Reader(Path file, Rejects rejects) throws IOException {
            this.file = file;
            this.rejects = Objects.requireNonNull(rejects, "rejects");
            try {
                database = DuckDb.connect(file);
            } catch (SQLException e) {
                throw DuckDb.fault(e);
            }
        }

        @Override
        protected @Nullable Row advance() {
            Row next = null;
            boolean ended = false;
            while (next == null && !ended) {
                String fault = null;
                line++;
                try {
                    ResultSet open = rows == null ? open() : rows;
                    ended = !open.next();
                    next = ended ? null : new Row(file.toString(), line, JsonLines.parse(open.getString(1)));
                } catch (JsonProcessingException e) {
                    fault = JsonFaults.reason(e);
                } catch (IllegalArgumentException e) {
                    fault = e.getMessage();
                } catch (SQLException | IOException e) {
                    fault = (e instanceof SQLException sql ? DuckDb.reason(sql) : e.getMessage())
                            + "; the rest is not read";
                    ended = true;
                }
                if (fault != null) {
                    rejects.accept(new Rejection(file.toString(), "line " + line, fault));
                }
            }
            if (next == null) {
                close();
            }
            return next;
        }

        private ResultSet open() throws SQLException, IOException {
            requireParquet();
            String source = "read_parquet(" + literal(pattern(file)) + ")";
            Map<String, String> columns = new LinkedHashMap<>();
            try (Statement statement = database.createStatement();
                    ResultSet described = statement.executeQuery("DESCRIBE SELECT * FROM " + source)) {
                while (described.next()) {
                    columns.put(described.getString(1), described.getString(2));
                }
            }
            rows = database.createStatement()
                    .executeQuery("SELECT " + ParquetColumns.toJson(columns) + " FROM " + source);
            return rows;
        }

        private void requireParquet() throws IOException {
            try (FileChannel channel = FileChannel.open(file)) {
                byte[] ends = new byte[FileKind.HEAD];
                channel.read(ByteBuffer.wrap(ends));
                String kind = FileKind.of(ends);
                if (!FileKind.PARQUET.equals(kind)) {
                    throw new IOException(
                            "the file is " + (kind == null ? "of another kind" : kind) + ", expected Parquet");
                }
                channel.read(ByteBuffer.wrap(ends, 0, 4), channel.size() - 4);
                if (!FileKind.PARQUET.equals(FileKind.of(ends))) {
                    throw new IOException("the file ends early, expected PAR1 as the last bytes of Parquet");
                }
            }
        }

        @Override
        public void close() {
            try {
                database.close(); // and its statements
            } catch (SQLException e) {
                // it was only read from
            }
        }
    }

    private static final class Writer extends SpooledWriter {

        private final Features features = new Features();

        Writer(Path file) throws IOException {
            super(file);
        }

        @Override
        void see(ObjectNode row) {
            features.see(row);
        }

        @Override
        void write(Path jsonLines, Path temporary) throws IOException {
            if (features.isEmpty()) {
                throw new DataException(file + ": no rows, and Parquet needs at least one column");
            }
            convert(jsonLines, features, temporary);
        }
    }
}
