package io.humpback.onnx.weights;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.llama.AdapterInputs;
import io.humpback.onnx.peft.PeftAdapter;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a graph of inference is made of. Immutable.
 *
 * @param checkpoint stays open until the graph's weights are written
 * @param merged a change that the weights take in, row by row as they are written; null for none
 * @param adaptable whether the graph has inputs for an adapter, see {@link AdapterInputs}
 */
public record ModelSource(Checkpoint checkpoint, @Nullable PeftAdapter merged, boolean adaptable) {

    /** {@return a checkpoint as it is} */
    public static ModelSource of(Checkpoint checkpoint) {
        return new ModelSource(checkpoint, null, false);
    }

    /** {@return a copy with a change, made for this checkpoint, in its weights} */
    public ModelSource merged(PeftAdapter adapter) {
        return new ModelSource(checkpoint, adapter, adaptable);
    }

    /** {@return this with inputs for an adapter} */
    public ModelSource takingAdapters() {
        return new ModelSource(checkpoint, merged, true);
    }

    /** {@return the rows of the weights} */
    public Function<WeightName, WeightRows> rows() {
        Function<WeightName, WeightRows> plain = Weights.source(checkpoint);
        return merged == null ? plain : new MergedWeights(plain, checkpoint.config(), merged);
    }
}
