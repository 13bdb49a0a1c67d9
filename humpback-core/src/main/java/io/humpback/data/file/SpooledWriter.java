package io.humpback.data.file;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.AtomicFiles;
import io.humpback.internal.Places;
import io.humpback.internal.Replacement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A writer of one file whose columns are those of all rows together: they are set aside until all are known. */
abstract class SpooledWriter extends StagedWriter {

    final Path file;
    private final Path temporary;
    private final Spool spool;
    private boolean closed;

    SpooledWriter(Path file) throws IOException {
        Places.requireWritable(file);
        this.file = file.toAbsolutePath();
        Replacement.complete(this.file);
        temporary = AtomicFiles.temporary(this.file);
        spool = new Spool(AtomicFiles.temporary(this.file));
    }

    /** Takes note of the columns of a row. */
    abstract void see(ObjectNode row);

    /** Makes the file, under another name, of all rows as JSON Lines. */
    abstract void write(Path jsonLines, Path temporary) throws IOException;

    @Override
    public final void write(ObjectNode row) throws IOException {
        see(row);
        spool.write(row);
    }

    @Override
    final Path target() {
        return file;
    }

    @Override
    final void stage(Replacement replacement) throws IOException {
        if (closed) {
            throw new IllegalStateException(file + ": already closed");
        }
        spool.end();
        write(spool.file, temporary);
        spool.delete();
        closed = true;
        replacement.appear(temporary, file);
    }

    @Override
    public final void close() throws IOException {
        if (!closed) {
            closed = true;
            spool.delete();
            Files.deleteIfExists(temporary);
        }
    }
}
