package io.humpback.onnx.quantize;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.weights.WeightRows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The weights of the same model in turned coordinates: norms folded into the products that follow them, the residual
 * stream turned by one rotation and each value head by another. Exact but for rounding. The input of {@code down_proj}
 * is expected to be turned at run time, by {@link #gateRotation} in blocks.
 */
public final class RotatedWeights implements Function<String, WeightRows> {

    private final LlamaConfig config;
    private final Function<String, WeightRows> source;
    private final Rotation stream;
    private final Rotation head;
    private final BlockwiseRotation gate;

    public RotatedWeights(LlamaConfig config, Function<String, WeightRows> source) {
        this.config = config;
        this.source = source;
        stream = new Rotation(config.hiddenSize());
        head = new Rotation(config.headDim());
        gate = new BlockwiseRotation(config.intermediateSize());
    }

    /** {@return the rotation that a feed-forward's gated values go through} */
    public BlockwiseRotation gateRotation() {
        return gate;
    }

    @Override
    public WeightRows apply(String name) {
        WeightRows rows = source.apply(name);
        String layer = name.substring(0, Math.max(0, name.indexOf('.', "model.layers.".length()) + 1));
        if (name.endsWith("norm.weight")) {
            float[] ones = new float[config.hiddenSize()];
            Arrays.fill(ones, 1);
            return WeightRows.of(ones, ones.length);
        } else if (name.equals("model.embed_tokens.weight")) {
            return input(rows, null);
        } else if (name.equals("lm_head.weight")) {
            return input(rows, source.apply("model.norm.weight"));
        } else if (name.endsWith(".o_proj.weight")) {
            return whole(rows, w -> {
                head.apply(w, 0, w.length / config.headDim());
                stream.columns(w, 0, rows.length());
            });
        } else if (name.endsWith(".down_proj.weight")) {
            return whole(rows, w -> {
                gate.apply(w, 0, w.length);
                stream.columns(w, 0, rows.length());
            });
        } else if (name.endsWith(".v_proj.weight")) {
            WeightRows turned = input(rows, source.apply(layer + "input_layernorm.weight"));
            return whole(turned, w -> {
                int one = config.headDim() * rows.length();
                for (int at = 0; at < w.length; at += one) {
                    head.columns(w, at, rows.length());
                }
            });
        }
        boolean feedForward = name.contains(".mlp.");
        return input(rows, source.apply(layer + (feedForward ? "post_attention" : "input") + "_layernorm.weight"));
    }

    /**
     * Turns both sides of a low-rank change as the weight that it is added to, so that B A changes the turned product. The
     * input of {@code down_proj} is taken as it is before the gate's rotation.
     *
     * @param name of the weight
     * @param rank rows of A
     * @param a [rank, in], in place
     * @param b [out, rank], in place
     */
    public void turn(String name, int rank, float[] a, float[] b) {
        String layer = name.substring(0, name.indexOf('.', "model.layers.".length()) + 1);
        boolean fromStream = !name.endsWith(".o_proj.weight") && !name.endsWith(".down_proj.weight");
        if (name.endsWith(".o_proj.weight")) {
            head.apply(a, 0, a.length / config.headDim());
        } else if (fromStream) {
            boolean feedForward = name.contains(".mlp.");
            WeightRows norm = source.apply(layer + (feedForward ? "post_attention" : "input") + "_layernorm.weight");
            try {
                input(WeightRows.of(a.clone(), config.hiddenSize()), norm).read(0, rank, a, 0);
            } catch (IOException e) {
                throw new UncheckedIOException(name, e);
            }
        }
        if (!fromStream) {
            stream.columns(b, 0, rank);
        } else if (name.endsWith(".v_proj.weight")) {
            for (int at = 0; at < b.length; at += config.headDim() * rank) {
                head.columns(b, at, rank);
            }
        }
    }

    /** Rows that are multiplied with the stream: scaled by the norm before them, and rotated. */
    private WeightRows input(WeightRows rows, @org.jspecify.annotations.Nullable WeightRows norm) {
        return rows.changed((row, count, values, at) -> {
            if (norm != null) {
                float[] scale = norm.all();
                for (int i = 0; i < count * rows.length(); i++) {
                    values[at + i] *= scale[i % rows.length()];
                }
            }
            stream.apply(values, at, count);
        });
    }

    private static WeightRows whole(WeightRows rows, Consumer<float[]> change) {
        return WeightRows.made(rows.rows(), rows.length(), () -> {
            float[] changed = rows.all();
            change.accept(changed);
            return changed;
        });
    }
}
