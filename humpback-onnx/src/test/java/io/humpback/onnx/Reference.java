package io.humpback.onnx;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.ReferenceData;
import io.humpback.onnx.checkpoint.Checkpoint;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** Reference data outside the project; a test that needs some is skipped where it is absent. */
final class Reference {

    private Reference() {}

    static Path file(String name) {
        return ReferenceData.file(name);
    }

    static Path tiny() {
        return file("data/golden/tiny-llama3");
    }

    /** {@return metadata with the tokenizer that the small models have} */
    static Map<String, Object> ggufMetadata() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(file("data/golden/tiny-gguf/tiny-llama3-mixed.gguf"))) {
            return Objects.requireNonNull(checkpoint.text().ggufMetadata());
        }
    }

    static Path smolLm2() {
        return file("models/SmolLM2-135M-Instruct.Q4_1.gguf");
    }

    static JsonNode golden(String name) throws IOException {
        return ReferenceData.json("data/golden/" + name);
    }

    static int[] ids(JsonNode array) {
        return IntStream.range(0, array.size())
                .map(i -> array.get(i).intValue())
                .toArray();
    }

    static List<Integer> list(int[] ids) {
        List<Integer> list = new ArrayList<>();
        for (int id : ids) {
            list.add(id);
        }
        return list;
    }
}
