package io.humpback.onnx.llama;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.weights.ModelSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What CUDA makes of the graph; the draws themselves are compared with those of a step a token. */
class LoopSamplingTest {

    /** Fail on a GPU without cuDNN. */
    private static final Set<Op> OF_CUDNN = EnumSet.of(Op.REDUCE_MAX, Op.REDUCE_LOG_SUM_EXP);

    @Test
    void nothingNeedsCudnnNorSumsUpAlongTheVocabulary(@TempDir Path folder) throws Exception {
        int vocabulary = 128_256;
        RandomLlama.Form form = new RandomLlama.Form(vocabulary, 16, 16, 1, 1, 1, 16, true, false);
        List<Dim> sums = new ArrayList<>();
        try (Checkpoint checkpoint = Checkpoint.open(RandomLlama.write(folder, form, 1))) {
            LoopGraph.of(ModelSource.of(checkpoint), 64, ElementType.FLOAT).rewritten((node, read, to) -> {
                assertTrue(!OF_CUDNN.contains(node.op()), node.op().toString());
                if (node.op() == Op.CUMSUM) {
                    sums.add(read.get(0).shape().get(-1));
                }
                return null;
            });
        }
        assertEquals(12, sums.size()); // six for the first token, and for those of the loop
        for (Dim size : sums) {
            assertTrue(size.isKnown() ? size.size() <= 512 : size.equals(Dim.named("K")), size.toString());
        }
    }
}
