package io.humpback.data.web;

import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Counts the bytes that an archive really produces, whatever its headers announce, and stops where there are more than
 * allowed: in all, and for the step that is being read.
 */
final class Metered extends FilterInputStream {

    /** More bytes came than allowed. */
    static final class TooManyBytes extends IOException {

        private static final long serialVersionUID = 1;

        TooManyBytes(String message) {
            super(message);
        }
    }

    /** What the headers of one archive entry may take, in bytes: names, times, HTTP fields. */
    static final int HEADER_BYTES = 1 << 20;

    private final long maxTotal;
    private long total;
    private long maxStep = Long.MAX_VALUE;
    private long step;

    /** Allows a number of bytes in all. */
    Metered(InputStream in, long maxTotal) {
        super(in);
        this.maxTotal = maxTotal;
    }

    /** Bytes read so far. */
    long total() {
        return total;
    }

    /** Whether no more bytes may be read at all. */
    boolean isExhausted() {
        return total >= maxTotal;
    }

    /** Begins a step that may read no more than {@code bytes}. */
    void allow(long bytes) {
        maxStep = bytes;
        step = 0;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        long allowed = Math.min(maxTotal - total, maxStep - step);
        int n = in.read(bytes, offset, (int) Math.min(length, Math.max(1, allowed)));
        if (n > allowed) {
            throw new TooManyBytes(
                    total >= maxTotal
                            ? "produces more than " + maxTotal + " bytes"
                            : "a header of more than " + maxStep + " bytes");
        }
        if (n > 0) {
            total += n;
            step += n;
        }
        return n;
    }

    @Override
    public long skip(long bytes) throws IOException {
        byte[] sink = new byte[(int) Math.min(bytes, 1 << 13)];
        long skipped = 0;
        while (skipped < bytes) {
            int n = read(sink, 0, (int) Math.min(sink.length, bytes - skipped));
            if (n < 0) {
                break;
            }
            skipped += n;
        }
        return skipped;
    }

    @Override
    public int available() {
        return 0; // so that a channel over this stream hands on what one read gave
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    /** Reads a stream to its end; {@link TooManyBytes} if it has more than {@code max} bytes. */
    static byte[] readAll(InputStream in, int max) throws IOException {
        byte[] bytes = new byte[Math.min(max, 1 << 16)];
        int length = 0;
        while (true) {
            if (length == bytes.length) {
                if (length == max) {
                    if (in.read() >= 0) {
                        throw new TooManyBytes("more than " + max + " bytes, the limit of a page");
                    }
                    return bytes;
                }
                bytes = Arrays.copyOf(bytes, (int) Math.min(max, 2L * length));
            }
            int n = in.read(bytes, length, bytes.length - length);
            if (n < 0) {
                return Arrays.copyOf(bytes, length);
            }
            if (n == 0) { // a decoder that is out of input and does not say so
                throw new EOFException("ends early");
            }
            length += n;
        }
    }
}
