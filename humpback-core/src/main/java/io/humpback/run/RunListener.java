package io.humpback.run;

import io.humpback.model.Listener;
import io.humpback.model.TrainingListener;

/**
 * Told of a run as it goes on: of every batch of a model and every step of a training, and besides of its stages.
 * Methods are called on the working thread and should return soon; what they throw ends the run, which can go on later.
 */
public interface RunListener extends Listener, TrainingListener {

    /** Hears nothing. */
    RunListener NONE = new RunListener() {};

    /**
     * A stage begins, or goes on after a stop.
     *
     * @param stage its name, such as {@code score-1}
     */
    default void began(String stage) {}

    /**
     * What a stage will cost, before the work; of a training, after its first steps. Nothing where there is little to do.
     *
     * @param forecast of what is left to do
     */
    default void forecast(Forecast forecast) {}

    /**
     * A batch of a stage is committed.
     *
     * @param stage its name
     * @param done items so far
     * @param of items in all
     * @param secondsLeft by the pace since the stage began or went on
     */
    default void advanced(String stage, long done, long of, double secondsLeft) {}

    /**
     * A stage is done.
     *
     * @param stage its name
     * @param seconds worked on it, stops left out
     */
    default void ended(String stage, double seconds) {}

    @Override
    default void progressed(Progress progress) {}

    @Override
    default void stepped(Step step) {}
}
