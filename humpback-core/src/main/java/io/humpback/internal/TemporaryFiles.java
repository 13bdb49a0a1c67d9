package io.humpback.internal;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.UserPrincipal;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Temporary files of this process. All lie in one folder in that of the system property {@code java.io.tmpdir}, which is
 * deleted when the JVM ends. A killed process leaves its folder, and the next one deletes it: as long as a process lives,
 * the system holds its lock on a file in there.
 */
public final class TemporaryFiles {

    private static final String PREFIX = "humpback-";

    /** A lock is lost when its process closes any file that was opened at its place: folders of one's own are passed over. */
    private static final String MINE = PREFIX + ProcessHandle.current().pid() + "-"
            + ProcessHandle.current()
                    .info()
                    .startInstant()
                    .map(Instant::toEpochMilli)
                    .orElse(0L) + "-";

    private static final String LOCK = "lock";

    private static final Path ALL =
            Path.of(System.getProperty("java.io.tmpdir")).toAbsolutePath();

    private static @Nullable Path folder;
    private static @Nullable FileChannel lock; // is let go when the process ends

    private TemporaryFiles() {}

    /** {@return the folder of this process, which is made when it is first asked for} */
    public static synchronized Path folder() throws IOException {
        Path mine = folder;
        if (mine == null || !Files.isDirectory(mine)) {
            try {
                mine = claim();
            } catch (IOException e) {
                throw new IOException(ALL + ": no folder for temporary files can be made: " + ReadFaults.reason(e), e);
            }
            if (folder == null) {
                deleteAtTheEnd();
            }
            folder = mine;
            sweep(Files.getOwner(mine));
        }
        return mine;
    }

    /** {@return a new folder in it, with a name that begins so} */
    public static Path newFolder(String prefix) throws IOException {
        return Files.createTempDirectory(folder(), prefix);
    }

    /** Deletes all of them, as far as the system allows; also done when the JVM ends, unless it is halted. */
    public static synchronized void delete() {
        if (folder != null) {
            ReadFaults.closeQuietly(lock);
            deleteQuietly(folder);
        }
    }

    private static Path claim() throws IOException {
        while (true) {
            Path made = Files.createTempDirectory(ALL, MINE);
            Path file = made.resolve(LOCK);
            try {
                FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
                if (channel.tryLock() != null && Files.exists(file)) {
                    lock = channel;
                    return made;
                }
                channel.close(); // another process was quicker, which took the folder for one that was left
            } catch (NoSuchFileException e) {
                // likewise
            } catch (IOException e) {
                deleteQuietly(made);
                throw e;
            }
        }
    }

    private static void deleteAtTheEnd() {
        try {
            Runtime.getRuntime().addShutdownHook(new Thread(TemporaryFiles::delete, "humpback-temporary-files"));
        } catch (IllegalStateException e) {
            throw new CancellationException("the JVM is ending");
        }
    }

    /** Deletes what processes of the same user have left. */
    private static void sweep(UserPrincipal owner) {
        try (DirectoryStream<Path> found = Files.newDirectoryStream(ALL, PREFIX + "*-*-*")) {
            for (Path one : found) {
                String name = one.getFileName().toString();
                if (!name.startsWith(MINE) && name.matches(PREFIX + "\\d+-\\d+-\\d+")) {
                    deleteIfLeft(one, owner);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            // the next process tries it again
        }
    }

    private static void deleteIfLeft(Path one, UserPrincipal owner) {
        try {
            if (!Files.isDirectory(one, LinkOption.NOFOLLOW_LINKS)
                    || !Files.getOwner(one, LinkOption.NOFOLLOW_LINKS).equals(owner)) {
                return;
            }
            Path file = one.resolve(LOCK);
            if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                Files.deleteIfExists(one); // an empty one
            } else if (Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) == 0) {
                try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                    if (channel.tryLock() != null) {
                        deleteQuietly(one);
                    }
                }
            }
        } catch (IOException e) {
            // not ours to delete, or another process was quicker
        }
    }

    private static void deleteQuietly(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            // the system still holds a file, as Windows does with loaded libraries
        }
    }
}
