package io.humpback.model;

import java.util.List;
import java.util.Map;

/**
 * Told of training as it goes on. Methods are called on the training thread and should return soon; what they throw
 * ends the training, which can be resumed.
 */
@FunctionalInterface
public interface TrainingListener {

    /** Hears nothing. */
    TrainingListener NONE = step -> {};

    /** The examples are ready, and it is known what will be done. */
    default void started(Start start) {}

    /**
     * The training, which was begun by an earlier process, is done or goes on from here: what it remembers of that.
     *
     * @param steps the optimizer steps made, in order; their seconds are those of the process that made them
     * @param heldOut the losses on held-out examples by step
     */
    default void remembered(List<Step> steps, Map<Integer, Double> heldOut) {}

    /** An optimizer step is done. */
    void stepped(Step step);

    /** The held-out examples have been measured: the mean loss over their tokens after some optimizer steps. */
    default void evaluated(int step, double loss) {}

    /**
     * What a training does.
     *
     * @param examples that are learnt
     * @param heldOut that are measured instead
     * @param cut how many of both have lost the ends of their completions, being too long
     * @param tooLong how many more were left out, being too long
     * @param unlabelled how many more were left out, having no token to learn
     * @param step where it goes on, 0 at the beginning
     * @param steps optimizer steps altogether
     * @param parameters numbers that are trained
     */
    record Start(
            int examples, int heldOut, int cut, int tooLong, int unlabelled, int step, int steps, long parameters) {}

    /**
     * One optimizer step.
     *
     * @param step its number, from 1
     * @param steps how many there will be
     * @param loss mean over the completion tokens of the step
     * @param learningRate of this step
     * @param gradientNorm before clipping
     * @param tokens tokens computed so far, prompts included
     * @param seconds wall-clock time so far, in this process
     * @param tokensPerSecond rate of this step
     */
    record Step(
            int step,
            int steps,
            double loss,
            double learningRate,
            double gradientNorm,
            long tokens,
            double seconds,
            double tokensPerSecond) {}
}
