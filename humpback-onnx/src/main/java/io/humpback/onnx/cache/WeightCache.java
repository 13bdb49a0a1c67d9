package io.humpback.onnx.cache;

import io.humpback.internal.Folders;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Files of weights by key, each in a folder of its own. Together they have at most so many bytes: those that were not used for
 * the longest time go first. A file appears when it is whole, and is used when its checksums are what they were. One process
 * or thread at a time has a key; the others wait. A folder of a killed process is made again by the next that wants it.
 */
public final class WeightCache {

    /** Name of the file of weights in its folder. */
    public static final String WEIGHTS = "model.onnx.data";

    private static final String PART = ".part";
    private static final String LOCK = ".lock";
    private static final long MILLIS_BETWEEN = 100;

    /** Part of the disk's free bytes that one file may take: the rest is others'. */
    private static final double MOST_OF_FREE = 0.5;

    private final Path folder;
    private final long maxBytes;

    /** The cache of some settings. */
    public WeightCache(CacheSettings settings) {
        folder = settings.folder().resolve("weights");
        maxBytes = settings.maxBytes();
    }

    /** Writes a file of weights. */
    @FunctionalInterface
    public interface Maker {
        void write(Path file) throws IOException;
    }

    /** {@return where the weights are} */
    public Path folder() {
        return folder;
    }

    /** {@return the bytes of all weights that are kept} */
    public long bytes() throws IOException {
        long bytes = 0;
        for (Path entry : entries()) {
            bytes += size(entry);
        }
        return bytes;
    }

    /** A key that is held, with the folder for it. */
    public final class Claim implements Closeable {

        private final Path entry;
        private final FileChannel lock;

        private Claim(Path entry, FileChannel lock) {
            this.entry = entry;
            this.lock = lock;
        }

        /** {@return the folder with the weights, in which other files may be written, once it is filled} */
        public Path folder() {
            return entry;
        }

        /**
         * Makes the weights, unless they are there and as they were written.
         *
         * @return whether they were made
         */
        public boolean fill(Maker maker) throws IOException {
            boolean made = !Checksums.hold(entry, WEIGHTS);
            if (made) {
                Folders.delete(entry);
                Path part = entry.resolveSibling(entry.getFileName() + PART);
                Folders.delete(part);
                Files.createDirectory(part);
                try {
                    maker.write(part.resolve(WEIGHTS));
                    Checksums.write(part, WEIGHTS);
                    Files.move(part, entry, StandardCopyOption.ATOMIC_MOVE);
                } finally {
                    Folders.delete(part);
                }
            }
            Files.setLastModifiedTime(entry, FileTime.fromMillis(System.currentTimeMillis()));
            return made;
        }

        @Override
        public void close() throws IOException {
            lock.close();
        }
    }

    /**
     * {@return a key, once nobody else has it; empty if so many bytes do not fit into the cache or on its disk}
     *
     * @param key hexadecimal digits
     * @param bytes of the weights
     * @throws IOException if the cache's folder cannot be used
     * @throws CancellationException if the thread is interrupted while it waits
     */
    public Optional<Claim> claim(String key, long bytes) throws IOException {
        if (bytes > maxBytes) {
            return Optional.empty();
        }
        Files.createDirectories(folder);
        Path entry = folder.resolve(key);
        FileChannel lock = lock(key, true);
        if (lock == null) {
            return Optional.empty();
        }
        boolean fits = false;
        try {
            fits = Files.exists(entry.resolve(WEIGHTS)) || makeRoom(key, bytes);
        } finally {
            if (!fits) {
                lock.close();
            }
        }
        return fits ? Optional.of(new Claim(entry, lock)) : Optional.empty();
    }

    /** {@return whether there is room, after what has not been used for the longest time was deleted} */
    private boolean makeRoom(String key, long bytes) throws IOException {
        List<Path> oldest = new ArrayList<>(entries());
        oldest.sort(Comparator.comparing(WeightCache::used));
        long kept = bytes();
        for (Path entry : oldest) {
            if (kept + bytes <= maxBytes) {
                break;
            }
            long size = size(entry);
            String other = entry.getFileName().toString().replace(PART, "");
            if (!other.equals(key) && delete(entry, other)) {
                kept -= size;
            }
        }
        return kept + bytes <= maxBytes && bytes <= Files.getFileStore(folder).getUsableSpace() * MOST_OF_FREE;
    }

    /** {@return whether an entry could be deleted: it cannot while somebody opens it} */
    private boolean delete(Path entry, String key) throws IOException {
        try (FileChannel lock = lock(key, false)) {
            if (lock == null) {
                return false;
            }
            Folders.delete(entry);
            return true;
        } catch (IOException e) {
            return false; // Windows does not delete what is mapped
        }
    }

    private static FileTime used(Path entry) {
        try {
            return Files.getLastModifiedTime(entry);
        } catch (IOException e) {
            return FileTime.fromMillis(0);
        }
    }

    private List<Path> entries() throws IOException {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.list(folder)) {
            return all.filter(Files::isDirectory).toList();
        }
    }

    private static long size(Path entry) throws IOException {
        Path weights = entry.resolve(WEIGHTS);
        return Files.exists(weights) ? Files.size(weights) : 0;
    }

    /** {@return a key's lock; null where another has it and it is not waited for} */
    private @Nullable FileChannel lock(String key, boolean waiting) throws IOException {
        FileChannel channel =
                FileChannel.open(folder.resolve(key + LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            while (true) {
                try {
                    if (channel.tryLock() != null) {
                        return channel;
                    }
                } catch (OverlappingFileLockException e) {
                    // another thread has it
                }
                if (!waiting) {
                    channel.close();
                    return null;
                }
                Thread.sleep(MILLIS_BETWEEN);
            }
        } catch (InterruptedException e) {
            channel.close();
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted");
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }
}
