package io.humpback.onnx.weights;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.peft.PeftAdapter.LowRank;
import java.util.Map;
import java.util.function.Function;

/** Weights with a low-rank change taken in, W + scale · B A, computed as rows are read. */
public final class MergedWeights implements Function<WeightName, WeightRows> {

    private final Function<WeightName, WeightRows> source;
    private final PeftAdapter adapter;
    private final Map<WeightName, LowRank> changes;

    /** The weights of a source with an adapter for models of a configuration. */
    public MergedWeights(Function<WeightName, WeightRows> source, LlamaConfig config, PeftAdapter adapter) {
        this.source = source;
        this.adapter = adapter;
        changes = adapter.changes(config);
    }

    @Override
    public WeightRows apply(WeightName name) {
        WeightRows rows = source.apply(name);
        LowRank change = changes.get(name);
        return change == null ? rows : changed(rows, change, (float) adapter.scale(change));
    }

    private static WeightRows changed(WeightRows rows, LowRank change, float scale) {
        int rank = change.rank();
        int length = rows.length();
        float[] a = new float[rank * length];
        change.a().get(0, a);
        return rows.changed((row, count, values, at) -> {
            for (int i = 0; i < count; i++) {
                for (int k = 0; k < rank; k++) {
                    float factor = scale * change.b().get((int) (row + i) * rank + k);
                    int to = at + i * length;
                    for (int j = 0; j < length; j++) {
                        values[to + j] += factor * a[k * length + j];
                    }
                }
            }
        });
    }
}
