package io.humpback.examples.bench;

/**
 * One timed run.
 *
 * @param units what was worked on: tokens, pairs or segments
 * @param seconds wall-clock time
 * @param weightPasses how often every weight of the model was read at least; 0 where that is not known
 */
public record Sample(double units, double seconds, long weightPasses) {

    /** Work whose reading of weights is not counted. */
    Sample(double units, double seconds) {
        this(units, seconds, 0);
    }

    /** {@return seconds that some work takes} */
    static double seconds(Runnable work) {
        long start = System.nanoTime();
        work.run();
        return (System.nanoTime() - start) / 1e9;
    }

    /** {@return units a second} */
    public double rate() {
        return units / seconds;
    }
}
