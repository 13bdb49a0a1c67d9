package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reverse-mode differentiation: appends to a graph the nodes that compute gradients, in the language of the graph itself.
 * Only nodes that lie between the loss and a target are walked.
 */
public final class Gradients {

    /** Operators that read and write as many numbers as they compute. */
    private static final Set<Op> QUICK = Set.of(Op.SILU, Op.MUL, Op.RMS_NORM);

    private final Graph graph;
    private final Map<Value, Value> gradients = new HashMap<>();
    private final Set<Value> targets;
    private final Stages stages;
    /** What a target has a part in. */
    private final Set<Value> reached;
    /** What a boundary has a part in, the boundaries included. */
    private final Set<Value> staged;
    /** Targets whose gradients have grown since the last boundary. */
    private final Set<Value> grown = new LinkedHashSet<>();
    /** Forward values as they are computed again, in the stage that needs them first. */
    private final Map<Value, Value> again = new HashMap<>();
    /** Zero, there when the present stage's gradient is; null where all forward values are kept. */
    private @Nullable Value late;

    /**
     * Where a computation is cut. The gradients on the far side of a boundary, those of targets included, are complete
     * before those on the near side are begun, so that memory for both is not needed at once.
     *
     * @param boundaries values that are kept from the forward pass
     * @param recompute whether all others that depend on a boundary are computed again from it, one stage at a time, or
     *     only those that take next to no time
     */
    public record Stages(Set<Value> boundaries, boolean recompute) {
        /** Nothing is cut. */
        public static final Stages NONE = new Stages(Set.of(), false);
    }

    private Gradients(Graph graph, Map<Value, Value> given, List<Value> targets, Stages stages) {
        this.graph = graph;
        this.targets = Set.copyOf(targets);
        this.stages = stages;
        gradients.putAll(given);
        reached = reached(this.targets);
        staged = reached(stages.boundaries);
    }

    /**
     * {@return the gradient of a number, one a target}
     *
     * @param loss scalar
     * @param targets inputs, weights or made values
     */
    public static List<Value> of(Value loss, List<Value> targets) {
        return of(Map.of(loss, loss.graph.constant(loss.shape(), 1)), targets, Stages.NONE);
    }

    /**
     * {@return for each target the gradient that it was given, if any, plus what comes to it from the other values with
     * gradients}
     *
     * @param given gradients of values, each in the shape of its value
     * @param targets inputs, weights or made values
     * @param stages where the computation is cut
     * @throws IllegalArgumentException if an operator in between has no gradient, or a target no part in any value
     */
    public static List<Value> of(Map<Value, Value> given, List<Value> targets, Stages stages) {
        Graph graph = given.keySet().iterator().next().graph;
        String scope = graph.scope();
        Gradients made = new Gradients(graph, given, targets, stages);
        made.walk();
        graph.at(scope);
        List<Value> found = new ArrayList<>();
        for (Value target : targets) {
            Value gradient = made.gradients.get(target);
            if (gradient == null) {
                throw new IllegalArgumentException(target + " has no part in " + given.keySet());
            }
            found.add(gradient);
        }
        return found;
    }

    /** Values and what is made of them, as far as it is made of floats. */
    private Set<Value> reached(Set<Value> from) {
        Set<Value> reached = new HashSet<>(from);
        for (Node node : graph.nodes()) {
            if (node.inputs().stream().anyMatch(reached::contains)) {
                node.outputs().stream()
                        .filter(value -> value.type() == ElementType.FLOAT || value.type() == ElementType.BFLOAT16)
                        .forEach(reached::add);
            }
        }
        return reached;
    }

    private void walk() {
        List<Node> nodes = new ArrayList<>(graph.nodes());
        Collections.reverse(nodes);
        for (Node node : nodes) {
            if (node.outputs().stream().anyMatch(value -> gradients.containsKey(value) && reached.contains(value))) {
                if (node.outputs().size() > 1) {
                    throw without(node);
                }
                Value made = node.outputs().get(0);
                graph.at(node.scope() + ".gradient");
                if (stages.boundaries.contains(made)) {
                    enter(made);
                }
                new Rule(node, gradients.get(made)).apply();
            }
        }
    }

    /** Begins the stage that ends with a boundary. */
    private void enter(Value boundary) {
        Value gradient = gradients
                .get(boundary)
                .dependingOn(grown.stream().map(gradients::get).toList());
        gradients.put(boundary, gradient);
        grown.clear();
        late = Value.zero(List.of(gradient));
    }

