package io.humpback.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IfTest {

    private static final Weight WEIGHT = Graphs.weight("w", Shape.of(2), 10, 20);

    private static Graph adding(UnaryOperator<Value> change) {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("B", 2));
        // of the second output nothing depends on an input
        graph.output("y", change.apply(x.plus(graph.weight(WEIGHT))));
        graph.output("z", change.apply(graph.weight(WEIGHT)));
        return graph;
    }

    private static Value single(Graph graph) {
        return graph.input("x").size(0).less(graph.integers(2)).reshape();
    }

    private static Graph either() {
        return If.of(IfTest::single, adding(Value::negated), adding(value -> value.times(2)));
    }

    private static float[] run(Graph graph, String output, float... x) {
        return Graphs.run(graph, output, Map.of("x", new Graphs.Input(x, x.length / 2, 2)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void theConditionChoosesWhichGraphIsComputed(boolean rewritten) {
        Graph graph = rewritten ? either().rewritten((node, inputs, to) -> null) : either();
        assertArrayEquals(new float[] {-11, -22}, run(graph, "y", 1, 2));
        assertArrayEquals(new float[] {-10, -20}, run(graph, "z", 1, 2));
        assertArrayEquals(new float[] {22, 44, 26, 48}, run(graph, "y", 1, 2, 3, 4));
        assertArrayEquals(new float[] {20, 40}, run(graph, "z", 1, 2, 3, 4));
    }

    @Test
    void aWeightOfBothIsThereOnce() {
        assertEquals(List.of(WEIGHT), either().liveWeights());
    }

    /** What both would compute before the choice is made would be computed in vain. */
    @Test
    void nothingOfEitherIsComputedOutsideOfIt() {
        assertEquals(
                List.of(Op.SHAPE, Op.SLICE, Op.LESS, Op.RESHAPE, Op.IF),
                either().live().stream().map(Node::op).toList());
    }

    @Test
    void aRuleIsAskedForTheNodesOfBoth() {
        Graph graph = either().rewritten((node, inputs, to) ->
                node.op() == Op.ADD ? List.of(inputs.get(0).minus(inputs.get(1))) : null);
        assertArrayEquals(new float[] {9, 18}, run(graph, "y", 1, 2));
        assertArrayEquals(new float[] {-18, -36, -14, -32}, run(graph, "y", 1, 2, 3, 4));
    }

    @Test
    void graphsThatAreNotAlikeAreRefused() {
        Graph more = adding(Value::negated);
        more.input("more", ElementType.FLOAT, Shape.of());
        assertRefused(
                "If: [x] and [x, more], expected the same", () -> If.of(IfTest::single, adding(Value::negated), more));
        assertRefused(
                "If: y FLOAT[B, 2] and FLOAT[2, B], expected the same",
                () -> If.of(
                        IfTest::single,
                        adding(Value::negated),
                        adding(value -> value.shape().rank() == 1 ? value.negated() : value.transpose(1, 0))));
        assertRefused(
                "If: INT64[1], expected BOOL[]",
                () -> If.of(to -> to.input("x").size(0), adding(Value::negated), adding(Value::abs)));
    }

    private static void assertRefused(String message, Runnable graph) {
        String found = assertThrows(IllegalArgumentException.class, graph::run).getMessage();
        assertEquals(message, found.substring(found.indexOf("If:")));
    }
}
