package io.humpback.onnx.train;

import java.util.List;

/**
 * Examples that are computed at once.
 *
 * @param rows at least one, of any lengths; whoever computes them pads them on the right
 * @param noise the seed of dropout: another number for each micro-batch of a training, the same when it is computed again
 */
public record MicroBatch(List<EncodedExample> rows, long noise) {

    /** Copies the list and checks that it is not empty. */
    public MicroBatch {
        rows = List.copyOf(rows);
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("rows: expected at least one");
        }
    }

    /** {@return how many ids are predicted in all rows} */
    public int labels() {
        return rows.stream().mapToInt(EncodedExample::labels).sum();
    }

    /** {@return how many ids all rows have} */
    long tokens() {
        return rows.stream().mapToLong(row -> row.ids().length).sum();
    }

    /** {@return length of the longest row} */
    public int width() {
        return rows.stream().mapToInt(row -> row.ids().length).max().orElseThrow();
    }

    /** {@return the ids of the examples, for messages} */
    List<String> ids() {
        return rows.stream().map(EncodedExample::id).toList();
    }
}
