package io.humpback.data.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Places;
import io.humpback.internal.Replacement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Writes a folder in the layout of a data set on Hugging Face's hub: {@code data/train-00000-of-00001.parquet} and so on,
 * and {@code README.md}, its {@link DatasetCard}. Without DuckDB, which Parquet needs, the files are JSON Lines, {@code
 * .jsonl}, which the hub takes too. The same rows and card give the same bytes.
 */
public final class HubFolder {

    /** JSON bytes that go into one file: about what the hub's viewer likes, packed. */
    private static final long FILE_BYTES = 1L << 30;

    private static final String CARD = "README.md";
    private static final String ROWS = "train-\\d{5}-of-\\d{5}\\.(parquet|jsonl)";

    private HubFolder() {}

    /** A writer of a folder whose card has the folder's name as its title. */
    public static RowWriter write(Path folder) throws IOException {
        return write(
                folder, DatasetCard.titled(folder.toAbsolutePath().getFileName().toString()));
    }

    /**
     * A writer of a folder. Older files of this layout in it are replaced, all together: after a kill the folder is the
     * old one or the new one, which a reader of it completes. Other files are left alone.
     */
    public static RowWriter write(Path folder, DatasetCard card) throws IOException {
        return write(folder, card, FILE_BYTES, Parquet.isAvailable());
    }

    /** A writer that begins a new file, Parquet or JSON Lines, after some bytes of JSON. */
    static RowWriter write(Path folder, DatasetCard card, long fileBytes, boolean parquet) throws IOException {
        return new Writer(folder.toAbsolutePath(), Objects.requireNonNull(card, "card"), fileBytes, parquet);
    }

    /** {@return whether a file in a folder is one of those that are written here} */
    public static boolean isPart(Path folder, Path file) {
        String name = folder.relativize(file).toString().replace('\\', '/');
        return name.equals(CARD) || name.matches("data/" + ROWS);
    }

    private static final class Writer extends StagedWriter {

        private final Path folder;
        private final DatasetCard card;
        private final long fileBytes;
        private final boolean parquet;
        private final Path data;
        private final Features features = new Features();
        private final List<Spool> spools = new ArrayList<>();
        private final List<Path> packed = new ArrayList<>();
        private long rows;
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
        public void write(ObjectNode row) throws IOException {
            if (spools.isEmpty() || last().bytes() >= fileBytes) {
                if (!spools.isEmpty()) {
                    last().end();
                }
                spools.add(new Spool(AtomicFiles.temporary(data.resolve("rows"))));
            }
            features.see(row);
            last().write(row);
            rows++;
        }

        private Spool last() {
            return spools.get(spools.size() - 1);
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
            last().end();
            long packedBytes = 0;
            for (Spool spool : spools) {
                Path file = parquet ? AtomicFiles.temporary(data.resolve("train")) : spool.file;
                packed.add(file);
                if (parquet) {
                    Parquet.convert(spool.file, features, file);
                    spool.delete();
                }
                packedBytes += Files.size(file);
            }
            Set<String> names = new HashSet<>();
            for (int i = 0; i < packed.size(); i++) {
                String name = "train-%05d-of-%05d.%s".formatted(i, packed.size(), parquet ? "parquet" : "jsonl");
                replacement.appear(packed.get(i), data.resolve(name));
                names.add(name);
            }
            removeOlder(names, replacement);
            long rowBytes = spools.stream().mapToLong(Spool::bytes).sum();
            Path readme = AtomicFiles.temporary(folder.resolve(CARD));
            packed.add(readme);
            Files.writeString(
                    readme,
                    card.markdown(features, rows, rowBytes, packedBytes, parquet ? "parquet" : "json"),
                    StandardOpenOption.CREATE_NEW,
                    StandardOpenOption.WRITE);
            replacement.appear(readme, folder.resolve(CARD));
            closed = true;
        }

        /** Files of an earlier writing in another number or kind, which a reader would take for more rows. */
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
            for (Spool spool : spools) {
                spool.delete();
            }
            for (Path file : packed) {
                Files.deleteIfExists(file);
            }
        }
    }
}
