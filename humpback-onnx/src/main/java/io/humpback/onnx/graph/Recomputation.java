package io.humpback.onnx.graph;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.graph.Gradients.Stages;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Forward values as the backward pass reads them: kept, or computed once more from a boundary so that less memory is held
 * (Chen et al. 2016, arXiv 1604.06174).
 */
final class Recomputation {

    /** Operators that read and write as many numbers as they compute. */
    private static final Set<Op> QUICK = Set.of(Op.SILU, Op.GELU, Op.MUL, Op.RMS_NORM);

    private final Graph graph;
    private final Stages stages;
    /** What depends on a boundary, the boundaries included. */
    private final Set<Value> staged;
    /** Forward values as they are computed once more, in the stage that needs them first. */
    private final Map<Value, Value> copies = new HashMap<>();
    /** Zero, computed after the present stage's gradient; null where all forward values are kept. */
    private @Nullable Value late;

    Recomputation(Graph graph, Stages stages) {
        this.graph = graph;
        this.stages = stages;
        staged = Liveness.dependents(graph, stages.boundaries());
    }

    /** Begins a stage: what is computed once more waits for a gradient. */
    void begin(Value gradient) {
        late = ExecutionOrder.zeroAfter(List.of(gradient));
    }

    /** {@return a forward value for use in the present stage and those after it} */
    Value read(Value value) {
        if (late == null || !staged.contains(value)) {
            return value;
        }
        Value known = copies.get(value);
        if (known == null) {
            boolean boundary = stages.boundaries().contains(value);
            if (stages.recompute()) {
                known = boundary ? value.plus(late) : copy(value);
            } else {
                known = !boundary && isQuick(value) ? copy(value) : value;
            }
            copies.put(value, known);
        }
        return known;
    }

    private static boolean isQuick(Value value) {
        return value.producer != null && QUICK.contains(value.producer.op());
    }

    private Value copy(Value value) {
        Node node = requireNonNull(value.producer);
        Value[] inputs = node.inputs().stream()
                .map(input -> input == null ? null : read(input))
                .toArray(Value[]::new);
        if (Arrays.asList(inputs).equals(node.inputs())) { // it would be the same node again
            inputs[0] = requireNonNull(inputs[0]).plus(requireNonNull(late));
        }
        List<Shape> shapes = node.outputs().stream().map(Value::shape).toList();
        return graph.nodes(node.op(), node.attributes(), value.type(), shapes, inputs)
                .get(node.outputs().indexOf(value));
    }
}
