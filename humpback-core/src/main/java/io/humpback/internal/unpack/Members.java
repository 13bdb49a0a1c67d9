package io.humpback.internal.unpack;

import java.io.InputStream;

/** Reads a file that was packed piece by piece, so that each piece can be read by itself. */
public abstract class Members extends InputStream {

    /** For the kinds of packing. */
    protected Members() {}

    /** {@return the offset in bytes of the piece that the last byte read came from} */
    public abstract long memberStart();

    /** Frees the decompressor and leaves the input open. */
    public abstract void end();
}
