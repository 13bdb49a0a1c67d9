package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Reverse-mode differentiation: appends to a graph the nodes that compute gradients, in the language of the graph itself.
 * Only nodes that lie between the loss and a target are visited. How each operator passes its gradient on is
 * {@link Rule#apply}.
 */
public final class Gradients {

    private final Graph graph;
    private final Map<Value, Value> gradients;
    private final Set<Value> targets;
    private final Stages stages;
    /** What depends on a target. */
    private final Set<Value> reached;
    /** Targets whose gradients have grown since the last boundary. */
    private final Set<Value> grown = new LinkedHashSet<>();

    private final Recomputation forward;

    /**
     * Where a computation is cut. The gradients on the far side of a boundary, those of targets included, are complete
     * before those on the near side are begun, so that memory for both is not needed at the same time.
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
        gradients = new HashMap<>(given);
        reached = Liveness.dependents(graph, this.targets);
        forward = new Recomputation(graph, stages);
    }

    /** {@return the gradients of a scalar with respect to targets: inputs, weights or computed values} */
    public static List<Value> of(Value loss, List<Value> targets) {
        return of(Map.of(loss, loss.graph.constant(loss.shape(), 1)), targets, Stages.NONE);
    }

    /**
     * {@return for each target the gradient that it was given, if any, plus what comes to it from the other values with
     * gradients}
     *
     * @param given gradients of values, each in the shape of its value
     * @param targets inputs, weights or computed values
     * @param stages where the computation is cut
     * @throws IllegalArgumentException if an operator in between has no gradient, or no given value depends on a target
     */
    public static List<Value> of(Map<Value, Value> given, List<Value> targets, Stages stages) {
        Graph graph = given.keySet().iterator().next().graph;
        String scope = graph.scope();
        Gradients all = new Gradients(graph, given, targets, stages);
        all.walk();
        graph.at(scope);
        List<Value> found = new ArrayList<>();
        for (Value target : targets) {
            Value gradient = all.gradients.get(target);
            if (gradient == null) {
                throw new IllegalArgumentException(target + " has no part in " + given.keySet());
            }
            found.add(gradient);
        }
        return found;
    }

    private void walk() {
        List<Node> nodes = new ArrayList<>(graph.nodes());
        Collections.reverse(nodes);
        for (Node node : nodes) {
            if (node.outputs().stream().anyMatch(value -> gradients.containsKey(value) && reached.contains(value))) {
                if (node.outputs().size() > 1) {
                    throw withoutRule(node);
                }
                Value output = node.outputs().get(0);
                graph.at(node.scope() + ".gradient");
                if (stages.boundaries.contains(output)) {
                    beginStage(output);
                }
                new Rule(node, requireNonNull(gradients.get(output))).apply();
            }
        }
    }

    private void beginStage(Value boundary) {
        List<Value> before = grown.stream().map(gradients::get).toList();
        Value gradient = ExecutionOrder.after(before, requireNonNull(gradients.get(boundary)));
        gradients.put(boundary, gradient);
        grown.clear();
        forward.begin(gradient);
    }

    private static IllegalArgumentException withoutRule(Node node) {
        String place = node.scope().isEmpty() ? "" : node.scope() + ": ";
        return new IllegalArgumentException(place + node.op().type() + " has no gradient");
    }

    /** One node's part: from the gradient g of its output y to those of its inputs x. */
    private final class Rule {
        private final Node node;
        private final Value g;

        Rule(Node node, Value g) {
            this.node = node;
            this.g = g;
        }

        void apply() {
            switch (node.op()) {
                case ADD -> give(() -> g, () -> g);
                case SUB -> give(() -> g, g::negated);
                case MUL -> give(() -> g.times(x(1)), () -> g.times(x(0)));
                case DIV -> give(() -> g.dividedBy(x(1)), this::divisor);
                case NEG -> give(g::negated);
                case ABS -> give(() -> g.times(x(0).sign()));
                case SIGN, FLOOR -> {} // constant between steps
                case EXP -> give(() -> g.times(y()));
                case LOG -> give(() -> g.dividedBy(x(0)));
                case SQRT -> give(() -> g.times(0.5f).dividedBy(y()));
                case SIGMOID -> give(() -> g.times(y()).times(one().minus(y())));
                case SILU -> give(() -> g.times(y().plus(x(0).sigmoid().times(one().minus(y())))));
                case GELU -> give(this::gelu);
                case SOFTMAX -> give(() -> y().times(g.minus(g.times(y()).sumKeepDims(-1))));
                case LOG_SOFTMAX -> give(() -> g.minus(y().exp().times(g.sumKeepDims(-1))));
                case REDUCE_SUM -> give(() -> keepDims(g));
                case REDUCE_MAX -> give(this::max);
                case REDUCE_LOG_SUM_EXP ->
                    give(() -> keepDims(g).times(x(0).minus(keepDims(y())).exp()));
                case MATMUL ->
                    give(() -> g.matmul(x(1).matrixTranspose()), () -> x(0).matrixTranspose()
                            .matmul(g));
                case LINEAR -> gemm(false, true);
                case GEMM ->
                    gemm(node.attributes().flag("transA"), node.attributes().flag("transB"));
                case RMS_NORM -> give(this::rmsNorm, () -> g.times(x(0)).times(inverseRms()));
                case ROTARY_EMBEDDING -> give(this::rotateBack);
                case GATHER -> add(0, () -> soFar().scatterNdAdd(x(1).cast(ElementType.INT64), g));
                case GATHER_ELEMENTS -> add(0, () -> soFar().scatterElementsAdd(x(1), g));
                case RESHAPE -> give(() -> g.reshapeLike(x(0)));
                case UNSQUEEZE -> give(() -> g.sum(axis()));
                case TRANSPOSE ->
                    give(() -> g.transpose(inverse(node.attributes().integers("perm"))));
                case CONCAT ->
                    give(() -> concatenated().get(0), () -> concatenated().get(1));
                case SLICE -> give(() -> g.padLike(x(0), (int) integer(3), integer(1)));
                case EXPAND -> give(() -> g);
                case CAST -> give(() -> g.cast(input(0).type()));
                case WHERE -> give(() -> g, () -> x(0).where(g, zero()), () -> x(0).where(zero(), g));
                default -> throw withoutRule(node);
            }
        }

        private Value input(int index) {
            return requireNonNull(node.inputs().get(index));
        }

        private Value x(int index) {
            return forward.read(input(index));
        }

        private Value y() {
            return forward.read(node.outputs().get(0));
        }

        private Value zero() {
            return graph.constant(0);
        }

        private Value one() {
            return graph.constant(1);
        }

        /** The axis or another whole number that an operator reads as an input. */
        private long integer(int index) {
            return requireNonNull(input(index).constant).firstInteger();
        }

        private int axis() {
            return (int) integer(1);
        }

        /** Adds gradients to those of the inputs, in order, where they are asked for. */
        @SafeVarargs
        private void give(Supplier<Value>... byInput) {
            for (int i = 0; i < byInput.length; i++) {
                Value to = input(i);
                Supplier<Value> gradient = byInput[i];
                add(i, () -> {
                    Value fitted = fitted(gradient.get(), to);
                    Value known = gradients.get(to);
                    return known == null ? fitted : known.plus(fitted);
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

        /** Broadcasting undone: summed where the value was repeated, repeated where the gradient is the same. */
        private Value fitted(Value gradient, Value to) {
            Shape whole = Shape.broadcast(gradient.shape(), to.shape()).orElse(gradient.shape());
            return sumTo(to.shape(), gradient.shape().equals(whole) ? gradient : gradient.expand(forward.read(to)));
        }

        /** The gradient so far of a table that elements were taken from. */
        private Value soFar() {
            Value known = gradients.get(input(0));
            return known != null ? known : zero().expand(x(0));
        }

        /** A value of the reduced shape, with the axis there again. */
        private Value keepDims(Value value) {
            return value.shape().rank() == input(0).shape().rank() ? value : value.unsqueeze(axis());
        }

        /** Shared evenly by elements that are equally large. */
        private Value max() {
            Value isMax = keepDims(y()).lessOrEqual(x(0)).where(one(), zero());
            return isMax.times(keepDims(g).dividedBy(isMax.sumKeepDims(axis())));
        }

        /** Of x s(x (a + b x²)), the same function with the sigmoid s in place of the tangent. */
        private Value gelu() {
            double a = 2 * Math.sqrt(2 / Math.PI);
            Value x = x(0);
            Value squares = x.times(x).times((float) (RuntimeOperators.GELU_CUBE * a));
            Value s = x.times(squares.plus(graph.constant((float) a))).sigmoid();
            Value slope = squares.times(3).plus(graph.constant((float) a));
            return g.times(s.plus(x.times(s).times(one().minus(s)).times(slope)));
        }

        private Value divisor() {
            return g.times(y()).dividedBy(x(1)).negated();
        }

        /** Of a b + c: a gets g bᵀ, b gets aᵀ g, either transposed where it was transposed, and c, if any, gets g. */
        private void gemm(boolean a, boolean b) {
            add(0, a ? () -> plusMatmul(0, x(1), b, g, true) : () -> plusMatmul(0, g, false, x(1), !b));
            add(1, b ? () -> plusMatmul(1, g, true, x(0), a) : () -> plusMatmul(1, x(0), !a, g, false));
            if (node.inputs().size() > 2) {
                add(2, () -> {
                    Value known = gradients.get(input(2));
                    return known == null ? g : known.plus(g);
                });
            }
        }

        /** The gradient so far plus a product. */
        private Value plusMatmul(int index, Value a, boolean transposedA, Value b, boolean transposedB) {
            Value known = gradients.get(input(index));
            return known != null
                    ? known.addMatmul(a, transposedA, b, transposedB)
                    : (transposedA ? a.matrixTranspose() : a).matmul(transposedB ? b.matrixTranspose() : b);
        }

        private Value inverseRms() { // [..., 1]
            Value x = x(0);
            Value size = size();
            Value epsilon = graph.constant(node.attributes().real("epsilon"));
            return one().dividedBy(x.times(x)
                    .sumKeepDims(-1)
                    .dividedBy(size)
                    .plus(epsilon)
                    .sqrt());
        }

        /** With r = 1 / rms: r (g w - x r² mean(g w x)). */
        private Value rmsNorm() {
            Value r = inverseRms();
            Value gw = g.times(x(1));
            Value size = size();
            Value along = gw.times(x(0)).sumKeepDims(-1).times(r.times(r)).dividedBy(size);
            return gw.minus(x(0).times(along)).times(r);
        }

        private Value size() {
            return graph.constant(input(1).shape().get(0).size());
        }

        private Value rotateBack() {
            Attributes attributes = node.attributes();
            return graph.node(
                    Op.ROTARY_EMBEDDING, attributes, g.type(), g.shape(), g, input(1), input(2), input(3).negated());
        }

        private List<Value> concatenated() {
            int axis = (int) node.attributes().integer("axis");
            Value first = x(0);
            Value second = x(1);
            return g.split(axis, first.size(axis).concat(second.size(axis), 0), List.of(first, second));
        }
    }

    /** Summed over the axes that a shape, which broadcasts to the value's, lacks or has with size 1. */
    private static Value sumTo(Shape to, Value value) {
        if (!Shape.broadcast(to, value.shape()).equals(Optional.of(value.shape()))) {
            throw value.refused(Op.REDUCE_SUM, value.shape() + " to " + to);
        }
        Value summed = value;
        while (summed.shape().rank() > to.rank()) {
            summed = summed.sum(0);
        }
        for (int axis = 0; axis < to.rank(); axis++) {
            summed = summed.shape().get(axis).equals(to.get(axis)) ? summed : summed.sumKeepDims(axis);
        }
        return summed;
    }

    private static int[] inverse(int[] order) {
        int[] inverse = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            inverse[order[i]] = i;
        }
        return inverse;
    }
}
