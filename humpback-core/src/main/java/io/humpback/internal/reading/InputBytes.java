package io.humpback.internal.reading;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.LongAdder;
import java.util.stream.Stream;

/** How many bytes of its input files this process has read so far, as they lie on disk. For progress alone. */
public final class InputBytes {

    private static final LongAdder READ = new LongAdder();

    private InputBytes() {}

    /** {@return the bytes of a file, which are counted as they are read} */
    public static InputStream open(Path file) throws IOException {
        return new FilterInputStream(Files.newInputStream(file)) {
            @Override
            public int read() throws IOException {
                int value = super.read();
                add(value < 0 ? 0 : 1);
                return value;
            }

            @Override
            public int read(byte[] bytes, int from, int length) throws IOException {
                int count = super.read(bytes, from, length);
                add(count);
                return count;
            }
        };
    }

    /** Counts bytes that were read in another way; less than none are none. */
    public static void add(long count) {
        READ.add(Math.max(0, count));
    }

    /** {@return the bytes that were read since the process began} */
    public static long read() {
        return READ.sum();
    }

    /** {@return the bytes of a file, or of all files in a folder; 0 if there is none} */
    public static long size(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            return Files.isRegularFile(path) ? Files.size(path) : 0;
        }
        long bytes = 0;
        try (Stream<Path> files = Files.walk(path)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                bytes += Files.isRegularFile(file) ? Files.size(file) : 0;
            }
        }
        return bytes;
    }
}
