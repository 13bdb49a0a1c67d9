package io.humpback.onnx.llama;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.PeftAdapter;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a graph of inference is made of. Immutable.
 *
 * @param checkpoint stays open until the graph's weights are written
 * @param merged a change that the weights take in, row by row as they are written; null for none
 * @param adaptable whether the graph has inputs for an adapter, see {@link AdapterInputs}
 */
public record Source(Checkpoint checkpoint, @Nullable PeftAdapter merged, boolean adaptable) {

    /**
     * {@return a checkpoint as it is}
     *
     * @param checkpoint see {@link #checkpoint()}
     */
    public static Source of(Checkpoint checkpoint) {
        return new Source(checkpoint, null, false);
    }

    /**
     * {@return a copy with a change in its weights}
     *
     * @param adapter made for this checkpoint
     */
    public Source merged(PeftAdapter adapter) {
        return new Source(checkpoint, adapter, adaptable);
    }

    /** {@return this with inputs for an adapter} */
    public Source takingAdapters() {
        return new Source(checkpoint, merged, true);
    }

    /** {@return the rows of the weights by the names of the checkpoint's tensors} */
    Function<String, Rows> rows() {
        Function<String, Rows> plain = Weights.source(checkpoint);
        return merged == null ? plain : new MergedWeights(plain, merged);
    }
}
