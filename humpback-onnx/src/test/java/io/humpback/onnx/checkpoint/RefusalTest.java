package io.humpback.onnx.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class RefusalTest {

    @Test
    void aMessageIsOneLineWithoutControlCharacters() {
        String message =
                Refusal.of("file", "tensor a\nb\u001b[31m\u2028c\u009b\u202ed").getMessage();
        assertEquals("file: tensor a?b?[31m?c??d", message);
    }

    @Test
    void aMessageIsNeverLong() {
        assertTrue(Refusal.of("file", "x".repeat(100_000)).getMessage().length() < 700);
    }

    @Test
    void unusualNamesAreQuoted() {
        assertEquals("model.norm.weight", Refusal.shown("model.norm.weight"));
        assertEquals("\"a b\"", Refusal.shown("a b"));
        assertEquals("\"\"", Refusal.shown(""));
    }
}
