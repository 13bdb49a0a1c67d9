package io.humpback.onnx.checkpoint;

import io.humpback.internal.FileKind;
import io.humpback.onnx.cache.FileStamp;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * A file of which parts are read where they are asked for. Its header is mapped, its data is not: pages of a map that was
 * read once would count as memory of the process until the garbage collector frees the map, as large as the checkpoint.
 * Safe for use by many threads; an interrupted thread does not end the reading of others.
 */
final class TensorFile implements Closeable {

    /** The longest run that is read at once, in bytes. */
    static final int MAX_RUN = 1 << 30;

    private static final long MAX_SIZE = 1L << 42;
    private static final int CHUNK = 1 << 20;

    private final Path path;
    private final long size;
    private final FileStamp stamp;
    private final RandomAccessFile file;
    private boolean closed;

    private TensorFile(Path path, long size, FileStamp stamp, RandomAccessFile file) {
        this.path = path;
        this.size = size;
        this.stamp = stamp;
        this.file = file;
    }

    static TensorFile open(Path path) throws IOException {
        // a pipe or a device would block or never end
        if (!Files.isRegularFile(path)) {
            throw Refusal.of(path, Files.exists(path) ? "not a regular file" : "no such file");
        }
        if (FileKind.isLfsPointer(path)) {
            throw Refusal.of(path, FileKind.LFS_POINTER);
        }
        FileStamp stamp = FileStamp.of(path);
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "r");
        try {
            long size = file.length();
            if (size > MAX_SIZE) {
                throw Refusal.of(path, size + " bytes long, expected at most " + MAX_SIZE);
            }
            return new TensorFile(path, size, stamp, file);
        } catch (IOException | RuntimeException e) {
            file.close();
            throw e;
        }
    }

    Path path() {
        return path;
    }

    /** {@return the length of the file in bytes} */
    long size() {
        return size;
    }

    /** {@return the stamp that the file had when it was opened} */
    FileStamp stamp() {
        return stamp;
    }

    /** {@return a read-only little-endian map of the file's first bytes, at most {@link #MAX_RUN}} */
    ByteBuffer head(int length) throws IOException {
        check(0, length);
        return file.getChannel().map(FileChannel.MapMode.READ_ONLY, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * {@return a copy of a part of the file, little-endian}
     *
     * @param offset of its first byte
     * @param length in bytes, at most {@link #MAX_RUN}
     * @throws UncheckedIOException if it cannot be read, or the file has become shorter
     */
    ByteBuffer read(long offset, int length) {
        check(offset, length); // before memory is taken
        byte[] bytes = new byte[length];
        read(offset, bytes, length);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Reads a part of the file into the beginning of an array; otherwise as {@link #read(long, int)}. */
    synchronized void read(long offset, byte[] bytes, int length) {
        check(offset, length);
        if (closed) {
            throw new IllegalStateException(path + ": closed");
        }
        try {
            file.seek(offset);
            for (int at = 0; at < length; ) { // a long read would take as much native memory again
                int count = file.read(bytes, at, Math.min(CHUNK, length - at));
                if (count < 0) {
                    throw new EOFException(path + ": " + file.length() + " bytes long, was " + size);
                }
                at += count;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void check(long offset, int length) {
        if (offset < 0 || length < 0 || length > MAX_RUN || offset > size - length) {
            throw new IndexOutOfBoundsException(path + ": " + length + " bytes at " + offset + " of " + size);
        }
    }

    /** Adds all bytes of the file to a digest. */
    void addTo(MessageDigest digest) {
        byte[] bytes = new byte[CHUNK];
        for (long at = 0; at < size; at += CHUNK) {
            int length = (int) Math.min(CHUNK, size - at);
            read(at, bytes, length);
            digest.update(bytes, 0, length);
        }
    }

    /** Lets the file go. Closing twice is harmless. */
    @Override
    public synchronized void close() {
        closed = true;
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
