package io.humpback.onnx;

import io.humpback.model.Completion;
import io.humpback.model.Sampling;
import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Graphs;
import io.humpback.onnx.graph.PagedDefinition;
import io.humpback.onnx.llama.PagedGraph;
import io.humpback.onnx.run.DecodeRequest;
import io.humpback.onnx.run.Decoder;
import io.humpback.onnx.run.LoopDecoder;
import io.humpback.onnx.run.PagedDecoder;
import io.humpback.onnx.weights.ModelSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The graphs of a checkpoint in a precision, and what runs them on a CPU, for the tests of the packages below. */
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

    /** {@return what runs the graph of whole generations in 32 bits, which is written to a folder} */
    public static LoopDecoder looped(Checkpoint checkpoint, int positions, int batch, Path folder) throws IOException {
        return LoopDecoder.open(
                Graphs.write(loop(Precision.FP32, checkpoint, positions), folder),
                -1,
                1,
                true,
                batch,
                new LoopDecoder.Memory(1L << 40, 1, 1, 1, 1, 4));
    }

    /** {@return what runs the graph of whole generations over blocks, which is written to a folder} */
    public static PagedDecoder paged(Checkpoint checkpoint, int positions, int batch, Path folder) throws IOException {
        LlamaConfig config = checkpoint.config();
        return PagedDecoder.open(
                Graphs.write(paged(Precision.BF16, checkpoint, positions), folder),
                -1,
                1,
                true,
                batch,
                new PagedDecoder.Memory(1L << 40, 1, config.kvHeads(), config.headDim(), 64, 1, 1, 4));
    }

    /** {@return some tokens after each prompt, whatever ends a completion, of up to a batch at the same time} */
    public static List<Completion> greedy(Decoder decoder, List<int[]> prompts, int tokens, int batch) {
        Sampling greedy = Sampling.greedy().maxTokens(tokens).ignoreEnd(true);
        List<Completion> found = new ArrayList<>();
        decoder.complete(new DecodeRequest(
                        prompts.iterator(), greedy, Set.of(), 512, batch, ids -> "", (items, p, shared, written) -> {}))
                .forEachRemaining(found::add);
        return found;
    }
}
