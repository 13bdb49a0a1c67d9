package io.humpback.onnx.train;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.graph.ExecutionOrder;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Value;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The sum of the negative log-likelihoods of labels, and its gradients, a few rows at a time: whatever the vocabulary, no
 * more than {@value #BYTES} bytes of logits exist at a time, in up to three forms. Gradients need no second pass, as
 * that of the sum with respect to the logits is softmax minus one-hot.
 */
final class LossHead {

    /** Of the logits of a chunk. */
    private static final long BYTES = 64L << 20;

    private final Graph graph;
    private final Value weight;
    private final int chunk;

    /** The weight is [V, D]. */
    LossHead(Graph graph, Value weight) {
        this.graph = graph;
        this.weight = weight;
        chunk = (int) Math.max(1, BYTES / Float.BYTES / weight.shape().get(0).size());
    }

    /** The scalar loss and its gradients: of the hidden states [N, D], and of the head's weight [V, D] if asked for. */
    record Result(Value loss, Value hidden, @Nullable Value weight) {}

    /** {@return the loss of INT64 [R, 1] labels at INT64 [R] rows of the hidden states, for R up to a number} */
    Value loss(Value hidden, Value rows, Value labels, int maxRows) {
        List<Value> losses = new ArrayList<>();
        for (int from = 0; from < maxRows; from += chunk) {
            Value h = hidden.gather(part(rows, from)); // [r, D]
            List<Value> last = losses.subList(Math.max(0, losses.size() - 1), losses.size());
            losses.add(loss(logProbabilities(ExecutionOrder.after(last, h)), part(labels, from)));
        }
        return total(losses);
    }

    /** {@return the loss with gradients, that of the weight added to what it is before, or none if that is null} */
    Result gradients(Value hidden, Value rows, Value labels, int maxRows, @Nullable Value weightBefore) {
        List<Value> losses = new ArrayList<>();
        Value sum = graph.constant(0).expand(hidden); // [N, D]
        Value weightSum = weightBefore;
        for (int from = 0; from < maxRows; from += chunk) {
            Value h = hidden.gather(part(rows, from)); // [r, D]
            h = from == 0 ? h : ExecutionOrder.after(weightSum == null ? List.of(sum) : List.of(sum, weightSum), h);
            Value label = part(labels, from);
            Value logs = logProbabilities(h); // [r, V]
            losses.add(loss(logs, label));
            Value minus = graph.constant(-1).expand(logs.gatherElements(label));
            Value g = logs.exp().scatterElementsAdd(label, minus); // [r, V]
            sum = sum.scatterNdAdd(part(rows, from), g.matmul(weight));
            weightSum = weightSum == null ? null : weightSum.addMatmul(g, true, h, false);
        }
        return new Result(total(losses), sum, weightSum);
    }

    private Value part(Value rows, int from) {
        return rows.sliceRows(from, from + chunk, "r" + from);
    }

    private Value logProbabilities(Value h) {
        return h.linear(weight).logSoftmax();
    }

    /** A part may be empty: that CUDA sums up only where the axis is kept. */
    private static Value loss(Value logs, Value labels) {
        return logs.gatherElements(labels).sumKeepDims(0).reshape().negated();
    }

    private static Value total(List<Value> losses) {
        return requireNonNull(losses.stream().reduce(Value::plus).orElse(null));
    }
}
