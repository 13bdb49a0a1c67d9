package io.humpback.onnx;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.weights.ModelSource;

/** The graphs of a checkpoint in a precision, for the tests of the packages below. */
public final class InferenceGraphs {

    private InferenceGraphs() {}

    /** {@return the graph of single steps} */
    public static Graph step(Precision precision, Checkpoint checkpoint, int positions) {
        return precision.graph(ModelSource.of(checkpoint), positions);
    }

    /** {@return the graph of whole generations} */
    public static Graph loop(Precision precision, Checkpoint checkpoint, int positions) {
        return precision.decodingGraph(ModelSource.of(checkpoint), positions);
    }
}
