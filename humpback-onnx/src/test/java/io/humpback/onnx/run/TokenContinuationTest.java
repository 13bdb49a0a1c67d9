package io.humpback.onnx.run;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class TokenContinuationTest {

    @Test
    void theLastTokenIsNotRead() {
        TokenContinuation continuation = new TokenContinuation(new int[] {1, 2}, new int[] {3, 4});
        assertArrayEquals(new int[] {1, 2, 3}, continuation.read());
        assertEquals(4, continuation.length());
        assertArrayEquals(new int[] {1}, new TokenContinuation(new int[] {1}, new int[] {9}).read());
    }
}
