package io.humpback.data.file;

import io.humpback.internal.Replacement;
import java.io.IOException;
import java.nio.file.Path;

/** A writer of files that can appear together with those of others. */
abstract class StagedWriter implements RowWriter {

    /** {@return the file or folder that is written} */
    abstract Path target();

    /** Completes what was written under other names, and hands it over to appear; nothing can be written afterwards. */
    abstract void stage(Replacement replacement) throws IOException;

    @Override
    public final void commit() throws IOException {
        Replacement replacement = new Replacement(target());
        stage(replacement);
        replacement.commit();
    }
}