    /** A forward value for use in the present stage and those after it. */
    private Value forward(Value value) {
        if (late == null || !staged.contains(value)) {
            return value;
        }
        Value known = again.get(value);
        if (known == null) {
            if (stages.recompute) {
                known = stages.boundaries.contains(value) ? value.plus(late) : copy(value);
            } else {
                known = takesNoTime(value) ? copy(value) : value;
            }
            again.put(value, known);
        }
        return known;
    }

    private boolean takesNoTime(Value value) {
        Node node = value.producer;
        return node != null && !stages.boundaries.contains(value) && QUICK.contains(node.op());
    }

    private Value copy(Value value) {
        Node node = requireNonNull(value.producer);
        Value[] inputs = node.inputs().stream()
                .map(input -> input == null ? null : forward(input))
                .toArray(Value[]::new);
        if (Arrays.asList(inputs).equals(node.inputs())) { // it would be the same node again
            inputs[0] = requireNonNull(inputs[0]).plus(requireNonNull(late));
        }
        List<Shape> shapes = node.outputs().stream().map(Value::shape).toList();
        return graph.nodes(node.op(), node.attributes, value.type(), shapes, inputs)
                .get(node.outputs().indexOf(value));
    }

    /** One node's part: from the gradient of what it made to those of what it read. */
    private final class Rule {
        private final Node node;
        private final Value g;

        Rule(Node node, Value g) {
            this.node = node;
            this.g = g;
        }

        private Value input(int index) {
            return requireNonNull(node.inputs().get(index));
        }

        /** What the node read. */
        private Value x(int index) {
            return forward(input(index));
        }

        /** What the node made. */
        private Value y() {
            return forward(node.outputs().get(0));
        }

        void apply() {
            switch (node.op()) {
                case ADD -> give(() -> g, () -> g);
                case SUB -> give(() -> g, g::negated);
                case MUL -> give(() -> g.times(x(1)), () -> g.times(x(0)));
                case DIV ->
                    give(
                            () -> g.dividedBy(x(1)),
                            () -> g.times(y()).dividedBy(x(1)).negated());
                case NEG -> give(g::negated);
                case ABS -> give(() -> g.times(x(0).sign()));
                case SIGN, FLOOR -> {} // constant between steps
                case EXP -> give(() -> g.times(y()));
                case LOG -> give(() -> g.dividedBy(x(0)));
                case SQRT -> give(() -> g.times(0.5f).dividedBy(y()));
                case SIGMOID -> give(() -> g.times(y()).times(one().minus(y())));
                case SILU -> give(() -> g.times(y().plus(x(0).sigmoid().times(one().minus(y())))));
                case SOFTMAX -> give(() -> y().times(g.minus(g.times(y()).sumKeepDims(-1))));
                case LOG_SOFTMAX -> give(() -> g.minus(y().exp().times(g.sumKeepDims(-1))));
                case REDUCE_SUM -> give(() -> kept(g));
                case REDUCE_MAX -> give(this::largest);
                case REDUCE_LOG_SUM_EXP ->
                    give(() -> kept(g).times(x(0).minus(kept(y())).exp()));
                case MATMUL ->
                    give(() -> g.matmul(x(1).matrixTranspose()), () -> x(0).matrixTranspose()
                            .matmul(g));
                case LINEAR -> {
                    add(0, () -> sum(0, g, false, x(1), false));
                    add(1, () -> sum(1, g, true, x(0), false));
                }
                case GEMM -> gemm(flag("transA"), flag("transB"));
                case RMS_NORM -> give(this::normed, () -> g.times(x(0)).times(inverseRms()));
                case ROTARY_EMBEDDING -> give(() -> graph.rotary(g, input(1), input(2), input(3).negated()));
                case GATHER -> add(0, () -> table().scatterNdAdd(x(1).cast(ElementType.INT64), g));
                case GATHER_ELEMENTS -> add(0, () -> table().scatterElementsAdd(x(1), g));
                case RESHAPE -> give(() -> g.reshapeLike(x(0)));
                case UNSQUEEZE -> give(() -> g.sum(axis()));
                case TRANSPOSE -> give(() -> g.transpose(inverse((long[]) attribute("perm"))));
                case CONCAT -> give(() -> parts().get(0), () -> parts().get(1));
                case SLICE -> give(() -> g.padLike(x(0), (int) whole(3), whole(1)));
                case EXPAND -> give(() -> g);
                case CAST -> give(() -> g.cast(input(0).type()));
                case WHERE -> give(() -> g, () -> x(0).where(g, zero()), () -> x(0).where(zero(), g));
                default -> throw without(node);
            }
        }

