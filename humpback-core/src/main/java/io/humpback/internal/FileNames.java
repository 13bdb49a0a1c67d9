package io.humpback.internal;

import java.nio.file.Path;
import java.util.Locale;

/** What the names of files say of their content. */
public final class FileNames {

    private FileNames() {}

    /** {@return whether a file is gzipped} */
    public static boolean isGzip(Path file) {
        return lower(file).endsWith(".gz");
    }

    /** {@return the file's name in lower case, without {@code .gz}} */
    public static String unpacked(Path file) {
        String name = lower(file);
        return name.endsWith(".gz") ? name.substring(0, name.length() - 3) : name;
    }

    private static String lower(Path file) {
        Path last = file.getFileName();
        return last == null ? "" : last.toString().toLowerCase(Locale.ROOT);
    }
}
