package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.file.RowSource;
import io.humpback.data.format.Examples;
import io.humpback.data.format.Format;
import io.humpback.data.format.PairFormat;
import io.humpback.data.format.Pairs;
import io.humpback.internal.LookAhead;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows that a command reads, once. The first ones are read beforehand, so that columns that are not there are told before
 * a model is loaded.
 */
public final class InputRows implements Closeable {

    private static final int AHEAD = 20;

    private final RowSource source;
    private final Path path;
    private final Map<String, String> renames;
    private final List<Rejection> rejected = new ArrayList<>(); // until there is something that takes them
    private final List<Integer> rowsBefore = new ArrayList<>(); // each rejection
    private @Nullable Rejects rejects;
    private final Stream<Row> stream;
    private final Iterator<Row> rows;
    private final Deque<Row> ahead = new ArrayDeque<>();
    private final Set<String> columns = new LinkedHashSet<>();

    private InputRows(RowSource source, Map<String, String> renames) throws IOException {
        this.source = source;
        path = source.path();
        this.renames = renames;
        stream = source.read(rejection -> {
            if (rejects == null) {
                rejected.add(rejection);
                rowsBefore.add(ahead.size());
            } else {
                rejects.accept(rejection);
            }
        });
        rows = stream.iterator();
        while (ahead.size() < AHEAD && rows.hasNext()) {
            Row row = rows.next();
            row.fields().fieldNames().forEachRemaining(columns::add);
            ahead.add(row);
        }
    }

    static InputRows open(RowSource source, Map<String, String> renames) throws IOException {
        return new InputRows(source, renames);
    }

    /** Refuses what is not there, before other work is done. */
    public static void requireThere(Path path) throws IOException {
        if (!Files.exists(path)) {
            throw new NoSuchFileException(path.toString());
        }
    }

    /** {@return the rows of a file that this program wrote} */
    public static InputRows of(Path file) throws IOException {
        return new InputRows(RowSource.of(file), Map.of());
    }

    /** {@return the same rows to be read once more} */
    public InputRows again() throws IOException {
        return new InputRows(source, renames);
    }

    /** {@return how many rows there are, with those that cannot be read, which are read for that once more} */
    long count() throws IOException {
        long[] rejections = new long[1];
        try (Stream<Row> all = source.read(rejection -> rejections[0]++)) {
            return all.count() + rejections[0];
        }
    }

    /** {@return the file or folder} */
    public Path path() {
        return path;
    }

    /** Refuses a source of which nothing can be read, with the first reason. */
    public void requireAny() {
        if (ahead.isEmpty()) {
            throw new DataException(Rejection.oneLine(path + ": found no rows, "
                    + (rejected.isEmpty()
                            ? "the file is empty"
                            : rejected.get(0).place() + ": " + rejected.get(0).reason())));
        }
    }

    /** Refuses rows of which none has a column of this name, or of one of these. */
    public void require(String... names) {
        requireAny();
        Set<String> there = renamed();
        if (Stream.of(names).noneMatch(there::contains)) {
            throw missing(String.join(" or ", names), names[0]);
        }
    }

    private DataException missing(String expected, String name) {
        String found = String.join(", ", renamed().stream().limit(20).toList());
        return new DataException(Rejection.oneLine(path + ": found the columns " + found + ", expected " + expected
                + " (--fields " + name + "=COLUMN takes another)"));
    }

    private Set<String> renamed() {
        Set<String> names = new LinkedHashSet<>(columns);
        names.removeAll(renames.values());
        renames.forEach((name, column) -> {
            if (columns.contains(column)) {
                names.add(name);
            }
        });
        return names;
    }

    /** Refuses names of columns that are not there, and such as are taken. */
    void requireRenamed() {
        renames.forEach((name, column) -> {
            if (!ahead.isEmpty() && !columns.contains(column)) {
                throw new DataException(Rejection.oneLine(path + ": found the columns " + String.join(", ", columns)
                        + ", expected " + column + " for --fields " + name + "=" + column));
            } else if (columns.contains(name) && !renames.containsValue(name)) {
                throw new DataException(path + ": found a column " + name + " beside " + column
                        + ", expected another name for it, such as --fields " + name + "=" + column + ",other=" + name);
            }
        });
    }

    /** {@return the format of pairs; refused if there is none, or one that is not a pair a row} */
    public PairFormat pairs() {
        requireAny();
        Set<String> there = renamed();
        Format format = format();
        if (format instanceof PairFormat pairs) {
            return pairs;
        } else if (format != null) {
            throw new DataException(
                    path + ": found rows of " + format.key() + ", expected pairs, which convert makes of them");
        } else if (there.contains("instruction") && there.contains("response")) {
            return Pairs.format(); // of which none is as it should be: each is rejected with its reason
        }
        throw missing("instruction and response, or those of another format", "instruction=COLUMN,response");
    }

    /** {@return the format that most of the first rows match, or null} */
    public @Nullable Format format() {
        List<ObjectNode> first =
                ahead.stream().map(row -> renamed(row).fields()).toList();
        return Examples.guess(first).orElse(null);
    }

    /** {@return all rows, in order; can be called once} */
    public Stream<Row> rows(Rejects to) {
        rejects = to;
        return new LookAhead<Row>() {
            private int told;
            private int given;

            @Override
            protected @Nullable Row advance() {
                while (told < rejected.size() && (rowsBefore.get(told) <= given || ahead.isEmpty())) {
                    to.accept(rejected.get(told++));
                }
                given++;
                Row next = ahead.isEmpty() ? rows.hasNext() ? rows.next() : null : ahead.remove();
                return next == null ? null : renamed(next);
            }
        }.stream(this::close);
    }

    private Row renamed(Row row) {
        if (renames.isEmpty()) {
            return row;
        }
        ObjectNode fields = JsonLines.row();
        row.fields().properties().forEach(field -> {
            String name = renames.entrySet().stream()
                    .filter(rename -> rename.getValue().equals(field.getKey()))
                    .map(Map.Entry::getKey)
                    .findFirst()
                    .orElse(field.getKey());
            fields.set(fields.has(name) ? name + "_" : name, field.getValue());
        });
        return new Row(row.source(), row.line(), fields);
    }

    @Override
    public void close() {
        stream.close();
    }
}
