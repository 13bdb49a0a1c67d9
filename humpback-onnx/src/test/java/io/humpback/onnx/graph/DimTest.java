package io.humpback.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class DimTest {

    @Test
    void numbersAreAdded() {
        assertEquals(Dim.of(12), Dim.of(5).plus(Dim.of(7)));
    }

    @Test
    void namesAreAddedByName() {
        assertEquals("P+1", Dim.named("P").plus(Dim.of(1)).toString());
    }

    @Test
    void equalNamesAreEqualSizes() {
        assertEquals(Dim.named("N"), Dim.named("N"));
        assertNotEquals(Dim.named("N"), Dim.named("M"));
        assertNotEquals(Dim.named("1"), Dim.of(1));
    }

    @Test
    void negativeSizesAreRefused() {
        assertEquals(
                "dimension -1: expected at least 0",
                assertThrows(IllegalArgumentException.class, () -> Dim.of(-1)).getMessage());
    }
}
