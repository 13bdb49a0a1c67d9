package io.humpback.run;

import io.humpback.model.Listener;
import io.humpback.model.TrainingListener;
import java.util.OptionalLong;

/**
 * Follows a run: its stages, every batch of a model and every step of a training. Methods are called on the working thread
 * and should return soon; what they throw ends the run, which can go on later.
 */
public interface RunListener extends Listener, TrainingListener {

    /** Ignores everything. */
    RunListener NONE = new RunListener() {};

    /** A stage, such as {@code score-1}, begins, or goes on after a stop. */
    default void began(String stage) {}

    /**
     * It is known what a stage has to do: items, or rows of a training.
     *
     * @param done items that were done before a stop
     * @param of items in all
     */
    default void counted(String stage, long done, long of) {}

    /**
     * A forecast was made of what is left to do in a stage: after its first batch, or the first steps of a training. A stage
     * with little to do has none. A {@linkplain Humpback#dryRun dry run} tells each stage's when it is made.
     */
    default void forecast(Forecast forecast) {}

    /**
     * A batch of a stage is committed.
     *
     * @param done items so far
     * @param of items in all, where that is known
     * @param secondsLeft by the pace since the stage began or went on; NaN where that is not known
     */
    default void advanced(String stage, long done, OptionalLong of, double secondsLeft) {}

    /**
     * What a round keeps is decided; the next training learns from it.
     *
     * @param kept pairs
     * @param of pairs that were judged
     * @param rule in words, such as {@code best share 0.2}
     * @param lowest score of a kept pair, after corrections; NaN where none is kept
     */
    default void curated(int round, long kept, long of, String rule, double lowest) {}

    /** A stage is done, after a number of seconds of work, without stops. */
    default void ended(String stage, double seconds) {}

    @Override
    default void progressed(Progress progress) {}

    @Override
    default void stepped(Step step) {}
}
