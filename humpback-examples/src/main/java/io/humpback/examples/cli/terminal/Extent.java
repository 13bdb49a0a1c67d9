package io.humpback.examples.cli.terminal;

import io.humpback.internal.reading.InputBytes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** How much there is to do: a number of rows, or as many as the share of the input that is read lets expect. */
public final class Extent {

    /** What is read ahead of the rows says little of smaller files. */
    private static final long LEAST_BYTES = 4 << 20;

    private final long rows;
    private final long bytes;
    private final long before;

    private Extent(long rows, long bytes) {
        this.rows = rows;
        this.bytes = bytes;
        before = InputBytes.read();
    }

    /** {@return a number of rows} */
    public static Extent of(long rows) {
        return new Extent(rows, 0);
    }

    /** {@return what nothing is known of} */
    public static Extent unknown() {
        return of(-1);
    }

    /** {@return the rows of files and folders, which are read from now on} */
    public static Extent of(List<Path> inputs) throws IOException {
        long bytes = 0;
        for (Path path : inputs) {
            bytes += InputBytes.size(path);
        }
        return new Extent(-1, bytes);
    }

    /**
     * {@return how many rows there are in all; -1 as long as that is not known}
     *
     * @param done rows so far
     */
    long total(long done) {
        if (rows >= 0 || bytes < LEAST_BYTES) {
            return rows;
        }
        return expected(done, InputBytes.read() - before, bytes);
    }

    /** {@return how many rows files have of which some bytes gave a number of them; -1 if that says too little} */
    static long expected(long done, long read, long bytes) {
        return done == 0 || read < bytes / 100 ? -1 : Math.max(done, Math.round((double) done * bytes / read));
    }
}
