package io.humpback.data.web;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Finds some bytes in a stream again and again, in one pass. */
final class ByteSearch implements Closeable {

    /** How many bytes can be looked at from where something was found. */
    private static final int AHEAD = 64;

    private final InputStream in;
    private final byte[] wanted;
    private final byte[] block = new byte[1 << 16];
    private long offset; // of the block
    private int position;
    private int limit;

    /** Searches a stream whose first byte has an offset. */
    ByteSearch(InputStream in, long offset, byte[] wanted) {
        this.in = in;
        this.offset = offset;
        this.wanted = wanted.clone();
    }

    /** {@return the offset of the next occurrence, or -1 if there is none} */
    long next() throws IOException {
        while (true) {
            if (limit - position < AHEAD) {
                System.arraycopy(block, position, block, 0, limit - position);
                offset += position;
                limit -= position;
                position = 0;
                limit += in.readNBytes(block, limit, block.length - limit);
            }
            int last = limit < block.length
                    ? limit - wanted.length
                    : limit - AHEAD; // the end of the stream, or of a block
            for (; position <= last; position++) {
                if (Arrays.equals(block, position, position + wanted.length, wanted, 0, wanted.length)) {
                    return offset + position++;
                }
            }
            if (limit < block.length) {
                return -1;
            }
        }
    }

    /** {@return up to {@code n} bytes from the last occurrence on, at most 64} */
    byte[] found(int n) {
        return Arrays.copyOfRange(block, position - 1, Math.min(limit, position - 1 + n));
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
