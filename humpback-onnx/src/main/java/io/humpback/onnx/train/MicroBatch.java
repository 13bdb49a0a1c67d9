package io.humpback.onnx.train;

import java.util.List;

/**
 * Examples that are computed at once. Short ones lie one after the other in a line, so that they cost what they hold.
 *
 * @param rows at least one, of any lengths
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

    /** {@return how many ids of the longest row are read, which is the length of a line} */
    int width() {
        return rows.stream().mapToInt(EncodedExample::read).max().orElseThrow();
    }

    /** {@return the rows in lines; each lies in the first line that had room for it when its turn came} */
    List<List<EncodedExample>> lines() {
        Lines lines = new Lines(width(), rows.size());
        rows.forEach(lines::add);
        return lines.all();
    }

    /** {@return the ids of the examples, for messages} */
    List<String> ids() {
        return rows.stream().map(EncodedExample::id).toList();
    }
}
