package io.humpback.data.file;

import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.FileNames;
import io.humpback.internal.LookAhead;
import io.humpback.internal.Replacement;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A file of rows, or a folder of such files, with what its name does not say.
 *
 * @param path of the file or folder, of the kinds that {@link Rows} lists
 * @param separator between the values of CSV; null to take the one that the first row has most often
 * @param splits of a folder, as the names of its files and folders say: train, test, validation or others; none to take
 *     train, or the only one that there is
 */
public record RowSource(Path path, @Nullable Character separator, List<String> splits) {

    /** Copies the list. */
    public RowSource {
        Objects.requireNonNull(path, "path");
        if (separator != null && (separator >= 128 || "\"\r\n".indexOf(separator) >= 0)) {
            throw new IllegalArgumentException(
                    "separator: found \"" + separator + "\", expected an ASCII character that is no quote or line end");
        }
        splits = List.copyOf(splits);
    }

    /** {@return a file or folder as its name says} */
    public static RowSource of(Path path) {
        return new RowSource(Objects.requireNonNull(path, "path"), null, List.of());
    }

    /**
     * {@return those of a folder's files that hold the rows of some splits, in the order in which they are read}
     *
     * @param folder its name, for messages
     * @param names paths of all its files, with slashes
     * @param splits as of {@link #splits()}
     * @throws io.humpback.data.DataException if there are no rows, other splits, or several data sets
     */
    public static List<String> files(String folder, Collection<String> names, List<String> splits) {
        Objects.requireNonNull(folder, "folder");
        return Splits.of(folder, names).files(splits);
    }

    /** {@return a copy for CSV whose values have that ASCII character between them} */
    public RowSource separator(char character) {
        return new RowSource(path, character, splits);
    }

    /** {@return a copy for these splits of a folder, which are read in this order} */
    public RowSource splits(String... names) {
        return new RowSource(path, separator, List.of(names));
    }

    /**
     * The rows, lazily and in order. Bad ones go to {@code rejects} with the number of their line. The stream holds a
     * file open: close it.
     *
     * @throws IOException if there is no such file
     * @throws io.humpback.data.DataException if a folder has no rows, other splits, or several data sets
     */
    public Stream<Row> read(Rejects rejects) throws IOException {
        Objects.requireNonNull(rejects, "rejects");
        Replacement.complete(path);
        if (!Files.isDirectory(path)) {
            return read(path, rejects);
        }
        Chain chain = new Chain(Splits.files(path, splits).iterator(), rejects);
        return chain.stream(chain::close);
    }

    private Stream<Row> read(Path file, Rejects rejects) throws IOException {
        String name = FileNames.unpacked(file);
        if (name.endsWith(".parquet")) {
            return Parquet.read(file, rejects);
        } else if (name.endsWith(".csv") || name.endsWith(".tsv")) {
            char usual = name.endsWith(".csv") ? ',' : '\t';
            return Csv.read(file, usual, separator, rejects);
        } else if (name.endsWith(".json") && startsWithBracket(file)) {
            return JsonArray.read(file, rejects);
        }
        return JsonLines.read(file, rejects);
    }

    /** Whether the first character that is no space is that of an array; some call JSON Lines {@code .json} too. */
    private static boolean startsWithBracket(Path file) throws IOException {
        try (InputStream in = new BufferedInputStream(RowReader.open(file))) {
            int c = in.read();
            while (c >= 0 && (c <= ' ' || c == 0xef || c == 0xbb || c == 0xbf)) { // white space, byte order mark
                c = in.read();
            }
            return c == '[';
        }
    }

    /** The rows of one file after another. */
    private final class Chain extends LookAhead<Row> implements Closeable {

        private final Iterator<Path> files;
        private final Rejects rejects;
        private @Nullable Stream<Row> open;
        private @Nullable Iterator<Row> rows;

        Chain(Iterator<Path> files, Rejects rejects) {
            this.files = files;
            this.rejects = rejects;
        }

        @Override
        protected @Nullable Row advance() {
            try {
                while ((rows == null || !rows.hasNext()) && files.hasNext()) {
                    close();
                    open = read(files.next(), rejects);
                    rows = open.iterator();
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return rows != null && rows.hasNext() ? rows.next() : null;
        }

        @Override
        public void close() {
            if (open != null) {
                open.close();
            }
        }
    }
}
