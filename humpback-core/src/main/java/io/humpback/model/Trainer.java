package io.humpback.model;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Tunes a model on examples. The model itself does not change: what is learnt is left in a folder. */
public interface Trainer {

    /**
     * Trains, or goes on with a training that was interrupted in the same folder. The thread's interruption ends it at
     * the next step with a {@link java.util.concurrent.CancellationException}, after a checkpoint.
     *
     * @param examples in any order; the plan's seed shuffles them
     * @param plan how
     * @param folder where the adapter goes; holds checkpoints meanwhile, with which the same examples and plan go on
     * @param listener called for every step
     * @return the adapter, which lies in the folder
     * @throws IOException if the folder cannot be written
     * @throws ModelException if no example can be learnt, a weight or loss is not a number, or the folder's training
     *     was begun with another plan, other examples or another model
     */
    Adapter train(List<TrainingExample> examples, TrainingPlan plan, Path folder, TrainingListener listener)
            throws IOException;
}
