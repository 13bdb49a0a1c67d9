package io.humpback.data.file;

import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.FileNames;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * Rows of a file of any kind: JSON Lines, one JSON array, CSV ({@code .csv}, {@code .tsv}), each gzipped where the name
 * ends in {@code .gz}, and Parquet ({@code .parquet}, or a folder of it).
 */
public final class Rows {

    private Rows() {}

    /**
     * The rows of a file, lazily and in order. Bad ones go to {@code rejects} with the number of their line. The stream
     * holds the file open: close it.
     */
    public static Stream<Row> read(Path file, Rejects rejects) throws IOException {
        Objects.requireNonNull(rejects, "rejects");
        String name = FileNames.unpacked(file);
        if (Files.isDirectory(file) || name.endsWith(".parquet")) {
            return Parquet.read(file, rejects);
        } else if (name.endsWith(".csv")) {
            return Csv.read(file, ',', rejects);
        } else if (name.endsWith(".tsv")) {
            return Csv.read(file, '\t', rejects);
        } else if (name.endsWith(".json") && startsWithBracket(file)) {
            return JsonArray.read(file, rejects);
        }
        return JsonLines.read(file, rejects);
    }

    /**
     * A writer of a file, of the kind that its name says: {@code .json} is one array, {@code .parquet} is Parquet, and
     * any other is JSON Lines. A folder, or a name without a dot, becomes a {@link HubFolder}.
     */
    public static RowWriter write(Path file) throws IOException {
        String name = FileNames.unpacked(file);
        if (Files.isDirectory(file) || name.indexOf('.') < 0) {
            return HubFolder.write(file);
        } else if (name.endsWith(".parquet")) {
            return Parquet.write(file);
        } else if (name.endsWith(".json")) {
            return JsonArray.write(file);
        }
        return JsonLines.write(file);
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
}
