package io.humpback.data.web;

import java.io.Closeable;
import org.jspecify.annotations.Nullable;

/** Pages one after another, from a file, a folder or an archive. What cannot be read goes to the rejects. */
interface PageReader extends Closeable {
    /** The next page, or null at the end. */
    @Nullable
    Page next();

    /** Closes what is open; a fault while closing a file that was only read is of no consequence. */
    @Override
    void close();
}
