package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** Reference data outside the project; a test that needs some is skipped where it is absent. */
final class Shared {

    private Shared() {}

    static Path file(String name) {
        Path file =
                Path.of(System.getProperty("humpback.shared", "../../shared")).resolve(name);
        Assumptions.assumeTrue(Files.exists(file), "reference data " + name + " is not here");
        return file;
    }

    static JsonNode json(String name) throws IOException {
        return new ObjectMapper().readTree(file(name).toFile());
    }

    static float[] floats(JsonNode list) {
        float[] values = new float[list.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = list.get(i).floatValue();
        }
        return values;
    }

    static float[] floats(Tensor tensor) {
        float[] values = new float[Math.toIntExact(tensor.rows() * tensor.rowLength())];
        tensor.floats(0, Math.toIntExact(tensor.rows()), values, 0);
        return values;
    }
}
