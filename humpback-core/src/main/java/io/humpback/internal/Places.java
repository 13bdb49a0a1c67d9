package io.humpback.internal;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What lies where a file is read or written. */
public final class Places {

    private Places() {}

    /**
     * Refuses a pipe or device that lies in a folder, where opening it could wait for ever. What the process was given
     * open, such as {@code /dev/stdin} or {@code /dev/fd/63}, is read.
     *
     * @throws IOException that names the file
     */
    public static void requireReadable(Path file) throws IOException {
        boolean open = file.startsWith("/dev/stdin") || file.startsWith("/dev/fd") || file.startsWith("/proc/self/fd");
        if (Files.exists(file) && !Files.isRegularFile(file) && !open) {
            throw new IOException(file + ": found " + kind(file) + ", expected a file to read");
        }
    }

    /**
     * Refuses to write where something else than a file lies, which a file would replace.
     *
     * @throws IOException that names the file
     */
    public static void requireWritable(Path file) throws IOException {
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new IOException(file + ": found " + kind(file) + ", expected a file to write");
        }
    }

    /** Refuses to fill a folder where something else lies, such as a file or a device. */
    public static void requireFolder(Path folder) throws IOException {
        if (Files.exists(folder) && !Files.isDirectory(folder)) {
            throw new IOException(folder + ": found " + (Files.isRegularFile(folder) ? "a file" : kind(folder))
                    + ", expected a folder");
        }
    }

    /** {@return a fault with the place where writing failed: the system's message about a full disk names none} */
    public static IOException naming(Path place, IOException e) {
        return e.getClass() == IOException.class
                        && !String.valueOf(e.getMessage()).contains(place.toString())
                ? new IOException(place + ": cannot be written: " + e.getMessage(), e)
                : e;
    }

    private static String kind(Path path) {
        return Files.isDirectory(path) ? "a folder" : "a pipe or device";
    }
}
