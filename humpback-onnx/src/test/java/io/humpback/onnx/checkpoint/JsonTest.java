package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {

    private static final Path FILE = Path.of("some.json");

    @Test
    void anObjectIsRead() {
        assertEquals(1, Json.object(FILE, " {\"a\": 1} ").get("a").intValue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "[]",
                "3",
                "null",
                "{",
                "{} {}",
                "{\"a\": 1, \"a\": 1}",
                "{\"a\": {\"b\": 1, \"b\": 2}}",
                "{\"a\": NaN}",
                "{'a': 1}",
                "{\"a\": 1,}",
                "\ufeff\ufeff{}"
            })
    void anythingElseIsRefused(String text) {
        String message = assertThrows(ModelException.class, () -> Json.object(FILE, text))
                .getMessage();
        assertTrue(message.startsWith("some.json: "), message);
    }

    @Test
    void deepNestingIsRefused() {
        String text = "{\"a\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}";
        assertThrows(ModelException.class, () -> Json.object(FILE, text));
    }
}
