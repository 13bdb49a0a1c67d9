package io.humpback;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Reference data and models outside the project; a test that asks for some that are absent is skipped. */
public final class ReferenceData {

    private static final ObjectMapper JSON = new ObjectMapper();

    private ReferenceData() {}

    /** A path that may be absent, for a test that then goes another way. */
    public static Path path(String name) {
        return Path.of(System.getProperty("humpback.shared", "../../shared")).resolve(name);
    }

    /** A file or folder, such as {@code data/golden/tiny-llama3}. */
    public static Path file(String name) {
        Path file = path(name);
        Assumptions.assumeTrue(Files.exists(file), "reference data " + name + " is not here");
        return file;
    }

    public static JsonNode json(String name) throws IOException {
        return JSON.readTree(file(name).toFile());
    }
}
