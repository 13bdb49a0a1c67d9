package io.humpback.onnx.run;

import java.util.List;

/**
 * Rows that are computed at once.
 *
 * @param rows at least one, of any lengths; whoever computes them pads them on the right
 * @param noise what dropout is drawn from: another number for each micro-batch of a training, the same when it is
 *     computed again
 */
public record MicroBatch(List<Row> rows, long noise) {

    /** Copies the list and checks that it is not empty. */
    public MicroBatch {
        rows = List.copyOf(rows);
        if (rows.isEmpty()) {
            throw new IllegalArgumentException("rows: expected at least one");
        }
    }

    /**
     * Tokens of which the last ones are to be predicted: each id from {@code prompt} on is a label, whose logits are
     * those of the position before it. Labels are known by their places, never by their ids.
     *
     * @param ids prompt and completion; what follows the last label is left out
     * @param prompt tokens before the first label, from 1 to below the number of ids
     */
    public record Row(int[] ids, int prompt) {
        /** Checks that there is a prompt and a label. */
        public Row {
            if (prompt < 1 || prompt >= ids.length) {
                throw new IllegalArgumentException(
                        "prompt of " + prompt + " tokens: expected 1 to " + (ids.length - 1));
            }
        }

        /** {@return how many ids are predicted} */
        public int labels() {
            return ids.length - prompt;
        }
    }

    /** {@return how many ids are predicted in all rows} */
    public int labels() {
        return rows.stream().mapToInt(Row::labels).sum();
    }

    /** {@return length of the longest row} */
    public int width() {
        return rows.stream().mapToInt(row -> row.ids().length).max().orElseThrow();
    }
}
