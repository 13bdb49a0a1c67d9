package io.humpback.data.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Places;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * Writes a folder in the layout of a data set on Hugging Face's hub: {@code data/train-00000-of-00001.parquet} and so on,
 * and {@code README.md}, its {@link DatasetCard}. Without DuckDB, which Parquet needs, the files are JSON Lines, {@code
 * .jsonl}, which the hub takes too. The same rows and card give the same bytes.
 */
public final class HubFolder {

    /** JSON bytes that go into one file: about what the hub's viewer likes, packed. */
    private static final long FILE_BYTES = 1L << 30;

    private HubFolder() {}

    /** A writer of a folder whose card has the folder's name as its title. */
    public static RowWriter write(Path folder) throws IOException {
        return write(
                folder, DatasetCard.titled(folder.toAbsolutePath().getFileName().toString()));
    }

    /**
     * A writer of a folder. Older files of this layout in it are replaced, each at once and the card last; other files
     * are left alone.
     */
    public static RowWriter write(Path folder, DatasetCard card) throws IOException {
        return write(folder, card, FILE_BYTES, Parquet.isAvailable());
    }

    /** A writer that begins a new file, Parquet or JSON Lines, after some bytes of JSON. */
    static RowWriter write(Path folder, DatasetCard card, long fileBytes, boolean parquet) throws IOException {
        return new Writer(folder.toAbsolutePath(), Objects.requireNonNull(card, "card"), fileBytes, parquet);
    }

    private static final class Writer implements RowWriter {

        private final Path folder;
        private final DatasetCard card;
        private final long fileBytes;
        private final boolean parquet;
        private final Path data;
        private final String prefix = "." + UUID.randomUUID();
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
            data = Files.createDirectories(folder.resolve("data"));
        }

        @Override
        public void write(ObjectNode row) throws IOException {
            if (spools.isEmpty() || last().bytes() >= fileBytes) {
                if (!spools.isEmpty()) {
                    last().end();
                }
                spools.add(new Spool(data.resolve(prefix + "." + spools.size() + ".rows.part")));
            }
            features.see(row);
            last().write(row);
            rows++;
        }

        private Spool last() {
            return spools.get(spools.size() - 1);
        }

        @Override
        public void commit() throws IOException {
            if (closed) {
                throw new IllegalStateException(folder + ": already closed");
            }
            if (features.isEmpty()) {
                throw new DataException(folder + ": no rows, and a data set needs at least one column");
            }
            last().end();
            long packedBytes = 0;
            for (Spool spool : spools) {
                Path file = parquet ? data.resolve(prefix + "." + packed.size() + ".part") : spool.file;
                packed.add(file);
                if (parquet) {
                    Parquet.convert(spool.file, features, file);
                }
                packedBytes += Files.size(file);
            }
            Set<String> names = new HashSet<>();
            for (int i = 0; i < packed.size(); i++) {
                String name = "train-%05d-of-%05d.%s".formatted(i, packed.size(), parquet ? "parquet" : "jsonl");
                AtomicFiles.replace(packed.get(i), data.resolve(name));
                names.add(name);
            }
            removeOlder(names);
            long rowBytes = spools.stream().mapToLong(Spool::bytes).sum();
            AtomicFiles.write(
                    folder.resolve("README.md"),
                    card.markdown(features, rows, rowBytes, packedBytes, parquet ? "parquet" : "json"));
            close();
        }

        /** Files of an earlier writing in another number or kind, which a reader would take for more rows. */
        private void removeOlder(Set<String> names) throws IOException {
            try (Stream<Path> files = Files.list(data)) {
                for (Path file : files.toList()) {
                    String name = file.getFileName().toString();
                    if (name.matches("train-\\d{5}-of-\\d{5}\\.(parquet|jsonl)") && !names.contains(name)) {
                        Files.delete(file);
                    }
                }
            }
        }

        @Override
        public void close() throws IOException {
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
