package io.humpback.onnx.graph;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class GradientsTest {

    /** A function of tensors [n, m], [m], [n, m], [k, m] and some indices, and what it is made of. */
    private static final class Case {
        private final Graph graph = new Graph();
        private final Map<String, Graphs.Input> inputs = new LinkedHashMap<>();
        private final List<Value> targets = new ArrayList<>();
        private final Random random;

        Case(long seed) {
            random = new Random(seed);
        }

        /** A target whose first dimension is known when the graph runs. */
        Value named(String name, String dim, int... shape) {
            Object[] dims = Arrays.stream(shape).boxed().toArray();
            dims[0] = dim;
            return input(name, shape, dims);
        }

        Value known(String name, int... shape) {
            return input(name, shape, Arrays.stream(shape).boxed().toArray());
        }

        private Value input(String name, int[] shape, Object[] dims) {
            float[] values = new float[Arrays.stream(shape).reduce(1, (a, b) -> a * b)];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) ((0.4 + 1.2 * random.nextDouble()) * (random.nextBoolean() ? 1 : -1)); // off zero
            }
            inputs.put(
                    name,
                    new Graphs.Input(values, Arrays.stream(shape).asLongStream().toArray()));
            Value value = graph.input(name, ElementType.FLOAT, Shape.of(dims));
            targets.add(value);
            return value;
        }

        Value indices(String name, int bound, int... shape) {
            long[] values = random.longs(Arrays.stream(shape).reduce(1, (a, b) -> a * b), 0, bound)
                    .toArray();
            inputs.put(
                    name,
                    new Graphs.Input(values, Arrays.stream(shape).asLongStream().toArray()));
            return graph.input(
                    name,
                    ElementType.INT64,
                    Shape.of(Arrays.stream(shape).boxed().toArray()));
        }

        /** A number that depends on each element in its own way. */
        Value loss(Value y) {
            Value weights = graph.constant(0.3f).plus(y.times(y).times(0.1f));
            Value sum = y.times(weights);
            while (sum.shape().rank() > 0) {
                sum = sum.sum(0);
            }
            return sum;
        }

        /** Compares gradients with slopes of the loss along random directions. */
        void check(Value y) {
            Value loss = loss(y);
            List<Value> gradients = Gradients.of(loss, targets);
            graph.output("loss", loss);
            graph.output("magnitude", loss(y.abs()));
            for (int i = 0; i < gradients.size(); i++) {
                graph.output("gradient." + i, gradients.get(i));
            }
            try (Graphs.Runner runner = new Graphs.Runner(graph)) {
                for (int i = 0; i < targets.size(); i++) {
                    check(runner, targets.get(i).name, runner.run("gradient." + i, inputs));
                }
            }
        }

        private void check(Graphs.Runner runner, String name, float[] gradient) {
            float[] values = (float[]) inputs.get(name).values();
            assertEquals(values.length, gradient.length);
            double step = 4e-3;
            double[] direction = random.doubles(values.length, -1, 1).toArray();
            double near = moved(runner, name, direction, step) - moved(runner, name, direction, -step);
            double far = moved(runner, name, direction, 2 * step) - moved(runner, name, direction, -2 * step);
            double expected = (8 * near - far) / (12 * step); // exact for polynomials of degree 4
            double along = 0;
            double size = 0;
            for (int i = 0; i < gradient.length; i++) {
                along += gradient[i] * direction[i];
                size += Math.abs(gradient[i] * direction[i]);
            }
            double rounding = 1e-6 * runner.run("magnitude", inputs)[0] / step; // of the terms that loss is summed from
            assertEquals(expected, along, 0.01 * size + 0.005 + rounding, name);
        }

        private double moved(Graphs.Runner runner, String name, double[] direction, double step) {
            Graphs.Input at = inputs.get(name);
            float[] other = ((float[]) at.values()).clone();
            for (int i = 0; i < other.length; i++) {
                other[i] += (float) (step * direction[i]);
            }
            Map<String, Graphs.Input> moved = new HashMap<>(inputs);
            moved.put(name, new Graphs.Input(other, at.shape()));
            return runner.run("loss", moved)[0];
        }
    }

    /** A way to use each operator that has a gradient. */
    private static Value use(Op op, Case c, int n, int m) {
        Graph graph = c.graph;
        Function<String, Value> x = name -> c.named(name, "N", n, m);
        return switch (op) {
            case ADD -> x.apply("a").plus(c.known("b", m)).plus(c.known("c", 1, 1));
            case SUB -> c.known("b", 1, m).minus(x.apply("a"));
            case MUL -> x.apply("a").times(c.named("b", "N", n, 1)).times(c.known("c", m));
            case DIV -> x.apply("a").dividedBy(c.known("b", m));
            case NEG -> x.apply("a").negated();
            case ABS -> x.apply("a").abs();
            case SIGN -> {
                Value a = x.apply("a");
                yield a.times(a.sign());
            }
            case FLOOR -> {
                Value a = x.apply("a");
                yield a.minus(a.abs().times(1e-6f).floor());
            }
            case EXP -> x.apply("a").exp();
            case LOG -> x.apply("a").abs().log();
            case SQRT -> x.apply("a").abs().sqrt();
            case SIGMOID -> x.apply("a").sigmoid();
            case SILU -> x.apply("a").silu();
            case SOFTMAX -> x.apply("a").softmax();
            case LOG_SOFTMAX -> x.apply("a").logSoftmax();
            case REDUCE_SUM ->
                x.apply("a").sum(1).plus(x.apply("b").sumKeepDims(0).sum(-1));
            case REDUCE_MAX -> x.apply("a").maxKeepDims(-1);
            case REDUCE_LOG_SUM_EXP -> x.apply("a").logSumExp(-1);
            case MATMUL ->
                c.named("a", "N", n, 2, 3, m).matmul(c.known("b", 2, m, 4)).matmul(c.known("c", 4, 2));
            case LINEAR -> x.apply("a").linear(c.known("b", 5, m)).plus(c.graph.constant(0));
            case GEMM -> {
                Value a = c.known("a", n, m);
                Value square = c.known("s", m, m);
                Value plain = c.known("c1", n, m).addMatmul(a, false, square, false);
                Value second = c.known("c2", n, m).addMatmul(plain, false, square, true);
                Value third = c.known("c3", m, m).addMatmul(second, true, a, false);
                yield c.known("c4", m, m).addMatmul(third, true, square, true);
            }
            case GATHER -> c.known("a", 5, m).gather(c.indices("i", 5, n, 2));
            case GATHER_ELEMENTS -> c.known("a", n, m).gatherElements(c.indices("i", m, n, 3));
            case RESHAPE -> {
                Value a = c.named("a", "N", n, m, 2);
                Value named = a.reshape("N", 2 * m).reshape("2*N", m);
                yield named.plus(a.reshape(
                        a.dims().slice(0, 0, 1).times(graph.integers(2)).concat(graph.integers(m), 0),
                        Shape.of("2*N", m)));
            }
            case UNSQUEEZE -> x.apply("a").unsqueeze(1).plus(c.known("b", 3, 1));
            case TRANSPOSE -> c.named("a", "N", n, m, 2).transpose(2, 0, 1);
            case CONCAT -> x.apply("a").concat(c.named("b", "K", n + 1, m), 0).concat(c.known("b2", 1, m), 0);
            case SLICE -> {
                Value a = x.apply("a");
                yield a.slice(1, 1, m).plus(a.slice(0, 0, 1).slice(1, 0, m - 1));
            }
            case EXPAND -> {
                Value a = x.apply("a");
                yield c.known("b", 1, m).expand(a).times(a);
            }
            case WHERE -> {
                Value a = x.apply("a");
                Value yes = c.graph.constant(0).lessOrEqual(a.times(1));
                yield yes.where(a, c.known("b", m));
            }
            case GELU -> RuntimeOperators.gelu(x.apply("a"));
            case RMS_NORM -> x.apply("a").rmsNorm(c.known("w", m), 1e-5);
            case ROTARY_EMBEDDING -> {
                Value cosine = graph.constant(Shape.of(4, 2), 1, 1, 0.5f, 0.2f, -0.1f, 0.7f, 0.3f, 0.9f);
                Value sine = graph.constant(Shape.of(4, 2), 0, 0, 0.8f, 0.9f, 0.9f, -0.7f, 0.9f, 0.4f);
                yield RuntimeOperators.rotaryEmbedding(c.known("a", 2, 4, 8), graph.integers(0), cosine, sine, 4);
            }
            default -> throw new AssertionError(op);
        };
    }

    private static final Set<Op> WITHOUT = EnumSet.of(
            Op.CAST,
            Op.SHAPE,
            Op.LESS_OR_EQUAL,
            Op.LESS,
            Op.EQUAL,
            Op.RANGE,
            Op.TOP_K,
            Op.CUMSUM,
            Op.IDENTITY,
            Op.LOOP,
            Op.IF,
            Op.SCATTER_ND,
            Op.SCATTER_ELEMENTS,
            Op.SPLIT,
            Op.PAD,
            Op.TRILU,
            Op.SKIP_RMS_NORM,
            Op.GROUP_QUERY_ATTENTION,
            Op.QUANTIZE_LINEAR,
            Op.DEQUANTIZE_LINEAR,
            Op.MATMUL_INTEGER_TO_FLOAT,
            Op.MATMUL_NBITS,
            Op.CONSTANT_OF_SHAPE,
            Op.PAGED_ATTENTION);

    @ParameterizedTest
    @EnumSource
    void everyRuleAgreesWithSlopes(Op op) {
        if (!WITHOUT.contains(op)) {
            for (int seed = 0; seed < 2; seed++) {
                Case c = new Case(seed);
                c.check(use(op, c, 2 + seed, 3 + seed));
            }
        }
    }

    /** Chains of operators whose values are used more than once, with shapes that broadcast. */
    @Property(tries = 20)
    void randomGraphsAgreeWithSlopes(@ForAll long seed) {
        Case c = new Case(seed);
        Random random = new Random(seed);
        c.check(random(c, random, 3 + random.nextInt(6)));
    }

    private static Value random(Case c, Random random, int steps) {
        int n = 1 + random.nextInt(4);
        int m = 2 + random.nextInt(3);
        List<Value> values = new ArrayList<>();
        values.add(c.named("x", "N", n, m));
        values.add(c.known("v", m).sigmoid());
        values.add(c.named("y", "N", n, 1).sigmoid());
        Value square = c.known("w", m, m).times(1f / m); // chains of it stay within what floats resolve
        Value norm = c.known("g", m);
        values.set(
                0,
                values.get(0)
                        .times(values.get(1))
                        .plus(values.get(2))
                        .linear(square)
                        .rmsNorm(norm, 0.1));
        for (int step = 0; step < steps; step++) {
            Value a = values.get(random.nextInt(values.size()));
            Value b = values.get(random.nextInt(values.size()));
            Value full = a.plus(values.get(0));
            values.add(
                    switch (random.nextInt(9)) {
                        case 0 -> a.plus(b).times(0.5f);
                        case 1 -> a.minus(b).times(0.5f);
                        case 2 -> a.times(b).sigmoid();
                        case 3 -> a.dividedBy(b.times(b).plus(c.graph.constant(1)));
                        case 4 -> full.linear(square).silu();
                        case 5 -> full.rmsNorm(norm, 0.1);
                        case 6 -> full.softmax();
                        case 7 -> full.matmul(square.matrixTranspose()).sigmoid();
                        default -> full.matrixTranspose().softmax().matrixTranspose();
                    });
        }
        return values.stream()
                .map(value -> value.plus(values.get(0)))
                .reduce(Value::plus)
                .orElseThrow();
    }

    @Property(tries = 10)
    void stagesChangeNoGradient(@ForAll long seed, @ForAll boolean recompute) {
        List<float[]> plain = new ArrayList<>();
        for (boolean staged : new boolean[] {false, true}) {
            Case c = new Case(seed);
            Random random = new Random(seed);
            Value first = random(c, random, 4);
            Value middle = first.softmax().plus(first.silu());
            Value second = middle.rmsNorm(c.targets.get(4), 0.1)
                    .times(middle)
                    .sigmoid()
                    .plus(middle);
            Value loss = c.loss(second);
            Set<Value> boundaries = staged ? Set.of(first, middle, second) : Set.of();
            List<Value> gradients = Gradients.of(
                    Map.of(loss, c.graph.constant(1)), c.targets, new Gradients.Stages(boundaries, recompute));
            for (int i = 0; i < gradients.size(); i++) {
                c.graph.output("gradient." + i, gradients.get(i));
            }
            try (Graphs.Runner runner = new Graphs.Runner(c.graph)) {
                for (int i = 0; i < gradients.size(); i++) {
                    float[] found = runner.run("gradient." + i, c.inputs);
                    if (staged) {
                        assertArrayEquals(plain.get(i), found, 1e-5f);
                    } else {
                        plain.add(found);
                    }
                }
            }
        }
    }

    @Test
    void aCastHasTheGradientOfWhatItRounds() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2));
        Value rounded = x.cast(ElementType.BFLOAT16).cast(ElementType.FLOAT);
        graph.output(
                "g", Gradients.of(rounded.times(rounded).sum(0), List.of(x)).get(0));
        assertArrayEquals(
                new float[] {3, -0.5f},
                Graphs.run(graph, "g", Map.of("x", new Graphs.Input(new float[] {1.5f, -0.25f}, 2))));
    }

    @Test
    void whatIsGivenIsAddedTo() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2));
        Value before = graph.input("before", ElementType.FLOAT, Shape.of(2));
        Value loss = x.times(x).sum(0);
        Value gradient = Gradients.of(Map.of(loss, graph.constant(1), x, before), List.of(x), Gradients.Stages.NONE)
                .get(0);
        graph.output("gradient", gradient);
        assertArrayEquals(
                new float[] {12, -26},
                Graphs.run(
                        graph,
                        "gradient",
                        Map.of(
                                "x", new Graphs.Input(new float[] {1, 2}, 2),
                                "before", new Graphs.Input(new float[] {10, -30}, 2))));
    }

    @Test
    void whatDoesNotLieBetweenIsNotWalked() {
        Graph graph = new Graph();
        Value frozen = graph.input("frozen", ElementType.FLOAT, Shape.of(3, 3));
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2, 3));
        Value scattered = frozen.scatterNdAdd(graph.integers(0, 1), x.times(0)); // has no rule
        Value loss = frozen.abs().linear(frozen).sum(0).sum(0);
        int before = graph.nodes().size();
        assertThrows(IllegalArgumentException.class, () -> Gradients.of(loss, List.of(x)));
        assertEquals(before, graph.nodes().size());
        Gradients.of(x.linear(frozen).sum(0).sum(0), List.of(x)).forEach(value -> graph.output("g", value));
        assertTrue(graph.live().stream().noneMatch(node -> node.outputs().contains(scattered)));
        assertTrue(graph.live().stream().filter(node -> node.op() == Op.MATMUL).count() == 1);
    }

    @Test
    void anOperatorWithoutAGradientIsNamedWithItsPlace() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2, 3));
        Value loss = graph.at("model.table")
                .constant(Shape.of(2, 3), new float[6])
                .scatterNdAdd(graph.integers(0, 1), x)
                .sum(0)
                .sum(0);
        assertEquals(
                "model.table: ScatterND has no gradient",
                assertThrows(IllegalArgumentException.class, () -> Gradients.of(loss, List.of(x)))
                        .getMessage());
    }

    @Test
    void anOperatorWithSeveralResultsIsRefusedWhicheverIsUsed() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2, 4));
        Value loss = x.chunk(2).get(1).sum(0).sum(0);
        assertEquals(
                "Split has no gradient",
                assertThrows(IllegalArgumentException.class, () -> Gradients.of(loss, List.of(x)))
                        .getMessage());
    }

    @Test
    void aTargetWithoutAPartIsNamed() {
        Graph graph = new Graph();
        Value x = graph.input("x", ElementType.FLOAT, Shape.of(2));
        Value y = graph.input("y", ElementType.FLOAT, Shape.of(2));
        Value loss = x.sum(0);
        assertTrue(assertThrows(IllegalArgumentException.class, () -> Gradients.of(loss, List.of(y)))
                .getMessage()
                .startsWith("y FLOAT[2] has no part in"));
    }
}
