package io.humpback.onnx.llama;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Op;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.peft.PeftAdapter;
import io.humpback.onnx.peft.PeftAdapter.LowRank;
import io.humpback.onnx.quantize.RotatedWeights;
import io.humpback.onnx.run.StepDecoder.Input;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Low-rank changes as inputs of a graph: each linear product of a block, x Wᵀ, becomes x Wᵀ + (x Aᵀ) Bᵀ with inputs
 * {@code P.lora_A} FLOAT [r, in] and {@code P.lora_B} FLOAT [out, r], the scale within B, and r any number for each product P.
 * Queries, keys and values are one product here, and gate and up: its A has theirs one below the other, its B their blocks
 * side by side.
 */
public final class AdapterInputs {

    private final LlamaConfig config;
    private final @Nullable RotatedWeights rotated;

    private AdapterInputs(LlamaConfig config, @Nullable RotatedWeights rotated) {
        this.config = config;
        this.rotated = rotated;
    }

    /** {@return the inputs of a checkpoint's graph with the weights as they are} */
    public static AdapterInputs of(Checkpoint checkpoint) {
        return new AdapterInputs(checkpoint.config(), null);
    }

    /**
     * {@return the inputs of a graph in rotated coordinates; the checkpoint, whose norms are read, is not used
     * afterwards}
     */
    public static AdapterInputs rotated(Checkpoint checkpoint) throws IOException {
        Map<WeightName, WeightRows> norms = new HashMap<>();
        Function<WeightName, WeightRows> source = Weights.source(checkpoint);
        for (WeightName name : checkpoint.names()) {
            if (name.part().isNorm()) {
                WeightRows norm = source.apply(name);
                norms.put(name, WeightRows.of(norm.all(), norm.length()));
            }
        }
        return new AdapterInputs(checkpoint.config(), new RotatedWeights(checkpoint.config(), norms::get));
    }

    /** {@return a graph with inputs for an adapter, made from one with products of weights in floats} */
    static Graph addedTo(Graph graph) {
        return graph.rewritten((node, inputs, to) -> {
            Weight weight = node.op() == Op.LINEAR ? to.weightOf(inputs.get(1)) : null;
            WeightName name = weight == null ? null : WeightName.of(weight.name());
            if (weight == null || name == null || !name.part().isProduct()) {
                return null;
            }
            Value x = inputs.get(0);
            String product = name.module();
            Dim rank = Dim.named(product + ".rank");
            Value a = to.input(
                    product + ".lora_A",
                    ElementType.FLOAT,
                    Shape.of(rank, weight.shape().get(1)));
            Value b = to.input(
                    product + ".lora_B",
                    ElementType.FLOAT,
                    Shape.of(weight.shape().get(0), rank));
            return List.of(x.linear(inputs.get(1)).plus(x.linear(a).linear(b)));
        });
    }

    /** {@return the inputs for an adapter of this base, for every product; those it does not change get zeros} */
    public List<Input> of(PeftAdapter adapter) {
        Map<WeightName, LowRank> changes = adapter.changes(config);
        List<Input> inputs = new ArrayList<>();
        config.products().stream()
                .map(name -> name.with(name.part().whole()))
                .distinct()
                .forEach(product -> add(inputs, product, adapter, changes));
        return inputs;
    }

    private void add(List<Input> inputs, WeightName product, PeftAdapter adapter, Map<WeightName, LowRank> changes) {
        int in = (int) config.shape(product.part())[1];
        int out = (int) config.shape(product.part())[0];
        int rank = Math.max(
                1,
                product.parts().stream()
                        .filter(changes::containsKey)
                        .mapToInt(name -> requireNonNull(changes.get(name)).rank())
                        .sum());
        float[] allA = new float[rank * in];
        float[] allB = new float[out * rank];
        int atRank = 0;
        int atOut = 0;
        for (WeightName name : product.parts()) {
            int height = (int) config.shape(name.part())[0];
            LowRank change = changes.get(name);
            if (change != null) {
                float[] a = new float[change.rank() * in];
                float[] b = new float[height * change.rank()];
                change.a().get(0, a);
                change.b().get(0, b);
                if (rotated != null) {
                    rotated.rotate(name, change.rank(), a, b);
                }
                System.arraycopy(a, 0, allA, atRank * in, a.length);
                float scale = (float) adapter.scale(change);
                for (int i = 0; i < b.length; i++) {
                    int row = atOut + i / change.rank();
                    allB[row * rank + atRank + i % change.rank()] = scale * b[i];
                }
                atRank += change.rank();
            }
            atOut += height;
        }
        inputs.add(new Input(product.module() + ".lora_A", new long[] {rank, in}, FloatBuffer.wrap(allA)));
        inputs.add(new Input(product.module() + ".lora_B", new long[] {out, rank}, FloatBuffer.wrap(allB)));
    }
}
