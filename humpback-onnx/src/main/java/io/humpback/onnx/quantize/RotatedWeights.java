package io.humpback.onnx.quantize;

import io.humpback.onnx.checkpoint.LlamaConfig;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.checkpoint.WeightName.Part;
import io.humpback.onnx.weights.WeightRows;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * The weights of the same model in rotated coordinates: norms folded into the products that follow them, the residual
 * stream rotated by one rotation and each value head by another. Exact but for rounding. The input of the down projection
 * is expected to be rotated at run time, by {@link #gateRotation} in blocks.
 */
public final class RotatedWeights implements Function<WeightName, WeightRows> {

    private final LlamaConfig config;
    private final Function<WeightName, WeightRows> source;
    private final Rotation stream;
    private final Rotation head;
    private final BlockwiseRotation gate;

    public RotatedWeights(LlamaConfig config, Function<WeightName, WeightRows> source) {
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
    public WeightRows apply(WeightName name) {
        WeightRows rows = source.apply(name);
        return switch (name.part()) {
            case INPUT_NORM, FEED_FORWARD_NORM, FINAL_NORM -> ones();
            case EMBEDDING -> rotated(rows);
            case Q, K, GATE, UP, HEAD -> rotated(scaled(rows, norm(name)));
            case V -> whole(rotated(scaled(rows, norm(name))), w -> rotateHeads(w, rows.length()));
            case O ->
                whole(rows, w -> {
                    head.apply(w, 0, w.length / config.headDim());
                    stream.columns(w, 0, rows.length());
                });
            case DOWN ->
                whole(rows, w -> {
                    gate.apply(w, 0, w.length);
                    stream.columns(w, 0, rows.length());
                });
            case QKV, GATE_UP -> throw new IllegalArgumentException(name + " is rotated in parts");
        };
    }

    /**
     * Rotates both sides of a low-rank change as the weight that it is added to, so that B A changes the rotated product.
     * The input of the down projection is taken as it is before the gate's rotation.
     *
     * @param name of the weight of a product
     * @param rank rows of A
     * @param a [rank, in], in place
     * @param b [out, rank], in place
     */
    public void rotate(WeightName name, int rank, float[] a, float[] b) {
        switch (name.part()) {
            case Q, K, GATE, UP -> rotateInput(name, rank, a);
            case V -> {
                rotateInput(name, rank, a);
                rotateHeads(b, rank);
            }
            case O -> {
                head.apply(a, 0, a.length / config.headDim());
                stream.columns(b, 0, rank);
            }
            case DOWN -> stream.columns(b, 0, rank);
            default -> throw new IllegalArgumentException(name + " takes no low-rank change");
        }
    }

    private void rotateInput(WeightName name, int rank, float[] a) {
        try {
            rotated(scaled(WeightRows.of(a.clone(), config.hiddenSize()), norm(name)))
                    .read(0, rank, a, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(name.toString(), e);
        }
    }

    /** The norm whose result a weight is multiplied with. */
    private WeightRows norm(WeightName name) {
        return source.apply(
                switch (name.part()) {
                    case HEAD -> WeightName.FINAL_NORM;
                    case GATE, UP -> name.with(Part.FEED_FORWARD_NORM);
                    default -> name.with(Part.INPUT_NORM);
                });
    }

    private WeightRows ones() {
        float[] ones = new float[config.hiddenSize()];
        Arrays.fill(ones, 1);
        return WeightRows.of(ones, ones.length);
    }

    /** Rows scaled by a norm's weight, which the norm itself then lacks. */
    private static WeightRows scaled(WeightRows rows, WeightRows norm) {
        return rows.changed((row, count, values, at) -> {
            float[] scale = norm.all();
            for (int i = 0; i < count * rows.length(); i++) {
                values[at + i] *= scale[i % rows.length()];
            }
        });
    }

    /** Rows that are multiplied with the residual stream. */
    private WeightRows rotated(WeightRows rows) {
        return rows.changed((row, count, values, at) -> stream.apply(values, at, count));
    }

    /** Outputs that are the values of heads, [K·d, columns], in place. */
    private void rotateHeads(float[] values, int columns) {
        for (int at = 0; at < values.length; at += config.headDim() * columns) {
            head.columns(values, at, columns);
        }
    }

    private static WeightRows whole(WeightRows rows, Consumer<float[]> change) {
        return WeightRows.made(rows.rows(), rows.length(), () -> {
            float[] changed = rows.all();
            change.accept(changed);
            return changed;
        });
    }
}
