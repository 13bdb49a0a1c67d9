package io.humpback.internal.unpack;

import java.io.IOException;
import java.io.InputStream;

/** Reads a file that was packed piece by piece, so that each piece can be read by itself. */
public abstract class Members extends InputStream {

    /** The packed bytes. */
    final InputStream in;

    /** Where the piece that is being read begins. */
    long memberStart;

    Members(InputStream in, long offset) {
        this.in = in;
        this.memberStart = offset;
    }

    /** {@return the offset in bytes of the piece that the last byte read came from} */
    public final long memberStart() {
        return memberStart;
    }

    /** Frees the decompressor and leaves the input open. */
    public abstract void end();

    @Override
    public abstract int read(byte[] bytes, int offset, int length) throws IOException;

    @Override
    public final int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public final void close() throws IOException {
        end();
        in.close();
    }
}
