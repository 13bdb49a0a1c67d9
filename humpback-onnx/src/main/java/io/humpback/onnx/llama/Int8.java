package io.humpback.onnx.llama;

import io.humpback.onnx.graph.Dim;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Products of 8-bit integers: activations as unsigned bytes around 128 times weights as signed bytes with a scale for each
 * output. A token's result does not depend on other tokens. Made for {@link RotatedWeights}: unturned, a few outlier
 * channels take all of a token's range.
 *
 * <p>Inputs that come from a norm have a root mean square of one and, turned, nearly a normal distribution. They go in as
 * the sum of two bytes of fixed scales, since ratings suffer most from their rounding (Spearman correlation with 32 bits
 * 0.985 in place of 0.976 on 200 pairs of SmolLM2). The others go in as one byte scaled by the token's own largest
 * magnitude.
 */
final class Int8 implements PrecisionPass {

    /**
     * Largest magnitude of a weight: 127 where the processor sums products in 32 bits. Those without VNNI add pairs of
     * them in 16 bits, which must not overflow (2 · 255 · 63 < 2^15).
     */
    static final int LEVELS = sumsIn32Bits() ? 127 : 63;

    /** Scale of the first byte of a normed input, which holds eight times its root mean square. */
    private static final float COARSE = 8f / 127;

    /** Scale of the second byte, which holds what rounding the first one leaves. */
    private static final float FINE = COARSE / 254;

    /** Rows of a weight that are quantised at a time. */
    private static final int STEP = 256;

    private final Weights weights;
    private final RotatedWeights rotated;
    private final int levels;
    private final Map<Value, Value> splits = new HashMap<>();
    private final Map<Dim, Value> zeros = new HashMap<>();

    private static boolean sumsIn32Bits() {
        Path flags = Path.of("/proc/cpuinfo");
        if (!System.getProperty("os.arch").equals("amd64")) {
            return true;
        }
        try {
            return Files.exists(flags) && Files.readString(flags).contains("vnni");
        } catch (IOException e) {
            return false;
        }
    }

    private record Quantised(Value bytes, Value scale) {}

    /**
     * @param weights in turned coordinates
     * @param rotated how they are turned
     * @param levels the largest magnitude of a weight: 127, or 63 where the processor adds pairs of products in 16 bits
     */
    Int8(Weights weights, RotatedWeights rotated, int levels) {
        this.weights = weights;
        this.rotated = rotated;
        this.levels = levels;
    }

    @Override
    public Value product(Graph to, Value x, String weight) {
        Rows rows = weights.rows(weight);
        Columns columns = new Columns(rows, levels);
        Value bytes = to.weight(new Weight(
                weight + ".int8", ElementType.INT8, Shape.of(rows.length(), rows.rows()), channel -> Weights.bytes(
                                columns.takeBytes())
                        .writeTo(channel)));
        Value scales = to.weight(new Weight(
                weight + ".scale", ElementType.FLOAT, Shape.of(rows.rows()), channel -> Weights.floats(columns.scales())
                        .writeTo(channel)));
        Value zero = to.constant(ElementType.UINT8, Shape.of(), new byte[] {(byte) 128});
        if (weight.contains(".down_proj.") || weight.contains(".o_proj.")) {
            boolean gated = weight.contains(".down_proj.");
            Quantised input = quantise(to, gated ? turned(to, x) : x);
            return to.matmulIntegerToFloat(input.bytes, bytes, to.constant(1f), scales, zero)
                    .times(input.scale);
        }
        Value both = splits.computeIfAbsent(x, value -> split(to, x, zero)); // [2n, in]
        Value halves = to.matmulIntegerToFloat(both, bytes, to.constant(1f), scales, zero); // [2n, out]
        Value sum = to.constant(Shape.of(1, 2), COARSE, FINE).matmul(halves.reshape(2, "n*out")); // [1, n*out]
        return sum.reshape(x.shape().get(0), rows.rows());
    }

    /** The coarse bytes of all rows, then the fine ones, so that one product reads the weight once. */
    private static Value split(Graph to, Value x, Value zero) {
        Value coarse = to.quantize(x, to.constant(COARSE), zero);
        Value rest = x.minus(to.dequantize(coarse, to.constant(COARSE), zero));
        return coarse.concat(to.quantize(rest, to.constant(FINE), zero), 0);
    }

    /** Gated values, block by block turned as the weight that meets them was. */
    private Value turned(Graph to, Value x) {
        int block = rotated.gateBlock();
        Value matrix =
                to.constant(Shape.of(block, block), rotated.gateRotation().matrix());
        return x.reshape("blocks", block)
                .matmul(matrix)
                .reshape(x.shape().dims().toArray());
    }

    private Quantised quantise(Graph to, Value x) {
        Value scale = x.abs().max(-1).times(1 / 127f); // [n, 1]
        Dim n = x.shape().get(0);
        Value zeroes = zeros.computeIfAbsent(n, dim -> to.filled(x.dims().slice(0, 0, 1), dim, (byte) 128));
        return new Quantised(to.quantize(x, scale.reshape(n), zeroes), scale);
    }

    /** A weight's bytes [in, out] and scales [out], made together and kept no longer than needed. */
    private static final class Columns {
        private final Rows rows;
        private final int levels;
        private byte @Nullable [] bytes;
        private float @Nullable [] scales;

        Columns(Rows rows, int levels) {
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
            return scales;
        }

        private byte[] make() throws IOException {
            int out = Math.toIntExact(rows.rows());
            int in = rows.length();
            byte[] made = new byte[Math.multiplyExact(out, in)];
            scales = new float[out];
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
            return made;
        }
    }
}
