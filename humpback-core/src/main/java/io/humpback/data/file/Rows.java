package io.humpback.data.file;

import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.internal.FileNames;
import io.humpback.internal.Replacement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a file of any kind: JSON Lines, one JSON array, CSV ({@code .csv}, {@code .tsv}), each gzipped where the name
 * ends in {@code .gz}, and Parquet ({@code .parquet}, or a folder of it).
 *
 * <p>What is behind gzip may be 200 times as large as the file, or as many times as the system property {@code
 * humpback.max.expansion} says; 64 MiB it may always be. There the file ends, and its rest is rejected.
 */
public final class Rows {

    private Rows() {}

    /**
     * The rows of a file or folder, lazily and in order; {@link RowSource} has more to choose. Bad ones go to {@code rejects} with the number of their line. The stream
     * holds the file open: close it.
     */
    public static Stream<Row> read(Path file, Rejects rejects) throws IOException {
        return RowSource.of(Objects.requireNonNull(file, "file")).read(Objects.requireNonNull(rejects, "rejects"));
    }

    /**
     * A writer of a file, of the kind that its name says: {@code .json} is one array, {@code .parquet} is Parquet,
     * {@code .csv} and {@code .tsv} are tables of text, and any other is JSON Lines. A folder, or a name without a dot, becomes a {@link HubFolder}.
     */
    public static RowWriter write(Path file) throws IOException {
        String name = FileNames.unpacked(file);
        if (isFolder(file)) {
            return HubFolder.write(file);
        } else if (name.endsWith(".parquet")) {
            return Parquet.write(file);
        } else if (name.endsWith(".json")) {
            return JsonArray.write(file);
        } else if (name.endsWith(".csv")) {
            return new CsvWriter(file, ',');
        } else if (name.endsWith(".tsv")) {
            return new CsvWriter(file, '\t');
        }
        return JsonLines.write(file);
    }

    /** {@return whether what is written there becomes a {@link HubFolder}} */
    public static boolean isFolder(Path file) {
        return Files.isDirectory(file) || FileNames.unpacked(file).indexOf('.') < 0;
    }

    /**
     * Makes what two writers wrote, into files of one folder, appear together: after a kill, or a power cut, either both
     * new files are there or what was before. A reader of the first file completes what a killed process has begun.
     *
     * @param rows into the first file; a writer of another kind than this class gives appears by itself, last
     * @param second null where the older file of that name is to be gone
     * @param secondFile what {@code second} writes
     */
    public static void commit(RowWriter rows, JsonLines.@Nullable Writer second, Path secondFile) throws IOException {
        Objects.requireNonNull(rows, "rows");
        Objects.requireNonNull(secondFile, "secondFile");
        StagedWriter first = rows instanceof StagedWriter staged ? staged : null;
        Replacement replacement = new Replacement(first == null ? secondFile : first.target());
        try {
            if (first != null) {
                first.stage(replacement);
            }
            if (second == null) {
                replacement.disappear(secondFile);
            } else {
                second.stage(replacement);
            }
        } catch (IOException | RuntimeException e) {
            replacement.discard();
            throw e;
        }
        replacement.commit();
        if (first == null) {
            rows.commit();
        }
    }
}
