package io.humpback;

import java.util.Locale;

/**
 * What a stage of a run will cost.
 *
 * @param stage its name
 * @param items what it has to do: segments, candidates, examples
 * @param tokens tokens to be computed, from a sample; prompts that begin alike may cost less
 * @param seconds from a measured sample; NaN where there was none, because there is little to do or measuring would
 *     cost as much
 * @param diskBytes what it will add to the directory, from the same sample
 */
public record Forecast(String stage, long items, long tokens, double seconds, long diskBytes) {

    /** {@return such as {@code score-1: 500 items, 210000 tokens, 84 s, 0.1 MB}} */
    @Override
    public String toString() {
        String time = Double.isNaN(seconds) ? "" : String.format(Locale.ROOT, ", %.0f s", seconds);
        return String.format(
                Locale.ROOT, "%s: %d items, %d tokens%s, %.1f MB", stage, items, tokens, time, diskBytes / 1e6);
    }
}
