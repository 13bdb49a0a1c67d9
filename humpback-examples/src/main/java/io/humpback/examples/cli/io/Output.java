package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.file.RowWriter;
import io.humpback.data.file.Rows;
import io.humpback.examples.cli.resume.Journal;
import io.humpback.examples.cli.resume.Outcome;
import io.humpback.examples.cli.terminal.Progress;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.FileNames;
import io.humpback.internal.LookAhead;
import io.humpback.internal.Places;
import io.humpback.internal.Replacement;
import io.humpback.model.Listener;
import io.humpback.quality.Drop;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
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
    private final @Nullable Journal journal;
    private final RowWriter rows;
    private boolean journaling; // then rows wait in the journal until all are done
    private JsonLines.@Nullable Writer rejects;
    private long written;
    private long rejected;
    private @Nullable String first; // place and reason of the first that was rejected
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
        this(file, kind, strict, progress, null);
    }

    /** The same for rows that are worked on {@linkplain #inPortions in portions}, which are kept in a journal. */
    Output(Path file, Kind kind, boolean strict, Progress progress, @Nullable Journal journal) throws IOException {
        this.file = file;
        this.strict = strict;
        this.progress = progress;
        this.journal = journal;
        Path folder = requireFolder(file);
        rejectedFile = sibling(file, "rejected");
        if (journal
                != null) { // nobody else works on this file, so what is half written is of a process that was killed
            Replacement.complete(file);
            for (Path made : List.of(file, rejectedFile)) {
                AtomicFiles.sweep(folder, made.getFileName() + ".");
            }
        }
        rows = kind.write(file);
    }

    /** {@return the folder of a file, which must be there} */
    static Path requireFolder(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new DataException(file + ": there is no folder " + folder + " to write it in");
        }
        return folder;
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

    /** Writes rows with what a model makes of what is read of them, which {@code into} puts into a row. */
    public <Q, A> void answered(
            Stream<Row> rows,
            Reader<Q> reader,
            Function<Stream<Q>, Stream<A>> model,
            BiFunction<ObjectNode, A, ObjectNode> into)
            throws IOException {
        Deque<Row> waiting = new ArrayDeque<>();
        Stream<Q> questions = rows.flatMap(row -> read(row, reader).stream().peek(question -> waiting.add(row)));
        try (Stream<A> answers = model.apply(questions)) {
            for (Iterator<A> each = answers.iterator(); each.hasNext(); ) {
                A answer = each.next();
                write(into.apply(waiting.remove().fields(), answer));
            }
        }
    }

    /** Work on some rows, the first of which has a number among all. */
    @FunctionalInterface
    public interface Portion {
        void work(Stream<Row> rows, long first) throws IOException;
    }

    /** What is counted of each row that is written. */
    @FunctionalInterface
    public interface Written {
        void add(ObjectNode row);
    }

    /**
     * Works on rows in portions, and goes on after those that an earlier process has done. A portion is worked on by
     * itself, so that its results are the same whoever does it; when it is done it is in the journal. At the end all rows
     * come from there, also where nobody was stopped: what they look like does not depend on that.
     */
    public void inPortions(InputRows in, int size, Portion portion, Written written) throws IOException {
        Journal kept = Objects.requireNonNull(journal, "journal");
        long done = kept.rows();
        try (Stream<Row> stream = in.rows(rejection -> {
            if (journaling) { // else it is kept already
                accept(rejection);
            }
        })) {
            Iterator<Row> all = stream.iterator();
            for (long row = 0; row < done; row++) {
                stopIfInterrupted();
                all.next();
            }
            journaling = true;
            while (all.hasNext()) {
                Next next = new Next(all, size);
                portion.work(next.stream(() -> {}), done);
                done += next.taken;
                kept.mark(done);
            }
        }
        journaling = false;
        kept.replay(outcome -> {
            stopIfInterrupted();
            take(outcome);
            if (outcome.what().equals(Outcome.WRITTEN)) {
                written.add(outcome.row());
            }
        });
    }

    /** The next rows, a number at most; the one behind them is not touched. */
    private static final class Next extends LookAhead<Row> {

        private final Iterator<Row> rows;
        private final int size;
        private int taken;

        Next(Iterator<Row> rows, int size) {
            this.rows = rows;
            this.size = size;
        }

        @Override
        protected @Nullable Row advance() {
            if (taken == size || !rows.hasNext()) {
                return null;
            }
            taken++;
            return rows.next();
        }
    }

    public void write(ObjectNode row) throws IOException {
        settle(new Outcome(Outcome.WRITTEN, row));
    }

    private void settle(Outcome outcome) throws IOException {
        if (journaling) {
            Objects.requireNonNull(journal).append(outcome);
        } else {
            take(outcome);
        }
        progress.step();
    }

    /** Writes a row where it belongs, and counts it. */
    private void take(Outcome outcome) throws IOException {
        switch (outcome.what()) {
            case Outcome.WRITTEN -> {
                try {
                    rows.write(outcome.row());
                } catch (IOException e) {
                    throw Places.naming(file, e);
                }
                written++;
            }
            case Outcome.REJECTED -> {
                rejected++;
                first = first == null ? place(outcome.row()) : first;
                list(outcome.row());
            }
            default -> {
                dropped.merge(outcome.what(), 1L, Long::sum);
                list(outcome.row());
            }
        }
    }

    private void list(ObjectNode entry) throws IOException {
        try {
            if (rejects == null) {
                rejects = JsonLines.write(rejectedFile);
            }
            rejects.write(entry);
        } catch (IOException e) {
            throw Places.naming(rejectedFile, e);
        }
    }

    @Override
    public void accept(Rejection rejection) {
        reject(rejection, null);
    }

    private void reject(Rejection rejection, @Nullable ObjectNode row) {
        if (strict) {
            throw new DataException(rejection.toString());
        }
        setAside(Outcome.REJECTED, rejection, row);
    }

    /** There was nothing to read, for a reason: an older file stays. */
    public void nothingRead(String reason) {
        nothingRead = reason;
    }

    /** Drops a row that could be read but is not kept, and lists it. */
    public void drop(Row row, Drop drop) {
        setAside(drop.reason().key(), row.rejection(drop.toString()), row.fields());
    }

    /** Counts a dropped row without listing it. */
    public void drop(Drop.Reason reason) {
        dropped.merge(reason.key(), 1L, Long::sum);
        progress.step();
    }

    private void setAside(String what, Rejection rejection, @Nullable ObjectNode row) {
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
            settle(new Outcome(what, entry));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@return the place and the reason of an entry in the list of rejected rows} */
    private static String place(ObjectNode entry) {
        String place = entry.has("line")
                ? "line " + entry.get("line").asLong()
                : entry.path("place").asText();
        return (place.isEmpty() ? "" : place + ": ") + entry.get("reason").textValue();
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
            nothingRead(first);
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
        double seconds = progress.seconds() + (journal == null ? 0 : journal.secondsBefore());
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
