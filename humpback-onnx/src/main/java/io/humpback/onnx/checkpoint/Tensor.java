package io.humpback.onnx.checkpoint;

import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;

/**
 * A tensor of a checkpoint, still on disk: rows are read where they are asked for, so it may be larger than 2 GiB. A row is
 * what runs along the last dimension; a tensor of one dimension, or none, is one row. Safe for use by many threads; valid
 * until its checkpoint is closed.
 */
public final class Tensor {

    /** Bytes that are read at once where all become floats; so few are read without native memory of their own. */
    private static final int READ = 1 << 13;

    private final TensorFile file;
    private final String name;
    private final DType dtype;
    private final long[] shape;
    private final long offset;
    private final int pairedHeadSize;
    private final long rows;
    private final int rowLength;
    private final int rowBytes;

    /**
     * @param offset of the first byte in the file
     * @param pairedHeadSize rows of a head whose two halves lie interleaved in the file; 0 where rows lie in order
     */
    private Tensor(TensorFile file, String name, DType dtype, long[] shape, long offset, int pairedHeadSize) {
        this.file = file;
        this.name = name;
        this.dtype = dtype;
        this.shape = shape;
        this.offset = offset;
        this.pairedHeadSize = pairedHeadSize;
        long length = shape.length == 0 ? 1 : shape[shape.length - 1];
        long product = 1;
        for (int i = 0; i < shape.length - 1; i++) {
            product = Math.multiplyExact(product, shape[i]);
        }
        this.rows = product;
        if (length > TensorFile.MAX_RUN || dtype.bytes(length) > TensorFile.MAX_RUN) {
            throw Refusal.of(
                    file.path(),
                    "tensor " + Refusal.shown(name) + ": rows of " + length + " elements of " + dtype
                            + ", expected at most 1 GiB");
        }
        this.rowLength = (int) length;
        this.rowBytes = (int) dtype.bytes(length);
    }

    /**
     * @param shape all dimensions, the last running fastest; the caller has checked that the data lies in the file
     */
    Tensor(TensorFile file, String name, DType dtype, long[] shape, long offset) {
        this(file, name, dtype, shape, offset, 0);
    }

    /** {@return this tensor under another name} */
    public Tensor named(String other) {
        return new Tensor(file, other, dtype, shape, offset, pairedHeadSize);
    }

    /**
     * {@return this tensor with the rows of each head in halves, where the file interleaves the halves; heads have an
     * even number of rows} Of a vector it is the elements, of a type without blocks.
     */
    Tensor unpaired(int headSize) {
        return new Tensor(file, name, dtype, shape, offset, headSize);
    }

    /** {@return some neighbouring rows of this matrix, whose rows lie in order, as a tensor of another name} */
    Tensor rows(String other, long first, long count) {
        Objects.checkFromIndexSize(first, count, rows);
        return new Tensor(file, other, dtype, new long[] {count, rowLength}, offset + first * rowBytes, 0);
    }

    /** {@return the name, as Hugging Face's checkpoints have it where a {@link Checkpoint} gave the tensor} */
    public String name() {
        return name;
    }

    /** {@return how the elements are stored} */
    public DType dtype() {
        return dtype;
    }

    /** {@return the dimensions, the last running fastest: [out, in] for the weight of a product} */
    public long[] shape() {
        return shape.clone();
    }

    /** {@return whether the dimensions are these} */
    public boolean hasShape(long... dimensions) {
        return Arrays.equals(shape, dimensions);
    }

    /** {@return the number of rows: the product of all dimensions but the last} */
    public long rows() {
        return rows;
    }

    /** {@return the number of elements in a row} */
    public int rowLength() {
        return rowLength;
    }

    /** {@return the number of bytes a row takes, at most 1 GiB} */
    public int rowBytes() {
        return rowBytes;
    }

    /** {@return the number of bytes of all rows} */
    public long byteSize() {
        return rows * rowBytes;
    }

    long offset() {
        return offset;
    }

