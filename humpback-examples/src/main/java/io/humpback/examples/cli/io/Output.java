package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.file.RowWriter;
import io.humpback.data.file.Rows;
import io.humpback.internal.FileNames;
import io.humpback.internal.Places;
import io.humpback.model.Listener;
import io.humpback.quality.Drop;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * A file of rows that a command writes, and a second one of the rows that were turned away: {@code scores.jsonl} and
 * {@code scores.rejected.jsonl}, each with its place, the reason, and the row itself. Both appear together when all is done, the
 * second only if there is anything in it; until then, and if that never happens, older files stay as they are.
 *
 * <p>A row is <em>rejected</em> if it cannot be read, and <em>dropped</em> if the method turns it away; both are counted.
 */
public final class Output implements Rejects, Closeable {

    private final Path file;
    private final Path rejectedFile;
    private final boolean strict;
    private final Progress progress;
    private final RowWriter rows;
    private JsonLines.@Nullable Writer rejects;
    private long written;
    private long rejected;
    private @Nullable Rejection first;
    private final Map<String, Long> dropped = new TreeMap<>();
    private @Nullable String nothingRead;
    private final ObjectNode notes = JsonLines.row();

    /** A kind of file. */
    @FunctionalInterface
    public interface Kind {
        RowWriter write(Path file) throws IOException;
    }

    static RowWriter lines(Path file) throws IOException {
        return JsonLines.write(file);
    }

    /** {@return a writer of the kind that a name asks for, else of JSON Lines} */
    static RowWriter named(Path file) throws IOException {
        return FileNames.unpacked(file).matches(".*\\.(csv|tsv|json|parquet)") ? Rows.write(file) : lines(file);
    }

    /**
     * @param file where to, in a folder that exists
     * @param kind what is written there; the rows that do not get there are JSON Lines always
     * @param strict whether the first row that cannot be read ends the work
     */
    public Output(Path file, Kind kind, boolean strict, Progress progress) throws IOException {
        this.file = file;
        this.strict = strict;
        this.progress = progress;
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new DataException(file + ": there is no folder " + folder + " to write it in");
        }
        rejectedFile = sibling(file, "rejected");
        rows = kind.write(file);
    }

    /** {@return such as {@code kept.scores.jsonl} for {@code kept.jsonl}} */
    public static Path sibling(Path file, String what) {
        String name = file.getFileName().toString().replaceFirst("\\.(jsonl|json|csv|tsv|parquet)(\\.gz)?$", "");
        return file.resolveSibling(name + "." + what + ".jsonl");
    }

    /** Refuses to write over what is read. */
    public static void apart(Path in, Path out) throws IOException {
        for (Path made : List.of(out, sibling(out, "rejected"))) {
            if (Files.exists(in) && Files.exists(made) && Files.isSameFile(in, made)) {
                throw new DataException(in + ": would be written over by " + made + ", expected another --out");
            }
        }
    }

    /** Reads one row. */
    public interface Reader<T> {
        T read(ObjectNode fields) throws BadRow;
    }

    /** {@return what a reader makes of a row, or nothing: then the row is rejected} */
    public <T> Optional<T> read(Row row, Reader<T> reader) {
        try {
            return Optional.of(reader.read(row.fields()));
        } catch (BadRow e) {
            reject(row.rejection(String.valueOf(e.getMessage())), row.fields());
            return Optional.empty();
        }
    }

    public void write(ObjectNode row) throws IOException {
        try {
            rows.write(row);
        } catch (IOException e) {
            throw Places.naming(file, e);
        }
        written++;
        progress.step();
    }

    @Override
    public void accept(Rejection rejection) {
        reject(rejection, null);
    }

    private void reject(Rejection rejection, @Nullable ObjectNode row) {
        if (strict) {
            throw new DataException(rejection.toString());
        }
        rejected++;
        if (rejected == 1) {
            first = rejection;
        }
        setAside(rejection, row);
    }

    /** There was nothing to read, for a reason: an older file stays. */
    public void nothingRead(String reason) {
        nothingRead = reason;
    }

    /** Drops a row that could be read but is not kept, and lists it. */
    public void drop(Row row, Drop drop) {
        dropped.merge(drop.reason().key(), 1L, Long::sum);
        setAside(row.rejection(drop.toString()), row.fields());
    }

    /** Counts a dropped row without listing it. */
    public void drop(Drop.Reason reason) {
        dropped.merge(reason.key(), 1L, Long::sum);
        progress.step();
    }

    private void setAside(Rejection rejection, @Nullable ObjectNode row) {
        stopIfInterrupted(); // a reader takes its file's end by interruption for damage
        ObjectNode entry = JsonLines.row().put("source", rejection.source());
        if (rejection.place().matches("line \\d+")) {
            entry.put("line", Long.parseLong(rejection.place().substring("line ".length())));
        } else if (!rejection.place().isEmpty()) {
            entry.put("place", rejection.place());
        }
        entry.put("reason", rejection.reason());
        if (row != null) {
            entry.set("row", row);
        }
        try {
            if (rejects == null) {
                rejects = JsonLines.write(rejectedFile);
            }
            rejects.write(entry);
        } catch (IOException e) {
            throw new UncheckedIOException(Places.naming(rejectedFile, e));
        }
        progress.step();
    }

    /** {@return rows written so far} */
    public long written() {
        return written;
    }

    /** {@return hears how fast a model is} */
    public Listener listener() {
        return progress::progressed;
    }

    /** {@return what the summary says in addition to the counts; the work adds to it} */
    public ObjectNode notes() {
        return notes;
    }

    /** Makes both files appear; without rejects, the second of an earlier run, about other rows, is gone. */
    public void commit() throws IOException {
        stopIfInterrupted();
        if (first != null && written == 0 && dropped.isEmpty()) {
            nothingRead((first.place().isEmpty() ? "" : first.place() + ": ") + first.reason());
        }
        try {
            if (nothingRead == null) {
                Rows.commit(rows, rejects, rejectedFile);
            } else if (rejects != null) {
                rejects.commit(); // they say why; older rows stay
            }
        } catch (IOException e) {
            throw Places.naming(nothingRead == null ? file : rejectedFile, e);
        }
    }

    /** {@return the counts and notes} */
    public ObjectNode summary() {
        ObjectNode summary = JsonLines.row().put("out", file.toString()).put("rows", written);
        summary.put("rejected", rejected);
        ObjectNode reasons = summary.putObject("dropped");
        dropped.forEach(reasons::put);
        if (rejects != null) {
            summary.put("rejects", rejectedFile.toString());
        }
        if (nothingRead != null) {
            summary.put("nothing_read", nothingRead);
        }
        summary.setAll(notes);
        double seconds = progress.seconds();
        return summary.put("seconds", seconds).put("rows_per_second", written / seconds);
    }

    @Override
    public void close() throws IOException {
        try {
            rows.close();
        } finally {
            if (rejects != null) {
                rejects.close();
            }
        }
    }

    private static void stopIfInterrupted() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted");
        }
    }
}
