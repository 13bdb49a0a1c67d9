package io.humpback.data.file;

import static io.humpback.internal.Arguments.require;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Places;
import io.humpback.internal.Replacement;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes a folder in the layout of a data set on Hugging Face's hub: {@code data/train-00000-of-00001.parquet} and so on,
 * the same for other splits, and {@code README.md}, its {@link DatasetCard}, which names them. Without DuckDB, which
 * Parquet needs, the files are JSON Lines, {@code .jsonl}, which the hub takes too. The same rows and card give the same
 * bytes.
 */
public final class HubFolder {

    /** The split of rows of which nothing else is said. */
    private static final String TRAIN = "train";

    /** JSON bytes that go into one file: about what the hub's viewer likes, packed. */
    private static final long FILE_BYTES = 1L << 30;

    private static final String CARD = "README.md";
    private static final String SPLIT = "\\w+(?:\\.\\w+)*";
    private static final String ROWS = SPLIT + "-\\d{5}-of-\\d{5}\\.(parquet|jsonl)";

    private HubFolder() {}

    /** A writer of rows that belong to splits. */
    public interface SplitWriter extends RowWriter {

        /**
         * The rows that follow belong to this split; those before the first call to train.
         *
         * @param name of letters, digits, {@code _} and single dots between them: train, test, validation or others
         * @throws IllegalArgumentException if it is not like that
         */
        void split(String name);
    }

    /** A writer of a folder whose card has the folder's name as its title. */
    public static SplitWriter write(Path folder) throws IOException {
        return write(
                folder, DatasetCard.titled(folder.toAbsolutePath().getFileName().toString()));
    }

    /**
     * A writer of a folder. Older files of this layout in it, of whatever split, are replaced, all together: after a kill
     * the folder is the old one or the new one, which a reader of it completes. Other files are left alone.
     */
    public static SplitWriter write(Path folder, DatasetCard card) throws IOException {
        return write(folder, card, FILE_BYTES, DuckDb.isAvailable());
    }

    /** A writer that begins a new file, Parquet or JSON Lines, after some bytes of JSON. */
    static SplitWriter write(Path folder, DatasetCard card, long fileBytes, boolean parquet) throws IOException {
        return new Writer(folder.toAbsolutePath(), Objects.requireNonNull(card, "card"), fileBytes, parquet);
    }

    /**
     * {@return "test" for some texts and "train" for the others} A text gets the same whenever and among whatever others it
     * is asked for, so that rows with the same instruction never stand in both.
     *
     * @param testShare of many texts, in [0, 1]
     */
    public static String split(String text, double testShare, long seed) {
        Objects.requireNonNull(text, "text");
        require(testShare >= 0 && testShare <= 1, "testShare", testShare, "in [0, 1]");
        byte[] hash = Sha256.digest().digest((seed + " " + text).getBytes(StandardCharsets.UTF_8));
        double at = (ByteBuffer.wrap(hash).getLong() >>> 11) * 0x1p-53; // in [0, 1)
        return at < testShare ? "test" : TRAIN;
    }

    /** {@return whether a file in a folder is one of those that are written here} */
    public static boolean isPart(Path folder, Path file) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        return name.equals(CARD) || name.matches("data/" + ROWS);
    }

    /** The rows of one split, in files that are not full but the last. */
    private static final class Split {

        private final List<Spool> spools = new ArrayList<>();
        private long rows;

        Spool last() {
            return spools.get(spools.size() - 1);
        }

        long bytes() {
            return spools.stream().mapToLong(Spool::bytes).sum();
        }
    }

    private static final class Writer extends StagedWriter implements SplitWriter {

        private final Path folder;
        private final DatasetCard card;
        private final long fileBytes;
        private final boolean parquet;
        private final Path data;
        private final Features features = new Features();
        private final Map<String, Split> splits = // train first, as the hub shows them
                new TreeMap<>(Comparator.comparing((String name) -> !name.equals(TRAIN))
                        .thenComparing(Comparator.naturalOrder()));
        private final List<Path> packed = new ArrayList<>();
        private String split = TRAIN;
        private boolean closed;

        Writer(Path folder, DatasetCard card, long fileBytes, boolean parquet) throws IOException {
            Places.requireFolder(folder);
            this.folder = folder;
            this.card = card;
            this.fileBytes = fileBytes;
            this.parquet = parquet;
            Replacement.complete(folder);
            data = Files.createDirectories(folder.resolve("data"));
        }

        @Override
        public void split(String name) {
            require(name.matches(SPLIT), "split", name, "letters, digits, _ and dots between them");
            split = name;
        }

        @Override
        public void write(ObjectNode row) throws IOException {
            Split into = splits.computeIfAbsent(split, name -> new Split());
            if (into.spools.isEmpty() || into.last().bytes() >= fileBytes) {
                if (!into.spools.isEmpty()) {
                    into.last().end();
                }
                into.spools.add(new Spool(AtomicFiles.temporary(data.resolve("rows"))));
            }
            features.see(row);
            into.last().write(row);
            into.rows++;
        }

        @Override
        Path target() {
            return folder;
        }

        @Override
        void stage(Replacement replacement) throws IOException {
            if (closed) {
                throw new IllegalStateException(folder + ": already closed");
            }
            if (features.isEmpty()) {
                throw new DataException(folder + ": no rows, and a data set needs at least one column");
            }
            List<DatasetCard.Split> counted = new ArrayList<>();
            Set<String> names = new HashSet<>();
            long packedBytes = 0;
            for (Map.Entry<String, Split> entry : splits.entrySet()) {
                Split rows = entry.getValue();
                rows.last().end();
                counted.add(new DatasetCard.Split(entry.getKey(), rows.rows, rows.bytes()));
                for (int i = 0; i < rows.spools.size(); i++) {
                    String name = "%s-%05d-of-%05d.%s"
                            .formatted(entry.getKey(), i, rows.spools.size(), parquet ? "parquet" : "jsonl");
                    Path file = pack(rows.spools.get(i));
                    packedBytes += Files.size(file);
                    replacement.appear(file, data.resolve(name));
                    names.add(name);
                }
            }
            removeOlder(names, replacement);
            Path readme = AtomicFiles.temporary(folder.resolve(CARD));
            packed.add(readme);
            Files.writeString(
                    readme,
                    card.markdown(features, counted, packedBytes, parquet ? "parquet" : "json"),
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            replacement.appear(readme, folder.resolve(CARD));
            closed = true;
        }

        private Path pack(Spool spool) throws IOException {
            Path file = parquet ? AtomicFiles.temporary(data.resolve("packed")) : spool.file;
            packed.add(file);
            if (parquet) {
                Parquet.convert(spool.file, features, file);
                spool.delete();
            }
            return file;
        }

        /** Files of an earlier writing, which a reader would take for more rows. */
        private void removeOlder(Set<String> names, Replacement replacement) throws IOException {
            try (Stream<Path> files = Files.list(data)) {
                for (Path file : files.toList()) {
                    String name = file.getFileName().toString();
                    if (name.matches(ROWS) && !names.contains(name)) {
                        replacement.disappear(file);
                    }
                }
            }
        }

        @Override
        public void close() throws IOException {
            if (closed) {
                return;
            }
            closed = true;
            for (Split rows : splits.values()) {
                for (Spool spool : rows.spools) {
                    spool.delete();
                }
            }
            for (Path file : packed) {
                Files.deleteIfExists(file);
            }
        }
    }
}
