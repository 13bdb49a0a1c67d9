package io.humpback.data.format;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.Rejection;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.file.Rows;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The door to instruction data in the formats that people publish it in: any {@link Format} in any file that
 * {@link Rows} reads.
 */
public final class Examples {

    private static final int GUESS_FROM = 20;

    private Examples() {}

    /** {@return the formats there are, from the most particular; oasst in English} */
    public static List<Format> formats() {
        return List.of(
                Oasst.trees(),
                Oasst.messages(),
                ShareGpt.format(),
                Trl.messages(),
                Trl.promptCompletion(),
                SelfInstruct.format(),
                Alpaca.format(),
                Pairs.format());
    }

    /** {@return the format of that name; an {@link IllegalArgumentException} if there is none} */
    public static Format format(String key) {
        Objects.requireNonNull(key, "key");
        return formats().stream()
                .filter(format -> format.key().equals(key))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("format \"" + key + "\": expected one of " + keys()));
    }

    private static String keys() {
        return formats().stream().map(Format::key).collect(Collectors.joining(", "));
    }

    /**
     * The format that most of a file's first 20 rows match; of several, the first of {@link #formats()}.
     *
     * @throws DataException if no row matches any, or there is none, with the reason
     * @throws IOException if the file cannot be opened
     */
    public static Format guess(Path file) throws IOException {
        List<Rejection> rejected = new ArrayList<>(); // they are met again when the file is read
        try (Stream<Row> rows = Rows.read(Objects.requireNonNull(file, "file"), Rejects.into(rejected))) {
            List<ObjectNode> first = rows.limit(GUESS_FROM).map(Row::fields).toList();
            return guess(first)
                    .orElseThrow(() -> new DataException(Rejection.oneLine(file + whyNone(first, rejected))));
        }
    }

    /** {@return the format that most of some rows match, of several the first of {@link #formats()}} */
    public static Optional<Format> guess(List<ObjectNode> rows) {
        Format best = null;
        long most = 0;
        for (Format format : formats()) {
            long matching = rows.stream().filter(format::matches).count();
            if (matching > most) {
                most = matching;
                best = format;
            }
        }
        return Optional.ofNullable(best);
    }

    private static String whyNone(List<ObjectNode> rows, List<Rejection> rejected) {
        if (rows.isEmpty()) {
            return ": found no rows, "
                    + (rejected.isEmpty()
                            ? "the file is empty"
                            : rejected.get(0).place() + ": " + rejected.get(0).reason());
        }
        String fields = rows.get(0).properties().stream()
                .limit(10)
                .map(Map.Entry::getKey)
                .collect(Collectors.joining(", "));
        return ": found rows with " + fields + ", expected the fields of one of " + keys();
    }

    /**
     * The examples of a file whose format is guessed, lazily and in order. The stream holds the file open: close it.
     *
     * @throws DataException if the format cannot be guessed
     */
    public static Stream<Example> read(Path file, Rejects rejects) throws IOException {
        return read(file, guess(file), new ExampleFunnel(), rejects);
    }

    /**
     * The examples of a file, lazily and in order. The stream holds the file open: close it.
     *
     * @param funnel counts every row once
     * @param rejects gets each row that cannot be read, with the number of its line
     */
    public static Stream<Example> read(Path file, Format format, ExampleFunnel funnel, Rejects rejects)
            throws IOException {
        return format.examples(Rows.read(file, funnel.counting(rejects)), funnel, rejects);
    }
}
