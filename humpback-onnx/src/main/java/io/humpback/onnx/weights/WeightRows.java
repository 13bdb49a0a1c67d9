package io.humpback.onnx.weights;

import io.humpback.onnx.checkpoint.Tensor;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A matrix of floats [rows, length] that is read row by row; a vector is one row. */
public interface WeightRows {

    long rows();

    int length();

    /** Reads a number of rows, from a first one on, into an array from an index on. */
    void read(long row, int count, float[] into, int at) throws IOException;

    /** {@return the tensors that lie one below the other in it, unchanged; none where they are changed} */
    default List<Tensor> tensors() {
        return List.of();
    }

    /** {@return all rows, row-major; for matrices that fit an array} */
    default float[] all() throws IOException {
        float[] all = new float[Math.toIntExact(Math.multiplyExact(rows(), length()))];
        read(0, Math.toIntExact(rows()), all, 0);
        return all;
    }

    /** {@return a matrix in memory} */
    static WeightRows of(float[] values, int length) {
        return new WeightRows() {
            @Override
            public long rows() {
                return values.length / length;
            }

            @Override
            public int length() {
                return length;
            }

            @Override
            public void read(long row, int count, float[] into, int at) {
                System.arraycopy(values, Math.toIntExact(row * length), into, at, count * length);
            }
        };
    }

    /** Changes rows that were read, in place. */
    @FunctionalInterface
    interface Change {
        /** Changes a number of rows, of which the first is given, in an array from an index on. */
        void apply(long row, int count, float[] values, int at) throws IOException;
    }

    /** {@return these rows, changed as they are read, each independently of what others are read} */
    default WeightRows changed(Change change) {
        WeightRows rows = this;
        return new WeightRows() {
            @Override
            public long rows() {
                return rows.rows();
            }

            @Override
            public int length() {
                return rows.length();
            }

            @Override
            public void read(long row, int count, float[] into, int at) throws IOException {
                rows.read(row, count, into, at);
                change.apply(row, count, into, at);
            }
        };
    }

    /** Makes a whole matrix. */
    @FunctionalInterface
    interface Making {
        /** {@return its floats, row-major, in an array of its own} */
        float[] make() throws IOException;
    }

    /** {@return a matrix that has to be made as a whole: at the first read, and kept until the last row is read} */
    static WeightRows made(long rows, int length, Making making) {
        return new WeightRows() {
            private float @Nullable [] made;

            @Override
            public long rows() {
                return rows;
            }

            @Override
            public int length() {
                return length;
            }

            @Override
            public synchronized void read(long row, int count, float[] into, int at) throws IOException {
                if (made == null) {
                    made = making.make();
                }
                System.arraycopy(made, Math.toIntExact(row * length), into, at, count * length);
                if (row + count == rows) {
                    made = null;
                }
            }
        };
    }

    /** {@return a checkpoint's tensor} */
    static WeightRows of(Tensor tensor) {
        return new WeightRows() {
            @Override
            public long rows() {
                return tensor.rows();
            }

            @Override
            public int length() {
                return tensor.rowLength();
            }

            @Override
            public List<Tensor> tensors() {
                return List.of(tensor);
            }

            @Override
            public void read(long row, int count, float[] into, int at) {
                tensor.floats(row, count, into, at);
            }
        };
    }
}
