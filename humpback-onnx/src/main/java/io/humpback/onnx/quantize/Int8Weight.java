package io.humpback.onnx.quantize;

import static java.util.Objects.requireNonNull;

import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A weight in 8 bits: INT8 [in, out], and the scale of each output, [out]. */
record Int8Weight(Value bytes, Value scales) {

    /** {@return the rows [out, in] in 8 bits; the largest magnitude is {@code levels}} */
    static Int8Weight of(Graph to, String name, WeightRows rows, int levels) {
        Columns columns = new Columns(rows, levels);
        Value bytes = to.weight(new Weight(
                name + ".int8", ElementType.INT8, Shape.of(rows.length(), rows.rows()), channel -> Weights.bytes(
                                columns.takeBytes())
                        .writeTo(channel)));
        Value scales = to.weight(new Weight(
                name + ".scale", ElementType.FLOAT, Shape.of(rows.rows()), channel -> Weights.floats(columns.scales())
                        .writeTo(channel)));
        return new Int8Weight(bytes, scales);
    }

    /** {@return the products of tokens [n, in] with this weight, [n, out]} */
    Value times(Graph to, Int8Tokens.Quantised tokens) {
        return times(to, tokens.bytes(), tokens.zero(), 1).times(tokens.scale());
    }

    /** {@return the products of UINT8 around a scalar, [n, in], in units of a scale, with this weight, [n, out]} */
    Value times(Graph to, Value x, Value zero, float scale) {
        return RuntimeOperators.matmulIntegerToFloat(x, bytes, to.constant(scale), scales, zero);
    }

    /** A weight's bytes [in, out] and scales [out], made together and kept no longer than needed. */
    private static final class Columns {
        /** Rows of a weight that are quantised at a time. */
        private static final int STEP = 256;

        private final WeightRows rows;
        private final int levels;
        private byte @Nullable [] bytes;
        private float @Nullable [] scales;

        Columns(WeightRows rows, int levels) {
            this.rows = rows;
            this.levels = levels;
        }

        synchronized byte[] takeBytes() throws IOException {
            byte[] made = bytes == null ? make() : bytes;
            bytes = null;
            return made;
        }

        synchronized float[] scales() throws IOException {
            if (scales == null) {
                bytes = make();
            }
            return requireNonNull(scales);
        }

        private byte[] make() throws IOException {
            int out = Math.toIntExact(rows.rows());
            int in = rows.length();
            byte[] made = new byte[Math.multiplyExact(out, in)];
            float[] scales = new float[out];
            float[] some = new float[STEP * in];
            byte[] line = new byte[STEP];
            for (int row = 0; row < out; row += STEP) {
                int count = Math.min(STEP, out - row);
                rows.read(row, count, some, 0);
                for (int i = 0; i < count; i++) {
                    float max = 0;
                    for (int k = i * in; k < (i + 1) * in; k++) {
                        max = Math.max(max, Math.abs(some[k]));
                    }
                    scales[row + i] = max / levels;
                }
                for (int k = 0; k < in; k++) {
                    for (int i = 0; i < count; i++) {
                        float scale = scales[row + i];
                        line[i] = (byte) (scale == 0 ? 0 : Math.round(some[i * in + k] / scale));
                    }
                    System.arraycopy(line, 0, made, k * out + row, count);
                }
            }
            this.scales = scales;
            return made;
        }
    }
}
