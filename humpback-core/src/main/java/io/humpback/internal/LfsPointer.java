package io.humpback.internal;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The few lines of text that a clone without Git LFS leaves in place of a large file. */
public final class LfsPointer {

    /** What a message says of such a file. */
    public static final String FOUND =
            "a Git LFS pointer, not the file itself: run \"git lfs pull\" where it was cloned";

    private static final byte[] BEGINNING =
            "version https://git-lfs.github.com/spec/".getBytes(StandardCharsets.US_ASCII);

    private LfsPointer() {}

    /** {@return whether a pointer lies in place of a file} */
    public static boolean isAt(Path file) throws IOException {
        Places.requireReadable(file);
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(BEGINNING.length), BEGINNING);
        }
    }
}
