package io.humpback.onnx.quantize;

import io.humpback.model.ModelException;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.Tensor;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.Data;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Graph;
import io.humpback.onnx.graph.RuntimeOperators;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Value;
import io.humpback.onnx.graph.Weight;
import io.humpback.onnx.weights.WeightRows;
import io.humpback.onnx.weights.Weights;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/**
 * Weights in blocks of 32 that share a scale, at 4 bits, and at 8 bits for a head that is not stored in 4. GGUF's Q4_0
 * blocks are taken over bit for bit; so are Q4_1's, whose offsets are not multiples of their scales: the part that the
 * format cannot hold, a number a block, is multiplied with the sums of the activations over blocks in a second, 32 times
 * smaller product. Other weights are rounded.
 */
public final class Int4Products implements PrecisionPass {

    static final int BLOCK = 32;

    private final Weights weights;

    public Int4Products(Weights weights) {
        this.weights = weights;
    }

    @Override
    public Value product(Graph to, Value x, WeightName weight) {
        WeightRows rows = weights.rows(weight);
        int in = rows.length();
        if (in % BLOCK != 0) {
            throw new ModelException(weight + ": rows of " + in + ", expected a multiple of " + BLOCK + " for int4");
        }
        int bits = weight.part() == WeightName.Part.HEAD && !holds(rows, DType.Q4_0) ? 8 : 4;
        boolean offsets = bits == 4 && holds(rows, DType.Q4_1);
        boolean exact = offsets || holds(rows, bits == 4 ? DType.Q4_0 : DType.Q8_0);
        long blocks = in / BLOCK;
        Part part = exact ? (row, count, sink) -> raw(rows.tensors(), row, count, sink) : rounded(rows, bits);
        Value quantised = to.weight(weight(weight + ".int" + bits, ElementType.UINT8, rows, part, Kind.WEIGHT, bits));
        Value scales = to.weight(weight(weight + ".scale" + bits, x.type(), rows, part, Kind.SCALE, bits));
        Value product = RuntimeOperators.matmulNBits(x, quantised, scales, null, bits, BLOCK); // [n, out]
        if (!offsets) {
            return product;
        }
        Value offset = to.weight(weight(weight + ".offset4", x.type(), rows, part, Kind.OFFSET, bits));
        Value wide = x.cast(ElementType.FLOAT).reshape(x.shape().get(0), blocks, BLOCK);
        Value sums = wide.sum(-1).cast(x.type()); // [n, blocks]
        return product.addMatmul(sums, false, offset, true);
    }

    private static boolean holds(WeightRows rows, DType type) {
        return !rows.tensors().isEmpty() && rows.tensors().stream().allMatch(tensor -> tensor.dtype() == type);
    }

    private enum Kind {
        WEIGHT,
        SCALE,
        OFFSET
    }

    /** One row's blocks: {@code bits · 4} bytes a block, and a scale and an offset each. */
    private static final class Sink {
        final ByteBuffer bytes;
        final float[] scales;
        final float[] offsets;

        Sink(int blocks, int bits) {
            bytes = ByteBuffer.allocate(blocks * bits * BLOCK / 8).order(ByteOrder.LITTLE_ENDIAN);
            scales = new float[blocks];
            offsets = new float[blocks];
        }
    }

    private interface Part {
        void read(long row, int count, Sink sink) throws IOException;
    }

    private static Weight weight(String name, ElementType type, WeightRows rows, Part part, Kind kind, int bits) {
        long blocks = rows.length() / BLOCK;
        Shape shape =
                switch (kind) {
                    case WEIGHT -> Shape.of(rows.rows(), blocks, bits * BLOCK / 8);
                    case SCALE -> Shape.of(rows.rows() * blocks);
                    case OFFSET -> Shape.of(rows.rows(), blocks);
                };
        Data data = channel -> write(channel, rows, part, kind, bits, Weights.Floats.of(type));
        return new Weight(name, type, shape, data);
    }

