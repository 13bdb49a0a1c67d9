package io.humpback.run.store;

import io.humpback.data.DataException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A run's directory is worked on by one process at a time. The system frees the lock when its holder dies. */
final class RunLock implements AutoCloseable {

    private final FileChannel channel;

    private RunLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * {@return the lock of a directory, which is made where there is none} A {@link DataException} if another process,
     * or another thread of this one, holds it, or nothing can be written.
     */
    static RunLock of(Path directory) throws IOException {
        FileChannel channel;
        try {
            Files.createDirectories(directory);
            channel = FileChannel.open(
                    directory.resolve("run.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        } catch (AccessDeniedException e) {
            throw new DataException(directory + ": cannot be written, expected a folder of your own");
        } catch (FileSystemException e) {
            throw new DataException(directory + ": cannot be used as a run's folder: "
                    + (e.getReason() == null ? e.getClass().getSimpleName() : e.getReason()));
        }
        try {
            if (channel.tryLock() != null) {
                return new RunLock(channel);
            }
        } catch (OverlappingFileLockException e) {
            // held within this process
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        channel.close();
        throw new DataException(directory + ": another process works on this run, expected to be the only one");
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            // the system frees the lock when the process ends
        }
    }
}
