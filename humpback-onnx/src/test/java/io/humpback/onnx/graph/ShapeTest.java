package io.humpback.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;

class ShapeTest {

    @Provide
    Arbitrary<Shape> shapes() {
        Arbitrary<Dim> dims =
                Arbitraries.of(Dim.of(1), Dim.of(1), Dim.of(2), Dim.of(3), Dim.named("B"), Dim.named("S"));
        return dims.list().ofMaxSize(4).map(Shape::new);
    }

    /** NumPy's rule as its manual says it: shapes aligned at the end, each pair equal or one of the two 1. */
    private static Optional<Shape> naive(Shape a, Shape b) {
        List<String> x = padded(a, b);
        List<String> y = padded(b, a);
        List<Object> dims = new ArrayList<>();
        for (int i = 0; i < x.size(); i++) {
            if (!x.get(i).equals(y.get(i)) && !x.get(i).equals("1") && !y.get(i).equals("1")) {
                return Optional.empty();
            }
            String dim = x.get(i).equals("1") ? y.get(i) : x.get(i);
            dims.add(dim.matches("\\d+") ? (Object) Long.valueOf(dim) : dim);
        }
        return Optional.of(Shape.of(dims.toArray()));
    }

    private static List<String> padded(Shape shape, Shape other) {
        List<String> dims = new ArrayList<>(Collections.nCopies(Math.max(0, other.rank() - shape.rank()), "1"));
        shape.dims().forEach(dim -> dims.add(dim.toString()));
        return dims;
    }

    @Property
    void broadcastingIsNumPys(@ForAll("shapes") Shape a, @ForAll("shapes") Shape b) {
        assertEquals(naive(a, b), Shape.broadcast(a, b));
        assertEquals(Shape.broadcast(b, a), Shape.broadcast(a, b));
    }

    @Test
    void aNameFitsOnlyItselfAndOne() {
        assertEquals(Optional.of(Shape.of("B", 3)), Shape.broadcast(Shape.of("B", 1), Shape.of(3)));
        assertEquals(Optional.empty(), Shape.broadcast(Shape.of("B"), Shape.of("S")));
        assertEquals(Optional.empty(), Shape.broadcast(Shape.of("B"), Shape.of(3)));
    }

    @Test
    void elementsAreKnownWhereAllDimensionsAre() {
        assertEquals(Optional.of(24L), Shape.of(2, 3L, Dim.of(4)).elements());
        assertEquals(Optional.of(1L), Shape.of().elements());
        assertEquals(Optional.of(0L), Shape.of(7, 0).elements());
        assertEquals(Optional.empty(), Shape.of(2, "N").elements());
        assertThrows(
                ArithmeticException.class, () -> Shape.of(1L << 32, 1L << 32).elements());
    }

    @Test
    void axesCountFromBothEnds() {
        Shape shape = Shape.of("B", 5, 7);
        assertEquals(Dim.named("B"), shape.get(-3));
        assertEquals(Dim.of(7), shape.get(-1));
        assertEquals(
                "axis 3 of [B, 5, 7]",
                assertThrows(IllegalArgumentException.class, () -> shape.get(3)).getMessage());
        assertThrows(IllegalArgumentException.class, () -> shape.get(-4));
    }

    @Test
    void shapesReadAsTheyAreWritten() {
        assertEquals("[B, 1, 7]", Shape.of("B", 1, 7L).toString());
        assertEquals("[]", Shape.of().toString());
    }
}
