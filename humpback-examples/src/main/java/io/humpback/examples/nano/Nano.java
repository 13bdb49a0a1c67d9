package io.humpback.examples.nano;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The small model that comes with the program. It knows the language of made worlds, and nothing of ours. */
public final class Nano {

    /** What it goes by in place of a path. */
    public static final String NAME = "nano";

    private Nano() {}

    /**
     * {@return the path as it is, or, where it is {@value #NAME} and nothing is there, a folder with the model that is
     * deleted when the JVM ends}
     *
     * @throws IOException if the folder cannot be written
     */
    public static Path resolve(Path path) throws IOException {
        return path.equals(Path.of(NAME)) && !Files.exists(path) ? unpacked() : path;
    }

    private static Path unpacked() throws IOException {
        Path parent = Files.createTempDirectory(NAME);
        Path folder = Files.createDirectory(parent.resolve(NAME)); // adapters record the name of their base
        NanoFolder.writeTrained(folder);
        parent.toFile().deleteOnExit(); // after what is in it: the last that is named goes first
        folder.toFile().deleteOnExit();
        try (var files = Files.list(folder)) {
            List<Path> all = files.toList();
            all.forEach(file -> file.toFile().deleteOnExit());
        }
        return folder;
    }
}
