package io.humpback.data.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.Closeable;
import java.io.IOException;

/** Writes rows to something that appears, or replaces an older one, when it is committed, and not before. */
public interface RowWriter extends Closeable {

    /** Writes one row. */
    void write(ObjectNode row) throws IOException;

    /** Makes what was written appear, complete and on disk; nothing can be written afterwards. */
    void commit() throws IOException;

    /** Without a {@link #commit()} before: forgets all that was written and leaves what was there as it was. */
    @Override
    void close() throws IOException;
}
