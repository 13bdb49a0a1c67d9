package io.humpback.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class GraphTest {

    private static void refused(String message, Executable building) {
        assertEquals(
                message, assertThrows(IllegalArgumentException.class, building).getMessage());
    }

    @Test
    void valuesOfTwoGraphsDoNotMix() {
        Value x = new Graph().input("x", ElementType.FLOAT, Shape.of("N"));
        Graph other = new Graph();
        Value y = other.input("y", ElementType.FLOAT, Shape.of("N"));
        refused("y FLOAT[N] belongs to another graph", () -> x.plus(y));
        refused("x FLOAT[N] belongs to another graph", () -> y.times(x));
        refused("x FLOAT[N] belongs to another graph", () -> other.output("z", x));
        refused("x FLOAT[N] belongs to another graph", () -> other.weightOf(x));
        refused("x FLOAT[N] belongs to another graph", () -> other.producerOf(x));
    }

    @Test
    void namesAreTakenOnce() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N"));
        refused("name \"x\" is taken", () -> graph.input("x", ElementType.INT64, Shape.of()));
        refused("name \"x\" is taken", () -> graph.weight(Graphs.weight("x", Shape.of(1), 1)));
        refused("name \"x\" is taken", () -> graph.output("x", x.abs()));
        graph.output("y", x.abs());
        refused("name \"y\" is taken", () -> graph.output("y", x.abs()));
        refused("name \"y\" is taken", () -> graph.input("y", ElementType.INT64, Shape.of()));
    }

    @Test
    void outputsAreMadeValuesWithOneName() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("N"));
        refused("output \"y\": expected a computed value with no other name", () -> graph.output("y", x));
        Value made = x.abs();
        graph.output("y", made);
        refused("output \"z\": expected a computed value with no other name", () -> graph.output("z", made));
    }

    @Test
    void aNumberedNameIsNotGivenTwice() {
        Graph graph = new Graph();
        Value x = graph.input("/Abs_1", ElementType.FLOAT, Shape.of(2));
        graph.output("y", x.abs().abs().abs());
        assertArrayEquals(
                new float[] {1, 2}, Graphs.run(graph, "y", Map.of("/Abs_1", new Graphs.Input(new float[] {-1, 2}, 2))));
    }

    @Test
    void aWeightIsTakenOnceByItsName() {
        Graph graph = new Graph();
        Value weight = graph.weight(Graphs.weight("w", Shape.of(2), 1, 2));
        assertSame(weight, graph.weight(Graphs.weight("w", Shape.of(2), 1, 2)));
        refused("weight \"w\": FLOAT[3], but before FLOAT[2]", () -> graph.weight(Graphs.weight("w", Shape.of(3))));
        assertEquals("w", assertNotNullValue(graph.weightOf(weight)).name());
        assertNull(graph.weightOf(weight.abs()));
        assertNull(graph.producerOf(weight));
        assertEquals(Op.ABS, assertNotNullValue(graph.producerOf(weight.abs())).op());
    }

    private static <T> T assertNotNullValue(T value) {
        assertNotNull(value);
        return value;
    }

    @Test
    void equalConstantsAreOne() {
        Graph graph = new Graph();
        assertSame(graph.integers(1, 2), graph.integers(1, 2));
        assertSame(graph.constant(1f), graph.constant(1f));
        assertTrue(graph.constant(0f) != graph.constant(-0f));
        assertTrue(graph.constant(Shape.of(1), 1) != graph.constant(1f));
        refused("constant FLOAT[3]: found 8 bytes", () -> graph.constant(ElementType.FLOAT, Shape.of(3), new byte[8]));
    }

    @Test
    void nodesKnowTheirPlace() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2, 3));
        graph.at("model.norm");
        Value norm = x.abs();
        assertEquals("model.norm", assertNotNullValue(graph.producerOf(norm)).scope());
        assertEquals("model.norm/Abs FLOAT[2, 3]", norm.toString());
        assertEquals("model.norm/Abs_1 FLOAT[2, 3]", x.abs().toString());
    }

    @Test
    void onlyWhatAnOutputNeedsLives() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(1, 2));
        Value used = graph.weight(Graphs.weight("used", Shape.of(2, 2), 1, 2, 3, 4));
        Value unused = graph.weight(Graphs.weight("unused", Shape.of(2, 2), 1, 2, 3, 4));
        x.linear(unused).silu();
        graph.output("y", x.linear(used));
        assertEquals(
                List.of("used"), graph.liveWeights().stream().map(Weight::name).toList());
        assertEquals(1, graph.live().size());
        assertEquals(1, graph.rewritten((node, inputs, to) -> null).live().size());
    }

    /** A value of three rows and four columns, and what it should be. */
    private record Known(Value value, double[] expected) {}

    private interface Formula {
        double at(int row, int column);
    }

    private static double[] table(Formula formula) {
        double[] values = new double[12];
        for (int i = 0; i < 12; i++) {
            values[i] = formula.at(i / 4, i % 4);
        }
        return values;
    }

    private static Known next(Graph graph, Random random, Known a, Known b, int step) {
        double[] x = a.expected;
        double[] y = b.expected;
        float[] w = new float[16];
        for (int i = 0; i < 16; i++) {
            w[i] = (float) random.nextGaussian() / 2;
        }
        return switch (random.nextInt(10)) {
            case 0 -> new Known(a.value.plus(b.value), table((i, j) -> x[4 * i + j] + y[4 * i + j]));
            case 1 -> new Known(a.value.minus(b.value), table((i, j) -> x[4 * i + j] - y[4 * i + j]));
            case 2 ->
                new Known(
                        a.value.times(b.value.sigmoid()),
                        table((i, j) -> x[4 * i + j] / (1 + Math.exp(-y[4 * i + j]))));
            case 3 -> new Known(a.value.silu(), table((i, j) -> x[4 * i + j] / (1 + Math.exp(-x[4 * i + j]))));
            case 4 -> new Known(a.value.abs().times(0.5f), table((i, j) -> Math.abs(x[4 * i + j]) / 2));
            case 5 ->
                new Known(a.value.softmax(), table((i, j) -> {
                    double sum = 0;
                    for (int k = 0; k < 4; k++) {
                        sum += Math.exp(x[4 * i + k] - x[4 * i + j]);
                    }
                    return 1 / sum;
                }));
            case 6 ->
                new Known(a.value.linear(graph.weight(Graphs.weight("w" + step, Shape.of(4, 4), w))), table((i, j) -> {
                    double sum = 0;
                    for (int k = 0; k < 4; k++) {
                        sum += x[4 * i + k] * w[4 * j + k];
                    }
                    return sum;
                }));
            case 7 ->
                new Known(a.value.minus(b.value.maxKeepDims(-1)), table((i, j) -> {
                    double max = Double.NEGATIVE_INFINITY;
                    for (int k = 0; k < 4; k++) {
                        max = Math.max(max, y[4 * i + k]);
                    }
                    return x[4 * i + j] - max;
                }));
            case 8 ->
                new Known(
                        a.value.slice(1, 1, 4).concat(b.value.slice(1, 0, 1), 1),
                        table((i, j) -> j < 3 ? x[4 * i + j + 1] : y[4 * i]));
            default ->
                new Known(
                        a.value
                                .matmul(b.value.transpose(1, 0))
                                .softmax() // [3, 3]
                                .matmul(a.value),
                        table((i, j) -> {
                            double sum = 0;
                            double mixed = 0;
                            double[] weights = new double[3];
                            double max = Double.NEGATIVE_INFINITY;
                            for (int k = 0; k < 3; k++) {
                                for (int l = 0; l < 4; l++) {
                                    weights[k] += x[4 * i + l] * y[4 * k + l];
                                }
                                max = Math.max(max, weights[k]);
                            }
                            for (int k = 0; k < 3; k++) {
                                sum += Math.exp(weights[k] - max);
                                mixed += Math.exp(weights[k] - max) * x[4 * k + j];
                            }
                            return mixed / sum;
                        }));
        };
    }

    @Property(tries = 40)
    void graphsComputeWhatTheirOperatorsMeanAlsoWhenRewritten(@ForAll Random random) {
        Graph graph = new Graph();
        float[] input = new float[12];
        for (int i = 0; i < 12; i++) {
            input[i] = (float) random.nextGaussian();
        }
        List<Known> known = new ArrayList<>();
        known.add(new Known(graph.input("x", ElementType.FLOAT, Shape.of("N", 4)), table((i, j) -> input[4 * i + j])));
        for (int step = 0; step < 12; step++) {
            graph.at("step." + step);
            known.add(next(
                    graph,
                    random,
                    known.get(random.nextInt(known.size())),
                    known.get(Math.max(0, known.size() - 1 - random.nextInt(3))),
                    step));
        }
        Known last = known.get(known.size() - 1);
        graph.output("y", last.value);
        Graph rewritten = graph.rewritten((node, inputs, to) -> {
            if (node.op() == Op.SILU) {
                return List.of(inputs.get(0).times(inputs.get(0).sigmoid()));
            }
            if (node.op() == Op.SUB) {
                return List.of(inputs.get(1).times(-1).plus(inputs.get(0)));
            }
            return null;
        });
        Map<String, Graphs.Input> inputs = Map.of("x", new Graphs.Input(input, 3, 4));
        float[] found = Graphs.run(graph, "y", inputs);
        float[] after = Graphs.run(rewritten, "y", inputs);
        double scale = 1;
        for (double value : last.expected) {
            scale = Math.max(scale, Math.abs(value));
        }
        for (int i = 0; i < 12; i++) {
            assertEquals(last.expected[i], found[i], 1e-4 * scale);
            assertEquals(found[i], after[i], 1e-4 * scale);
        }
        assertTrue(rewritten.live().stream().noneMatch(node -> node.op() == Op.SILU || node.op() == Op.SUB));
    }

    /** Sums of x and of growing ones, until the number of iterations or the sum is reached. */
    private static Graph loop(String output) {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("B"));
        Value trips = graph.input("trips", ElementType.INT64, Shape.of());
        Value yes = graph.constant(0).less(graph.constant(1));
        Value start = x.times(0);
        List<Loop.Carried> carried = List.of(
                new Loop.Carried(start, Shape.of("B")), new Loop.Carried(start.reshape("B", 1), Shape.of("B", "G")));
        List<Value> made = Loop.of(trips, yes, carried, Dim.named("n"), (number, held) -> {
            Value sum = held.get(0).plus(x.times(2)); // what is captured alone is computed outside
            Value all = held.get(1).concat(sum.reshape("B", 1), 1);
            Value more = sum.maxKeepDims(0).less(graph.constant(10)).reshape();
            return new Loop.Iteration(more, List.of(sum, all), List.of(sum, x));
        });
        graph.output(output, made.get(List.of("sum", "all", "sums", "inputs").indexOf(output)));
        return graph;
    }

    private static float[] run(String output, long trips) {
        Graph graph = loop(output).rewritten((node, inputs, to) -> null);
        return Graphs.run(
                graph,
                output,
                Map.of(
                        "x", new Graphs.Input(new float[] {1, 2}, 2),
                        "trips", new Graphs.Input(new long[] {trips})));
    }

    @Test
    void loopsCarryGrowCollectAndEnd() {
        assertArrayEquals(new float[] {4, 8}, run("sum", 2));
        assertArrayEquals(new float[] {6, 12}, run("sum", 100));
        assertArrayEquals(new float[] {0, 2, 4, 0, 4, 8}, run("all", 2));
        assertArrayEquals(new float[] {2, 4, 4, 8}, run("sums", 2));
        assertArrayEquals(new float[] {1, 2, 1, 2}, run("inputs", 2));
        assertArrayEquals(new float[] {0, 0}, run("sum", 0));
    }

    @Test
    void loopsRefuseWhatDoesNotFit() {
        Graph graph = new Graph();
        graph.at("here");
        Value x = graph.input("x", ElementType.FLOAT, Shape.of("B"));
        Value trips = graph.integers(3).reshape();
        Value yes = graph.constant(0).less(graph.constant(1));
        List<Loop.Carried> carried = List.of(new Loop.Carried(x, Shape.of("B")));
        List<Value> inside = new ArrayList<>();
        assertEquals(
                "here: Loop: INT64[B] does not fit what is carried, FLOAT[B]",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Loop.of(
                                        trips,
                                        yes,
                                        carried,
                                        Dim.named("n"),
                                        (number, held) -> new Loop.Iteration(
                                                yes, List.of(held.get(0).cast(ElementType.INT64)), List.of())))
                        .getMessage());
        assertEquals(
                "here: Loop: FLOAT[B], expected INT64[]",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Loop.of(x, yes, carried, Dim.named("n"), (number, held) -> null))
                        .getMessage());
        Loop.of(trips, yes, carried, Dim.named("n"), (number, held) -> {
            inside.addAll(held);
            return new Loop.Iteration(yes, held, List.of());
        });
        assertTrue(
                assertThrows(IllegalArgumentException.class, () -> inside.get(0).abs())
                        .getMessage()
                        .endsWith("belongs to the body of another node"));
    }
}
