package io.humpback.spark;

import io.humpback.hub.Hub;
import io.humpback.internal.Sha256;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.apache.spark.SparkFiles;

/**
 * A model or adapter named by the SHA-256 of a file of it, a GGUF file or weights in safetensors, wherever it lies: among the files
 * that Spark has brought, or in the hub's cache.
 */
record ContentHash(String hex) {

    static final String PREFIX = "sha256:";

    /** Folders below each other in which it is looked for. */
    private static final int DEPTH = 6;

    /** {@return the hash that a name such as {@code sha256:9f86...} holds} */
    static ContentHash parse(String name) {
        String hex = name.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
        if (!hex.matches("[0-9a-f]{64}")) {
            throw new IllegalArgumentException(
                    "model = " + name + ": expected " + PREFIX + " and 64 hexadecimal digits");
        }
        return new ContentHash(hex);
    }

    /** {@return the GGUF file, or the folder that the weights are in} */
    Path find() throws IOException {
        List<Path> places = List.of(
                Path.of(SparkFiles.getRootDirectory()), Hub.ofEnvironment().cache());
        for (Path place : places) {
            if (Files.isDirectory(place)) {
                try (Stream<Path> files = Files.walk(place, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
                    for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
                        String name = file.getFileName().toString();
                        if (name.endsWith(".gguf") && matches(file)) {
                            return file;
                        } else if (name.endsWith(".safetensors") && matches(file)) {
                            return Objects.requireNonNull(file.getParent());
                        }
                    }
                }
            }
        }
        throw new IOException(PREFIX + hex + ": found no such .gguf or .safetensors in " + places
                + ", expected it there: spark.files brings it");
    }

    /** The cache calls large files by their hashes, which were checked when they came. */
    private boolean matches(Path file) throws IOException {
        String real = file.toRealPath().getFileName().toString();
        return real.matches("[0-9a-f]{64}") ? real.equals(hex) : Sha256.of(file).equals(hex);
    }
}
