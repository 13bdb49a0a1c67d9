package io.humpback.data.file;

import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Properties;
import java.util.stream.Stream;

/** DuckDB, an optional dependency, {@code org.duckdb:duckdb_jdbc}, as it reads and writes {@link Parquet}. */
final class DuckDb {

    /** Where Linux lists the files that a process has mapped, a line ending in each one's path. */
    private static final Path MAPPED = Path.of("/proc/self/maps");

    private static boolean started;

    private DuckDb() {}

    /** {@return whether it is there} */
    static boolean isAvailable() {
        try {
            Class.forName("org.duckdb.DuckDBDriver");
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** Refuses work on a file for which it is needed and not there. */
    static void require(Path file) {
        if (!isAvailable()) {
            throw new DataException(file + ": Parquet needs org.duckdb:duckdb_jdbc on the class path, found none");
        }
    }

    /** {@return a database in memory that loads nothing by itself} */
    static Connection connect(Path file) throws SQLException {
        require(file);
        Properties settings = new Properties();
        settings.setProperty("jdbc_stream_results", "true");
        settings.setProperty("autoinstall_known_extensions", "false");
        settings.setProperty("autoload_known_extensions", "false");
        settings.setProperty("threads", "2");
        try {
            Connection connection = DriverManager.getConnection("jdbc:duckdb:", settings);
            started();
            return connection;
        } catch (LinkageError e) {
            Throwable reason = e;
            while (reason.getCause() != null) {
                reason = reason.getCause();
            }
            throw new SQLException(
                    "cannot start, its native library is unpacked in " + System.getProperty("java.io.tmpdir") + ": "
                            + reason.getMessage(),
                    e);
        }
    }

    /**
     * Deletes the library that the driver has unpacked, which a process that is killed would leave: what is loaded needs
     * its name no longer. Elsewhere than on Linux it goes when the JVM ends.
     */
    private static synchronized void started() {
        if (started) {
            return;
        }
        started = true;
        Path temporary = Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();
        for (String path : unpacked()) {
            Path library = Path.of(path);
            try {
                if (library.startsWith(temporary.toRealPath())) { // and not where the user has it
                    Files.deleteIfExists(library);
                }
            } catch (IOException e) {
                // it goes at the end
            }
        }
    }

    private static List<String> unpacked() {
        if (!Files.isReadable(MAPPED)) {
            return List.of();
        }
        try (Stream<String> mapped = Files.lines(MAPPED)) {
            return mapped.filter(line -> line.matches(".*/libduckdb_java\\d+\\.so"))
                    .map(line -> line.substring(line.indexOf('/')))
                    .distinct()
                    .toList();
        } catch (IOException e) {
            return List.of();
        }
    }

    static IOException fault(SQLException e) {
        return new IOException(reason(e), e);
    }

    /** {@return what is wrong, without the statement and the kind of the fault} */
    static String reason(SQLException e) {
        String message = String.valueOf(e.getMessage());
        message = message.substring(message.indexOf("\nError: ") + 1)
                .replaceAll("([A-Z]\\w* )*\\w*(Exception|Error): ", "");
        return Rejection.oneLine("DuckDB: " + message.lines().findFirst().orElse(""));
    }
}
