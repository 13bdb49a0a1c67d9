package io.humpback.onnx;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.PagedDefinition;
import io.humpback.onnx.llama.PagedGraph;
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

    /** {@return the graph of whole generations over blocks as a CPU runs it: in floats, attention by its definition} */
    public static Graph paged(Precision precision, Checkpoint checkpoint, int positions) {
        ModelSource source = ModelSource.of(checkpoint);
        return PagedDefinition.of(
                precision == Precision.INT4
                        ? PagedGraph.int4(source, positions, ElementType.FLOAT)
                        : PagedGraph.of(source, positions, ElementType.FLOAT));
    }
}
