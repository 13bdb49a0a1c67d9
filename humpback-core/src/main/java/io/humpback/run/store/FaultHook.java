package io.humpback.run.store;

/** Called at each named instant of a run at which a test may want the process to die. */
@FunctionalInterface
public interface FaultHook {

    /** Does nothing. */
    FaultHook NONE = instant -> {};

    /** An instant, such as {@code score-1 committed}, is reached. */
    void reached(String instant);
}
