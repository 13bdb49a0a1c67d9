package io.humpback.quality;

/**
 * Where a statistic probably lies.
 *
 * @param low its lower end
 * @param high its upper end; both are NaN if the statistic was never defined
 * @param undefined resamples in which it was not defined, and that were left out
 */
public record Interval(double low, double high, int undefined) {

    /**
     * {@return whether a number is inside or at an end}
     *
     * @param value any number
     */
    public boolean contains(double value) {
        return value >= low && value <= high;
    }
}
