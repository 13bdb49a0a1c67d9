package io.humpback.onnx.weights;

import io.humpback.onnx.checkpoint.Tensor;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A matrix of floats [rows, length] that is read row by row; a vector is one row.
 *
 * @param tensors those whose rows lie one below the other in it; none unless all rows are a tensor's, unchanged
 * @param reader reads rows
 */
public record WeightRows(long rows, int length, List<Tensor> tensors, Access reader) {

    /** Reads or changes some neighbouring rows. */
    @FunctionalInterface
    public interface Access {
        /** Puts a number of rows, from one on, into an array from an index on, or changes them there. */
        void apply(long row, int count, float[] values, int at) throws IOException;
    }

    /** Makes a whole matrix. */
    @FunctionalInterface
    public interface Making {
        /** {@return its floats, row-major, in an array of its own} */
        float[] make() throws IOException;
    }

    /** {@return a checkpoint's tensor} */
    public static WeightRows of(Tensor tensor) {
        return new WeightRows(tensor.rows(), tensor.rowLength(), List.of(tensor), tensor::floats);
    }

    /** {@return a matrix in memory} */
    public static WeightRows of(float[] values, int length) {
        return new WeightRows(
                values.length / length,
                length,
                List.of(),
                (row, count, into, at) ->
                        System.arraycopy(values, Math.toIntExact(row * length), into, at, count * length));
    }

    /** {@return a matrix that has to be made as a whole: at the first read, and kept until the last row is read} */
    public static WeightRows made(long rows, int length, Making making) {
        return new WeightRows(rows, length, List.of(), new Access() {
            private float @Nullable [] made;

            @Override
            public synchronized void apply(long row, int count, float[] into, int at) throws IOException {
                if (made == null) {
                    made = making.make();
                }
                System.arraycopy(made, Math.toIntExact(row * length), into, at, count * length);
                if (row + count == rows) {
                    made = null;
                }
            }
        });
    }

    /** {@return matrices of the same length, one below the other} */
    static WeightRows joined(List<WeightRows> parts) {
        int length = parts.get(0).length;
        long rows = parts.stream().mapToLong(WeightRows::rows).sum();
        boolean changed = parts.stream().anyMatch(part -> part.tensors.isEmpty());
        List<Tensor> tensors = changed
                ? List.of()
                : parts.stream().flatMap(part -> part.tensors.stream()).toList();
        return new WeightRows(rows, length, tensors, (row, count, into, at) -> {
            long first = 0;
            for (WeightRows part : parts) {
                long from = Math.max(row, first);
                long to = Math.min(row + count, first + part.rows);
                if (from < to) {
                    part.read(from - first, (int) (to - from), into, at + (int) (from - row) * length);
                }
                first += part.rows;
            }
        });
    }

    /** {@return these rows, changed as they are read, each independently of what others are read} */
    public WeightRows changed(Access change) {
        return new WeightRows(rows, length, List.of(), (row, count, into, at) -> {
            read(row, count, into, at);
            change.apply(row, count, into, at);
        });
    }

    /** Reads a number of rows, from one on, into an array from an index on. */
    public void read(long row, int count, float[] into, int at) throws IOException {
        reader.apply(row, count, into, at);
    }

    /** {@return all rows, row-major; for matrices that fit an array} */
    public float[] all() throws IOException {
        float[] all = new float[Math.toIntExact(Math.multiplyExact(rows, length))];
        read(0, Math.toIntExact(rows), all, 0);
        return all;
    }
}