    /**
     * Reads rows as single-precision numbers.
     *
     * @param row the first row
     * @param count number of rows
     * @param destination takes {@code count * rowLength()} values
     * @param at index of the first value in the destination
     * @throws UncheckedIOException if the file cannot be read, or has become shorter
     */
    public void floats(long row, int count, float[] destination, int at) {
        Objects.checkFromIndexSize(row, (long) count, rows);
        Objects.checkFromIndexSize((long) at, (long) count * rowLength, (long) destination.length);
        int step = pairedHeadSize > 0 ? 1 : Math.max(1, rowsWithin(READ));
        byte[] bytes = new byte[Math.min(step, count) * rowBytes];
        for (int done = 0; done < count; ) {
            int n = Math.min(step, count - done);
            file.read(place(row + done), bytes, n * rowBytes);
            unpairVector(bytes);
            ByteBuffer stored = ByteBuffer.wrap(bytes, 0, n * rowBytes).order(ByteOrder.LITTLE_ENDIAN);
            dtype.decode(stored, destination, at + done * rowLength, n * rowLength);
            done += n;
        }
    }

    /**
     * Reads rows as single-precision numbers into a buffer, from its position on; the position moves on behind them.
     *
     * @param row the first row
     * @param count number of rows
     * @param destination takes {@code count * rowLength()} values
     * @throws UncheckedIOException if the file cannot be read, or has become shorter
     */
    public void floats(long row, int count, FloatBuffer destination) {
        Objects.checkFromIndexSize(row, (long) count, rows);
        Objects.checkFromIndexSize(0L, (long) count * rowLength, (long) destination.remaining());
        int step = Math.max(1, rowsWithin(1 << 18));
        float[] values = new float[Math.min(step, count) * rowLength];
        for (int done = 0; done < count; ) {
            int n = Math.min(step, count - done);
            floats(row + done, n, values, 0);
            destination.put(values, 0, n * rowLength);
            done += n;
        }
    }

    /**
     * {@return a copy of rows as they are stored, little endian}
     *
     * @param row the first row
     * @param count number of rows; {@code count * rowBytes()} is at most 1 GiB
     * @throws UncheckedIOException if the file cannot be read, or has become shorter
     */
    public ByteBuffer bytes(long row, int count) {
        Objects.checkFromIndexSize(row, (long) count, rows);
        if ((long) count * rowBytes > TensorFile.MAX_RUN) {
            throw new IllegalArgumentException(
                    name + ": " + count + " rows of " + rowBytes + " bytes at once, expected at most 1 GiB");
        }
        if (pairedHeadSize == 0) {
            return stored(row, count);
        }
        ByteBuffer copy = ByteBuffer.allocate(count * rowBytes);
        for (int i = 0; i < count; i++) {
            copy.put(stored(row + i, 1));
        }
        unpairVector(copy.array());
        return copy.flip().order(ByteOrder.LITTLE_ENDIAN);
    }

    /** {@return the number of rows that fit a number of bytes, at most 1 GiB} */
    int rowsWithin(int bytes) {
        return rowBytes == 0 ? TensorFile.MAX_RUN : bytes / rowBytes;
    }

    /** {@return neighbouring rows of the file; only one where the halves of heads are interleaved} */
    private ByteBuffer stored(long row, int count) {
        return file.read(place(row), count * rowBytes);
    }

    private long place(long row) {
        return offset + inFile(row) * rowBytes;
    }

    private void unpairVector(byte[] elements) {
        if (pairedHeadSize > 0 && shape.length == 1) {
            int size = rowBytes / rowLength;
            byte[] inFile = elements.clone();
            for (int i = 0; i < rowLength; i++) {
                System.arraycopy(inFile, (int) inFile(i) * size, elements, i * size, size);
            }
        }
    }

    /** Row (half, i) of a head lies at (i, half) in a llama GGUF: its rotary embedding takes neighbours for pairs. */
    private long inFile(long row) {
        if (pairedHeadSize == 0) {
            return row;
        }
        long inHead = row % pairedHeadSize;
        int pairs = pairedHeadSize / 2;
        return row - inHead + inHead % pairs * 2 + inHead / pairs;
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape);
    }
}
