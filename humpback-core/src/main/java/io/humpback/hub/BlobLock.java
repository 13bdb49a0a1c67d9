package io.humpback.hub;

import com.sun.jna.Function;
import com.sun.jna.Native;
import com.sun.jna.Platform;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The lock under which a file of the cache is fetched, by one process or thread at a time. It is that of Python's {@code
 * filelock}: {@code flock} on Unix, which the JDK's file locks are independent of, and the JDK's on Windows. The file stays
 * when the lock is let go, as there.
 */
final class BlobLock implements Closeable {

    private static final long MILLIS_BETWEEN = 100;

    private static final int READ_WRITE = 2;
    private static final int EXCLUSIVE_AT_ONCE = 2 | 4;
    private static final int INTERRUPTED = 4;

    private final int descriptor; // -1 for none
    private final @Nullable FileChannel channel;

    private BlobLock(int descriptor, @Nullable FileChannel channel) {
        this.descriptor = descriptor;
        this.channel = channel;
    }

    /**
     * {@return the lock, once nobody else holds it}
     *
     * @param waiting is told once if somebody does
     */
    static BlobLock acquire(Path file, Runnable waiting) throws IOException {
        Files.createDirectories(Objects.requireNonNull(file.getParent(), "folder"));
        boolean told = false;
        while (true) {
            BlobLock lock = attempt(file);
            if (lock != null) {
                return lock;
            }
            if (!told) {
                waiting.run();
                told = true;
            }
            try {
                Thread.sleep(MILLIS_BETWEEN);
            } catch (InterruptedException e) {
                throw HubClient.interrupted();
            }
        }
    }

    private static @Nullable BlobLock attempt(Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            // it stays where it was made
        }
        if (!Platform.isWindows()) {
            try {
                return flock(file);
            } catch (LinkageError e) {
                // without JNA's library the JDK's lock keeps processes of this library apart
            }
        }
        FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock(0, 1, false) != null) {
                return new BlobLock(-1, channel);
            }
        } catch (OverlappingFileLockException e) {
            // another thread holds it
        } catch (IOException e) {
            return new BlobLock(-1, channel); // a file system without locks: whoever fetches too does so for himself
        }
        channel.close();
        return null;
    }

    private static @Nullable BlobLock flock(Path file) throws IOException {
        Object before = key(file);
        int descriptor = Function.getFunction("c", "open").invokeInt(new Object[] {file.toString(), READ_WRITE});
        if (descriptor < 0) {
            throw new IOException(file + ": cannot be opened to lock it");
        }
        Function flock = Function.getFunction("c", "flock");
        int result;
        int error;
        do {
            result = flock.invokeInt(new Object[] {descriptor, EXCLUSIVE_AT_ONCE});
            error = Native.getLastError();
        } while (result != 0 && error == INTERRUPTED);
        BlobLock lock = new BlobLock(descriptor, null);
        boolean busy = result != 0 && error == (Platform.isMac() || Platform.isFreeBSD() ? 35 : 11);
        if (busy || !Objects.equals(before, key(file))) { // or it was deleted by whoever held it
            lock.close();
            return null;
        }
        return lock; // also on a file system without locks
    }

    private static @Nullable Object key(Path file) throws IOException {
        return Files.exists(file)
                ? Files.readAttributes(file, BasicFileAttributes.class).fileKey()
                : null;
    }

    @Override
    public void close() throws IOException {
        if (descriptor >= 0) {
            Function.getFunction("c", "close").invokeInt(new Object[] {descriptor});
        }
        if (channel != null) {
            channel.close();
        }
    }
}
