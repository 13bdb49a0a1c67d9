package io.humpback.onnx.train;

import java.util.ArrayList;
import java.util.List;

/** Rows one after the other in lines of a length, each in the first line that has room for it (first fit). */
final class Lines {

    private final int width;
    private final int most;
    private final List<List<EncodedExample>> all = new ArrayList<>();
    private final List<Integer> room = new ArrayList<>();

    /**
     * @param width ids that are read in a line
     * @param most lines, at least one
     */
    Lines(int width, int most) {
        this.width = width;
        this.most = most;
    }

    /** {@return whether there was room for a row, which lies in a line now} */
    boolean add(EncodedExample row) {
        for (int line = 0; line < most; line++) {
            if (line == all.size()) {
                all.add(new ArrayList<>());
                room.add(width);
            }
            if (row.read() <= room.get(line)) {
                all.get(line).add(row);
                room.set(line, room.get(line) - row.read());
                return true;
            }
        }
        return false;
    }

    /** {@return the rows of each line in their order} */
    List<List<EncodedExample>> all() {
        return all;
    }
}
