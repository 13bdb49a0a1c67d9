package io.humpback.onnx.weights;

import io.humpback.onnx.checkpoint.Checkpoint;
import io.humpback.onnx.checkpoint.DType;
import io.humpback.onnx.checkpoint.WeightName;
import io.humpback.onnx.graph.Data;
import io.humpback.onnx.graph.ElementType;
import io.humpback.onnx.graph.Shape;
import io.humpback.onnx.graph.Weight;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.function.Function;

/**
 * The weights of a model by name. The head is the embedding where the two are tied, and the rows of joined parts lie one
 * below the other.
 */
public final class Weights {

    /** What follows a weight's name where it is kept in bfloat16. */
    public static final String BFLOAT16 = ".bf16";

    /** Floats handled at a time when a weight is written. */
    private static final int CHUNK = 1 << 14;

    private final Function<WeightName, WeightRows> source;

    public Weights(Function<WeightName, WeightRows> source) {
        this.source = source;
    }

    /** {@return the weights of a checkpoint as they are; it stays open while they are used} */
    public static Weights of(Checkpoint checkpoint) {
        return new Weights(source(checkpoint));
    }

    /** {@return the rows of a checkpoint's weights by name; it stays open while they are used} */
    public static Function<WeightName, WeightRows> source(Checkpoint checkpoint) {
        boolean tied = checkpoint.config().tiedEmbeddings();
        boolean lackOne = checkpoint.config().features().normsLackOne();
        return name -> {
            WeightRows rows = WeightRows.of(
                    checkpoint.tensor(tied && name.equals(WeightName.HEAD) ? WeightName.EMBEDDING : name));
            return lackOne && name.part().isNorm() ? plusOne(rows) : rows;
        };
    }

    private static WeightRows plusOne(WeightRows rows) {
        return rows.changed((row, count, values, at) -> {
            for (int i = at; i < at + count * rows.length(); i++) {
                values[i] += 1;
            }
        });
    }

    public WeightRows rows(WeightName name) {
        List<WeightRows> parts = name.parts().stream().map(source).toList();
        return parts.size() == 1 ? parts.get(0) : WeightRows.joined(parts);
    }

    /** {@return the weight as 32-bit floats; those of norms and biases are vectors} */
    public Weight floats(WeightName name) {
        return of(name, ElementType.FLOAT);
    }

    /** {@return the weight as bfloat16: bit for bit where the checkpoint stores it so, else rounded to nearest even} */
    public Weight bfloat16(WeightName name) {
        Weight weight = of(name, ElementType.BFLOAT16);
        return new Weight(name + BFLOAT16, weight.type(), weight.shape(), weight.data());
    }

    /** {@return the weight under its own name, as FLOAT or BFLOAT16} */
    public Weight of(WeightName name, ElementType type) {
        WeightRows rows = rows(name);
        Shape shape = name.part().isVector() ? Shape.of(rows.length()) : Shape.of(rows.rows(), rows.length());
        return new Weight(name.toString(), type, shape, channel -> write(rows, channel, Floats.of(type)));
    }

    /** How floats become bytes. */
    public enum Floats {
        PLAIN(Float.BYTES) {
            @Override
            public void put(float[] from, int count, ByteBuffer to) {
                to.asFloatBuffer().put(from, 0, count);
            }
        },
        BRAIN(Short.BYTES) {
            @Override
            public void put(float[] from, int count, ByteBuffer to) {
                for (int i = 0; i < count; i++) {
                    to.putShort(2 * i, DType.bfloat16(from[i]));
                }
            }
        };

        public final int bytes;

        Floats(int bytes) {
            this.bytes = bytes;
        }

        public static Floats of(ElementType type) {
            return type == ElementType.BFLOAT16 ? BRAIN : PLAIN;
        }

        /** Writes from the buffer's beginning. */
        public abstract void put(float[] from, int count, ByteBuffer to);
    }

    private static void write(WeightRows rows, WritableByteChannel channel, Floats form) throws IOException {
        int step = (int) Math.min(rows.rows(), Math.max(1, CHUNK / rows.length()));
        float[] floats = new float[step * rows.length()];
        ByteBuffer bytes = ByteBuffer.allocate(floats.length * form.bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (long row = 0; row < rows.rows(); row += step) {
            int count = (int) Math.min(step, rows.rows() - row);
            rows.read(row, count, floats, 0);
            bytes.clear();
            form.put(floats, count * rows.length(), bytes);
            writeFully(channel, bytes.limit(count * rows.length() * form.bytes));
        }
    }

    public static void writeFully(WritableByteChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    public static Data floats(float[] values) {
        return channel -> write(WeightRows.of(values, values.length), channel, Floats.PLAIN);
    }

    public static Data bytes(byte[] values) {
        return channel -> writeFully(channel, ByteBuffer.wrap(values));
    }
}
