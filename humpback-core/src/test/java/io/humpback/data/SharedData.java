package io.humpback.data;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Reference data outside of the project. */
final class SharedData {

    private SharedData() {}

    /** A file of the reference data; the test is skipped where it is absent. */
    static Path file(String name) {
        Path file = Path.of(System.getProperty("humpback.shared", "shared"), "data", name);
        assumeTrue(Files.exists(file), "no reference data: " + name);
        return file;
    }
}
