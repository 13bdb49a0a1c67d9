package io.humpback.run;

import java.util.Locale;
import java.util.OptionalLong;

/**
 * What a stage of a run will cost, measured on a little of its work. What could not be measured is unknown.
 *
 * @param stage its name, such as {@code score-1}
 * @param items what it has to do: segments, candidates or examples
 * @param tokens tokens to be computed; prompts that begin alike may cost less
 * @param seconds wall-clock time; NaN where unknown
 * @param diskBytes what it will add to the directory; for a training at most, and until its end its checkpoints take
 *     three times as much, six times while one replaces another
 * @param peakBytes the peak of this process's resident memory during the measurement, in which as much is done together as
 *     in the stage: a batch with the longest segment, a training's largest micro-batch
 */
public record Forecast(
        String stage, long items, long tokens, double seconds, OptionalLong diskBytes, OptionalLong peakBytes) {

    /** {@return such as {@code score-1: 500 items, 210000 tokens, 84 s, disk 0.1 MB, peak memory 812.0 MB}} */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s: %d items, %d tokens, %s, disk %s, peak memory %s",
                stage,
                items,
                tokens,
                Double.isNaN(seconds) ? "time unknown" : String.format(Locale.ROOT, "%.0f s", seconds),
                megabytes(diskBytes),
                megabytes(peakBytes));
    }

    private static String megabytes(OptionalLong bytes) {
        return bytes.isPresent() ? String.format(Locale.ROOT, "%.1f MB", bytes.getAsLong() / 1e6) : "unknown";
    }
}
