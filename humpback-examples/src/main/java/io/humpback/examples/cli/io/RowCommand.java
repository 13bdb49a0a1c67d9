package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** A command that reads a file of rows and writes another. */
public abstract class RowCommand extends ReportingCommand {

    @Option(
            names = "--in",
            required = true,
            paramLabel = "F",
            description = "The rows: JSON Lines, gzipped if the name ends in .gz.")
    private Path in;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "F",
            description =
                    "Where they go. Rows that cannot be processed are listed in a second file, a.rejected.jsonl for a.jsonl.")
    private Path out;

    @Option(names = "--strict", description = "Stop at the first row that cannot be read.")
    private boolean strict;

    /** Checks what would be wrong use, before anything is done. */
    protected void check() {}

    /** {@return the file of rows to read} */
    protected Path prepare(Path rows, Path out) throws IOException {
        return rows;
    }

    /** Reads the rows and writes the results. */
    protected abstract void run(Path rows, Output output) throws IOException;

    @Override
    protected final ObjectNode execute() throws IOException {
        check();
        if (Files.isDirectory(in)) {
            throw new IOException(in + ": found a folder, expected a file of rows");
        }
        Path rows = prepare(in, out);
        return run(command().name(), rows, out, output -> run(rows, output));
    }

    @Override
    protected final int status(ObjectNode summary) {
        long rejected = summary.get("rejected").longValue();
        if (rejected > 0
                && summary.get("rows").longValue() == 0
                && summary.get("dropped").isEmpty()) {
            throw new DataException(in + ": none of " + rejected + " rows can be read (see "
                    + summary.get("rejects").textValue() + ")");
        }
        return 0;
    }

    /** {@return the summary of work on a file of rows} */
    protected final ObjectNode run(String task, Path rows, Path file, Work work) throws IOException {
        Output.apart(rows, file);
        return run(task, count(rows), file, strict, work);
    }

    /** {@return the lines of a file; -1 where they cannot be counted beforehand} */
    public static long count(Path file) throws IOException {
        if (!Files.isRegularFile(file) || file.toString().endsWith(".gz")) {
            return -1; // a pipe can be read only once
        }
        long lines = 0;
        byte[] buffer = new byte[1 << 16];
        byte last = '\n';
        try (InputStream bytes = Files.newInputStream(file)) {
            for (int n = bytes.read(buffer); n > 0; n = bytes.read(buffer)) {
                for (int i = 0; i < n; i++) {
                    lines += buffer[i] == '\n' ? 1 : 0;
                }
                last = buffer[n - 1];
            }
        }
        return lines + (last == '\n' ? 0 : 1);
    }
}
