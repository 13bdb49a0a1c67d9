package io.humpback.onnx.run;

import io.humpback.model.HiddenStates;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A prompt's ids whose states are wanted: of the last one, and the mean over those from one to before another.
 *
 * @param ids at least one
 * @param from the first id of the mean
 * @param to the one after its last; equal to {@code from} if no mean is wanted
 * @param layers numbers of blocks, from 1
 */
public record StateRequest(int[] ids, int from, int to, List<Integer> layers) {

    /** {@return what was asked for} The values are as {@link Decoder#states} gives them. */
    public HiddenStates states(float[] values) {
        int width = values.length / layers.size() / rows();
        List<float[]> last = new ArrayList<>();
        List<float[]> mean = new ArrayList<>();
        for (int at = 0; at < values.length; at += rows() * width) {
            last.add(Arrays.copyOfRange(values, at, at + width));
            if (rows() > 1) {
                mean.add(Arrays.copyOfRange(values, at + width, at + 2 * width));
            }
        }
        return new HiddenStates(last, mean, ids.length);
    }

    /** {@return the number of states of a layer} */
    int rows() {
        return from < to ? 2 : 1;
    }

    /** {@return the first id that must be computed, whatever a cache holds} */
    int first() {
        return from < to ? Math.min(from, ids.length - 1) : ids.length - 1;
    }

    /** {@return the weights [rows, n] of the ids from one to before another in the states} */
    float[] weights(int at, int end) {
        float[] weights = new float[rows() * (end - at)];
        if (end == ids.length) {
            weights[end - at - 1] = 1;
        }
        for (int i = Math.max(from, at); i < Math.min(to, end); i++) {
            weights[end - at + i - at] = 1f / (to - from);
        }
        return weights;
    }
}
