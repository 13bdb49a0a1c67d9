package io.humpback.onnx.graph;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;

/**
 * Makes values wait for others, so that memory for both is not needed at the same time. ONNX orders nodes by
 * their dependence alone: what is added is zero times an element of each. None of the others may be empty when the graph
 * runs; all have one type.
 */
public final class ExecutionOrder {

    private ExecutionOrder() {}

    /** {@return the same elements, which are not computed before others are} */
    public static Value after(List<Value> others, Value value) {
        return others.isEmpty() ? value : value.plus(zeroAfter(others));
    }

    /** {@return zero, [1], computed after others} */
    static Value zeroAfter(List<Value> others) {
        return others.stream()
                .map(ExecutionOrder::firstElement)
                .reduce(Value::plus)
                .orElseThrow()
                .times(0);
    }

    private static Value firstElement(Value value) { // [1]
        if (value.shape().rank() == 0) {
            return value.reshape(1);
        }
        long[] axes = LongStream.range(0, value.shape().rank()).toArray();
        long[] ones = new long[axes.length];
        Arrays.fill(ones, 1);
        Graph graph = value.graph;
        Value zeros = graph.integers(new long[axes.length]);
        return graph.node(
                        Op.SLICE,
                        Attributes.NONE,
                        value.type(),
                        Shape.of(ones),
                        value,
                        zeros,
                        graph.integers(ones),
                        graph.integers(axes))
                .reshape(1);
    }
}
