package io.humpback.onnx.checkpoint;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * A whole file in memory-mapped windows. A window starts at every GiB and is two GiB long, so that any run of at most one
 * GiB lies within one window and is a single buffer. The file itself is closed again at once; the maps go when nothing
 * refers to them any more.
 */
final class MappedFile implements Closeable {

    /** The longest run that one view can show, in bytes. */
    static final int MAX_RUN = 1 << 30;

    private static final long MAX_SIZE = 1L << 42;

    private final Path path;
    private final long size;
    private volatile ByteBuffer @Nullable [] windows;

    private MappedFile(Path path, long size, ByteBuffer[] windows) {
        this.path = path;
        this.size = size;
        this.windows = windows;
    }

    static MappedFile open(Path path) throws IOException {
        // a pipe or a device would block or never end
        if (!Files.isRegularFile(path)) {
            throw Refusal.of(path, Files.exists(path) ? "not a regular file" : "no such file");
        }
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size > MAX_SIZE) {
                throw Refusal.of(path, size + " bytes long, expected at most " + MAX_SIZE);
            }
            ByteBuffer[] windows = new ByteBuffer[(int) ((size + MAX_RUN - 1) / MAX_RUN)];
            for (int i = 0; i < windows.length; i++) {
                long start = (long) i * MAX_RUN;
                windows[i] =
                        channel.map(FileChannel.MapMode.READ_ONLY, start, Math.min(size - start, Integer.MAX_VALUE));
            }
            return new MappedFile(path, size, windows);
        }
    }

    Path path() {
        return path;
    }

    /** {@return the length of the file in bytes} */
    long size() {
        return size;
    }

    /**
     * {@return a read-only little-endian view of a part of the file}
     *
     * @param offset of its first byte
     * @param length in bytes, at most {@link #MAX_RUN}
     */
    ByteBuffer view(long offset, int length) {
        if (offset < 0 || length < 0 || length > MAX_RUN || offset > size - length) {
            throw new IndexOutOfBoundsException(path + ": " + length + " bytes at " + offset + " of " + size);
        }
        ByteBuffer[] open = windows;
        if (open == null) {
            throw new IllegalStateException(path + ": closed");
        }
        if (length == 0) {
            return ByteBuffer.allocate(0).asReadOnlyBuffer().order(ByteOrder.LITTLE_ENDIAN);
        }
        ByteBuffer window = open[(int) (offset / MAX_RUN)];
        return window.slice((int) (offset % MAX_RUN), length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Adds all bytes of the file to a digest. */
    void addTo(MessageDigest digest) {
        for (long at = 0; at < size; at += MAX_RUN) {
            digest.update(view(at, (int) Math.min(MAX_RUN, size - at)));
        }
    }

    /** Lets the maps go; views given out before stay valid. Closing twice is harmless. */
    @Override
    public void close() {
        windows = null;
    }
}
