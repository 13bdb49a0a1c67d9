package io.humpback.onnx.llama;

import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Loop;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import java.util.List;

/** Log-probabilities of many tokens, for which never more than a piece of the logits is there at a time. */
final class TargetLogs {

    /** Of the logits that are computed at a time. */
    private static final long LOGIT_BYTES = 64L << 20;

    /** Targets computed at a time, at most: those that fill up the last piece are computed in vain. */
    private static final long MOST_TARGETS = 256;

    private TargetLogs() {}

    /**
     * {@return logarithms of probabilities FLOAT [P, piece]} Adds the inputs {@code target_rows} INT64 [P, piece], rows of the
     * hidden states, and {@code targets} INT64 [P, piece], the ids that are wanted after them.
     */
    static Value of(Graph graph, Llama llama, Value hidden, int vocabulary) {
        long piece = Math.max(1, Math.min(MOST_TARGETS, LOGIT_BYTES / Float.BYTES / vocabulary));
        Value rows = graph.input("target_rows", ElementType.INT64, Shape.of("P", piece));
        Value targets = graph.input("targets", ElementType.INT64, Shape.of("P", piece));
        Value always = graph.constant(0).less(graph.constant(1));
        return Loop.of(targets.size(0).reshape(), always, List.of(), Dim.named("P"), (number, held) -> {
                    Value wanted =
                            llama.logits(hidden.gather(rows.gather(number))).cast(ElementType.FLOAT); // [piece, V]
                    graph.at("target_logprobs");
                    Value ids = targets.gather(number).reshape(piece, 1);
                    Value logs = wanted.logSoftmax().gatherElements(ids).reshape(piece);
                    return new Loop.Iteration(always, List.of(), List.of(logs));
                })
                .get(0);
    }
}
