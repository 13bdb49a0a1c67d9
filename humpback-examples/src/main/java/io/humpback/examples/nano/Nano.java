package io.humpback.examples.nano;

import io.humpback.internal.Places;
import io.humpback.internal.TemporaryFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

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
        Path parent = TemporaryFiles.newFolder(NAME);
        Path folder = Files.createDirectory(parent.resolve(NAME)); // adapters record the name of their base
        try {
            NanoFolder.writeTrained(folder);
        } catch (IOException e) {
            throw Places.naming(folder, e);
        }
        return folder;
    }
}
