package io.humpback.onnx.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.ReferenceData;
import java.io.IOException;
import java.nio.file.Path;

/** Reference data outside the project; a test that needs some is skipped where it is absent. */
final class Shared {

    private Shared() {}

    static Path file(String name) {
        return ReferenceData.file(name);
    }

    static JsonNode json(String name) throws IOException {
        return ReferenceData.json(name);
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
