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
import org.jspecify.annotations.Nullable;

/**
 * The weights of the same model in rotated coordinates: norms folded into the products that follow them, the residual
 * stream rotated by one rotation and each value head by another. Exact but for rounding. The input of the down projection
 * is expected to be rotated at run time, by {@link #gateRotation} in blocks.
 *
 * <p>Where a norm follows a product before the result is added to the residual stream, that stays as it is, since the norm's
 * weight belongs to its coordinates. Norms then keep their weights, which hold down the few channels that outgrow all others in
 * such a stream (Gemma 3), and what is normed is expected to be rotated at run time too, by {@link #inputRotation}.
 */
public final class RotatedWeights implements Function<WeightName, WeightRows> {

    private final LlamaConfig config;
    private final Function<WeightName, WeightRows> source;
    /** Null where the residual stream stays as it is. */
    private final @Nullable Rotation stream;

    private final BlockwiseRotation input;
    private final Rotation head;
    private final BlockwiseRotation gate;

    public RotatedWeights(LlamaConfig config, Function<WeightName, WeightRows> source) {
        this.config = config;
        this.source = source;
        stream = config.normsOutputs() ? null : new Rotation(config.hiddenSize());
        input = new BlockwiseRotation(config.hiddenSize());
        head = new Rotation(config.headDim());
        gate = new BlockwiseRotation(config.intermediateSize());
    }

    /** {@return the rotation that a feed-forward's gated values go through} */
    public BlockwiseRotation gateRotation() {
        return gate;
    }

    /** {@return whether the residual stream is rotated, by {@link Rotation}} */
    public boolean rotatesStream() {
        return stream != null;
    }

    /** {@return the rotation that normed values of the residual stream go through, or null if they are rotated already} */
    public @Nullable BlockwiseRotation inputRotation() {
        return stream == null ? input : null;
    }

    @Override
    public WeightRows apply(WeightName name) {
        WeightRows rows = source.apply(name);
        return switch (name.part()) {
            case INPUT_NORM, FEED_FORWARD_NORM, FINAL_NORM -> stream == null ? rows : ones();
            case Q_NORM, K_NORM, ATTENTION_OUTPUT_NORM, FEED_FORWARD_OUTPUT_NORM -> rows;
            case Q_BIAS, K_BIAS, GATE_BIAS, UP_BIAS -> rows;
            case V_BIAS -> whole(rows, b -> rotateHeads(b, 1));
            case EMBEDDING, O_BIAS, DOWN_BIAS -> stream == null ? rows : rotated(rows);
            case Q, K, GATE, UP, HEAD -> rotated(normed(name, rows));
            case SCORE -> stream == null ? rows : rotated(normed(name, rows));
            case V -> whole(rotated(normed(name, rows)), w -> rotateHeads(w, rows.length()));
            case O ->
                whole(rows, w -> {
                    head.apply(w, 0, w.length / config.headDim());
                    rotateOutput(w, rows.length());
                });
            case DOWN ->
                whole(rows, w -> {
                    gate.apply(w, 0, w.length);
                    rotateOutput(w, rows.length());
                });
            case QKV, GATE_UP -> throw new IllegalArgumentException(name + " is rotated in parts");
        };
    }

    /**
     * Rotates both sides of a low-rank change as the weight that it is added to, so that B A changes the rotated product.
     * Inputs that are rotated at run time are taken as they are before.
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
                rotateOutput(b, rank);
            }
            case DOWN -> rotateOutput(b, rank);
            default -> throw new IllegalArgumentException(name + " takes no low-rank change");
        }
    }

    private void rotateInput(WeightName name, int rank, float[] a) {
        try {
            WeightRows rows = normed(name, WeightRows.of(a.clone(), config.hiddenSize()));
            (stream == null ? rows : rotated(rows)).read(0, rank, a, 0);
        } catch (IOException e) {
            throw new UncheckedIOException(name.toString(), e);
        }
    }

    /** Rows with the weight of the norm before them, unless that keeps it. */
    private WeightRows normed(WeightName name, WeightRows rows) {
        return stream == null ? rows : scaled(rows, norm(name));
    }

    /** The norm whose result a weight is multiplied with. */
    private WeightRows norm(WeightName name) {
        return source.apply(
                switch (name.part()) {
                    case HEAD, SCORE -> WeightName.FINAL_NORM;
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
        return stream == null
                ? input.apply(rows)
                : rows.changed((row, count, values, at) -> stream.apply(values, at, count));
    }

    /** Outputs that are added to the residual stream, [D, columns], in place. */
    private void rotateOutput(float[] values, int columns) {
        if (stream != null) {
            stream.columns(values, 0, columns);
        }
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