    private static void write(
            WritableByteChannel channel, WeightRows rows, Part part, Kind kind, int bits, Weights.Floats form)
            throws IOException {
        int blocks = rows.length() / BLOCK;
        int step = (int) Math.min(rows.rows(), 256);
        Sink sink = new Sink(blocks * step, bits);
        ByteBuffer floats = ByteBuffer.allocate(blocks * step * form.bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (long row = 0; row < rows.rows(); row += step) {
            int count = (int) Math.min(step, rows.rows() - row);
            part.read(row, count, sink);
            if (kind == Kind.WEIGHT) {
                Weights.writeFully(channel, sink.bytes.duplicate().clear().limit(count * blocks * bits * BLOCK / 8));
            } else {
                form.put(kind == Kind.SCALE ? sink.scales : sink.offsets, count * blocks, floats.clear());
                Weights.writeFully(channel, floats.limit(count * blocks * form.bytes));
            }
        }
    }

    /** Q4_0 and Q4_1 hold elements i and i + 16 of a block in one byte, the operator neighbours; Q8_0 is signed. */
    private static void raw(List<Tensor> tensors, long row, int count, Sink sink) {
        long first = 0;
        int at = 0;
        for (Tensor tensor : tensors) {
            long from = Math.max(row, first);
            long to = Math.min(row + count, first + tensor.rows());
            if (from < to) {
                boolean offset = tensor.dtype() == DType.Q4_1;
                boolean wide = tensor.dtype() == DType.Q8_0;
                ByteBuffer bytes = tensor.bytes(from - first, (int) (to - from)).order(ByteOrder.LITTLE_ENDIAN);
                while (bytes.hasRemaining()) {
                    float scale = DType.half(bytes.getShort());
                    sink.scales[at] = scale;
                    sink.offsets[at] = offset ? DType.half(bytes.getShort()) + 8 * scale : 0;
                    int start = bytes.position();
                    for (int i = 0; wide && i < BLOCK; i++) {
                        sink.bytes.put(at * BLOCK + i, (byte) (bytes.get(start + i) + 128));
                    }
                    for (int i = 0; !wide && i < BLOCK; i += 2) {
                        int shift = i < BLOCK / 2 ? 0 : 4;
                        int low = bytes.get(start + i % (BLOCK / 2)) >> shift & 15;
                        int high = bytes.get(start + i % (BLOCK / 2) + 1) >> shift & 15;
                        sink.bytes.put(at * BLOCK / 2 + i / 2, (byte) (low | high << 4));
                    }
                    bytes.position(start + (wide ? BLOCK : BLOCK / 2));
                    at++;
                }
            }
            first += tensor.rows();
        }
    }

    /** Rounded with the block's largest magnitude at the end of the range: -8 of -8 to 7, or -128 of -128 to 127. */
    private static Part rounded(WeightRows rows, int bits) {
        int half = 1 << bits - 1;
        return (row, count, sink) -> {
            int length = rows.length();
            float[] floats = new float[count * length]; // not kept: weight and scales are written at the same time
            rows.read(row, count, floats, 0);
            for (int block = 0; block < count * length / BLOCK; block++) {
                float extreme = 0;
                for (int i = block * BLOCK; i < (block + 1) * BLOCK; i++) {
                    extreme = Math.abs(floats[i]) > Math.abs(extreme) ? floats[i] : extreme;
                }
                float scale = extreme / -half;
                float inverse = scale == 0 ? 0 : 1 / scale;
                sink.scales[block] = scale;
                for (int i = 0; i < BLOCK; i += 8 / bits) {
                    int value = 0;
                    for (int k = 0; k < 8 / bits; k++) {
                        int level = Math.round(floats[block * BLOCK + i + k] * inverse) + half;
                        value |= Math.max(0, Math.min(2 * half - 1, level)) << k * bits;
                    }
                    sink.bytes.put((block * BLOCK + i) * bits / 8, (byte) value);
                }
            }
        };
    }
}
