package io.humpback.onnx.graph;

import java.util.ArrayList;
import java.util.List;

/** Builds ONNX's Loop: a graph of its own, the body, that runs once an iteration. */
public final class Loop {

    private Loop() {}

    /**
     * A value that a loop hands from one iteration to the next.
     *
     * @param initial what the first iteration gets
     * @param shape inside the loop: the initial one, but for axes that grow, which have a name there
     */
    public record Carried(Value initial, Shape shape) {}

    /**
     * What an iteration computes.
     *
     * @param condition BOOL scalar, whether there is to be another one
     * @param carried what the next one gets
     * @param collected what is kept of every iteration, in equal shapes; ONNX's scan outputs
     */
    public record Iteration(Value condition, List<Value> carried, List<Value> collected) {}

    /** Builds one iteration, whose nodes may read any value of the graphs around it. */
    @FunctionalInterface
    public interface Body {
        /** {@return the iteration with a number, INT64 scalar from 0, and the carried values in the order of the loop} */
        Iteration of(Value number, List<Value> carried);
    }

    /**
     * {@return the carried values after the last iteration, then the collected ones with an axis more at the front}
     *
     * @param maxTrips INT64 scalar, iterations at most
     * @param condition BOOL scalar, whether there is to be a first one; within the body of another loop, computed in it
     * @param iterations name of the number of iterations
     */
    public static List<Value> of(
            Value maxTrips, Value condition, List<Carried> carried, Dim iterations, Body iteration) {
        checkScalar(maxTrips, ElementType.INT64);
        checkScalar(condition, ElementType.BOOL);
        Graph body = condition.graph.body();
        Value number = body.bodyInput("iteration", ElementType.INT64, Shape.of());
        body.bodyInput("go_on", ElementType.BOOL, Shape.of());
        List<Value> inside = new ArrayList<>();
        for (Carried value : carried) {
            checkCarried(value.initial, value);
            inside.add(body.bodyInput("carried", value.initial.type(), value.shape));
        }
        Iteration computed = iteration.of(number, List.copyOf(inside));
        checkScalar(computed.condition, ElementType.BOOL);
        if (computed.carried.size() != carried.size()) {
            throw maxTrips.refused(Op.LOOP, computed.carried.size() + " carried values, expected " + carried.size());
        }
        List<Value> results = new ArrayList<>(List.of(computed.condition));
        List<ElementType> types = new ArrayList<>();
        List<Shape> shapes = new ArrayList<>();
        for (int i = 0; i < carried.size(); i++) {
            checkCarried(computed.carried.get(i), carried.get(i));
            results.add(computed.carried.get(i));
            types.add(inside.get(i).type());
            shapes.add(shapeAfterwards(carried.get(i)));
        }
        for (Value value : computed.collected) {
            results.add(value);
            types.add(value.type());
            List<Dim> dims = new ArrayList<>(List.of(iterations));
            dims.addAll(value.shape().dims());
            shapes.add(new Shape(dims));
        }
        results.forEach(body::bodyOutput);
        List<Value> inputs = new ArrayList<>(List.of(maxTrips, condition));
        carried.forEach(value -> inputs.add(value.initial));
        return maxTrips.graph.nodes(
                Op.LOOP, Attributes.NONE.with("body", body.completed()), types, shapes, inputs.toArray(new Value[0]));
    }

    private static void checkScalar(Value value, ElementType type) {
        if (value.type() != type || value.shape().rank() != 0) {
            throw value.refused(Op.LOOP, value.signature() + ", expected " + type + "[]");
        }
    }

    /** Axes that the loop has no name of its own for keep their sizes. */
    private static void checkCarried(Value value, Carried carried) {
        Shape inside = carried.shape;
        Shape initial = carried.initial.shape();
        boolean fits = value.type() == carried.initial.type() && value.shape().rank() == inside.rank();
        for (int axis = 0; fits && axis < inside.rank(); axis++) {
            boolean kept = inside.get(axis).isKnown() || inside.get(axis).equals(initial.get(axis));
            fits = !kept || value.shape().get(axis).equals(inside.get(axis));
        }
        if (!fits) {
            throw value.refused(
                    Op.LOOP, value.signature() + " does not fit what is carried, " + carried.initial.type() + inside);
        }
    }

    private static Shape shapeAfterwards(Carried carried) {
        Shape shape = carried.shape;
        for (int axis = 0; axis < shape.rank(); axis++) {
            boolean kept = shape.get(axis).equals(carried.initial.shape().get(axis));
            shape = kept ? shape : shape.with(axis, Dim.named("last " + shape.get(axis)));
        }
        return shape;
    }
}