        /** Adds gradients to those of what was read, in order, where they are asked for. */
        @SafeVarargs
        private void give(Supplier<Value>... made) {
            for (int i = 0; i < made.length; i++) {
                Value to = input(i);
                int index = i;
                add(i, () -> {
                    Value gradient = fitted(made[index].get(), to);
                    Value known = gradients.get(to);
                    return known == null ? gradient : known.plus(gradient);
                });
            }
        }

        private void add(int index, Supplier<Value> sum) {
            if (reached.contains(input(index))) {
                gradients.put(input(index), sum.get());
                if (targets.contains(input(index))) {
                    grown.add(input(index));
                }
            }
        }

        /** With c + a b: a takes g bᵀ, b takes aᵀ g, either turned round where it was transposed, and c takes g. */
        private void gemm(boolean a, boolean b) {
            if (a) {
                add(0, () -> sum(0, x(1), b, g, true));
            } else {
                add(0, () -> sum(0, g, false, x(1), !b));
            }
            if (b) {
                add(1, () -> sum(1, g, true, x(0), a));
            } else {
                add(1, () -> sum(1, x(0), !a, g, false));
            }
            add(
                    2,
                    () -> gradients.containsKey(input(2))
                            ? gradients.get(input(2)).plus(g)
                            : g);
        }

        /** The gradient so far plus a product. */
        private Value sum(int index, Value a, boolean transposedA, Value b, boolean transposedB) {
            Value known = gradients.get(input(index));
            return known != null
                    ? known.addMatmul(a, transposedA, b, transposedB)
                    : (transposedA ? a.matrixTranspose() : a).matmul(transposedB ? b.matrixTranspose() : b);
        }

        /** Broadcasting undone: summed where the value was repeated, repeated where the gradient is the same. */
        private Value fitted(Value gradient, Value to) {
            Shape whole = Shape.broadcast(gradient.shape(), to.shape()).orElse(gradient.shape());
            return gradient.shape().equals(whole)
                    ? gradient.sumTo(to.shape())
                    : gradient.expand(forward(to)).sumTo(to.shape());
        }

        /** The gradient so far of a table that rows were taken from. */
        private Value table() {
            Value known = gradients.get(input(0));
            return known != null ? known : zero().expand(x(0));
        }

        private Value zero() {
            return graph.constant(0);
        }

        private Value one() {
            return graph.constant(1);
        }

        /** A value of the reduced shape, with the axis there again. */
        private Value kept(Value value) {
            return value.shape().rank() == input(0).shape().rank() ? value : value.unsqueeze(axis());
        }

        /** Shared evenly by elements that are equally large. */
        private Value largest() {
            Value is = kept(y()).lessOrEqual(x(0)).where(one(), zero());
            return is.times(kept(g).dividedBy(is.sumKeepDims(axis())));
        }

        private Value inverseRms() {
            Value x = x(0);
            Value size = graph.constant(input(1).shape().get(0).size());
            Value epsilon = graph.constant((float) attribute("epsilon"));
            return one().dividedBy(x.times(x)
                    .sumKeepDims(-1)
                    .dividedBy(size)
                    .plus(epsilon)
                    .sqrt()); // [..., 1]
        }

        /** With r = 1 / rms: r (g w - x r² mean(g w x)). */
        private Value normed() {
            Value r = inverseRms();
            Value gw = g.times(x(1));
            Value size = graph.constant(input(1).shape().get(0).size());
            Value along = gw.times(x(0)).sumKeepDims(-1).times(r.times(r)).dividedBy(size); // [..., 1]
            return gw.minus(x(0).times(along)).times(r);
        }

        private List<Value> parts() {
            int axis = (int) (long) attribute("axis");
            return g.split(axis, x(0), x(1));
        }

        private int axis() {
            return (int) whole(1);
        }

        private long whole(int index) {
            return graph.integersOf(input(index))[0];
        }

        private boolean flag(String name) {
            return (long) attribute(name) == 1;
        }

        private Object attribute(String name) {
            return requireNonNull(node.attributes.get(name));
        }
    }

    private static IllegalArgumentException without(Node node) {
        String place = node.scope().isEmpty() ? "" : node.scope() + ": ";
        return new IllegalArgumentException(place + node.op().type() + " has no gradient");
    }

    private static int[] inverse(long[] order) {
        int[] inverse = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            inverse[(int) order[i]] = i;
        }
        return inverse;
    }
}
