package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.internal.reading.InputBytes;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A command that reads a file of rows and writes another. */
public abstract class RowCommand extends ResumableCommand {

    /** Which files of rows can be read. */
    public static final String ROWS =
            "The rows: .jsonl, .json, .csv, .tsv, each also .gz, .parquet, or a folder in the hub's layout; on the hub "
                    + "datasets/org/name or datasets/org/name:file; - is standard input, JSON Lines. What is "
                    + "gzipped may unpack to 200 times its size, or N times with java -Dhumpback.max.expansion=N.";

    /** Rows of other files than JSON Lines are counted up to this size, as they have to be read for that. */
    private static final long COUNTED_BYTES = 64 << 20;

    @Option(
            names = "--in",
            required = true,
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description = ROWS)
    private Path in;

    @Option(
            names = "--out",
            required = true,
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description = "Where they go: CSV, TSV, a JSON array or Parquet if the name ends in .csv, .tsv, .json or"
                    + " .parquet, else JSON Lines; - is standard output, all else then goes to standard error. Rows that"
                    + " cannot be processed are listed in a second file, a.rejected.jsonl for a.jsonl.")
    private Path out;

    @Mixin
    private final Input input = new Input();

    @Option(names = "--strict", description = "Stop at the first row that cannot be read.")
    private boolean strict;

    /** Checks what would be wrong use, before anything is done. */
    protected void check() {}

    /** {@return whether a model works on the rows, so that it is worth to go on where the work was stopped} */
    protected boolean asksModel() {
        return true;
    }

    /** Refuses rows that lack the columns that the command needs; by default those of pairs. */
    protected void require(InputRows rows) {
        rows.pairs();
    }

    /** {@return the rows to read, which may be made of those that are given} */
    protected InputRows prepare(InputRows rows, Path out) throws IOException {
        return rows;
    }

    /** Reads the rows and writes the results. */
    protected abstract void run(InputRows rows, Output output) throws IOException;

    @Override
    protected final ObjectNode execute() throws IOException {
        check();
        try {
            input.renames();
        } catch (IllegalArgumentException e) {
            throw wrongUse(String.valueOf(e.getMessage()));
        }
        Path rows = input.readable(in);
        return StandardStreams.write(out, file -> execute(rows, file, StandardStreams.is(out) ? null : out));
    }

    /** Does the work; what is not finished lies beside a file that lasts, if there is one. */
    private ObjectNode execute(Path in, Path out, @Nullable Path lasting) throws IOException {
        try (InputRows given = input.open(in)) {
            require(given);
            return asksModel() ? goOn(lasting, "--in", List.of(in), () -> execute(given, out)) : execute(given, out);
        }
    }

    private ObjectNode execute(InputRows given, Path out) throws IOException {
        try (InputRows rows = prepare(given, out)) {
            Output.apart(rows.path(), out);
            Extent extent = extent(rows);
            Work work = output -> run(rows, output);
            String task = command().name();
            return asksModel()
                    ? lastStep(task, extent, out, Output::named, strict, work)
                    : run(task, extent, out, Output::named, strict, work);
        }
    }

    @Override
    protected final PrintWriter summaries() {
        return summaries(out);
    }

    @Override
    protected final int status(ObjectNode summary) {
        requireRead(in, summary);
        return 0;
    }

    /** {@return whether the first row that cannot be read ends the work} */
    protected final boolean isStrict() {
        return strict;
    }

    /** {@return how much there is to do with rows that are still to be read} */
    protected static Extent extent(InputRows rows) throws IOException {
        Path path = rows.path();
        if (isLines(path)) {
            return Extent.of(count(path));
        }
        long bytes = InputBytes.size(path);
        return bytes == 0 || bytes > COUNTED_BYTES ? Extent.of(List.of(path)) : Extent.of(rows.count());
    }

    private static boolean isLines(Path file) {
        return Files.isRegularFile(file) && file.toString().endsWith(".jsonl");
    }

    /** {@return the lines of a file of JSON Lines} */
    public static long count(Path file) throws IOException {
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
