package io.humpback.model;

/**
 * Told of work as it is done; the same for completing, choosing, likelihoods, rewards and states. Methods are called on the working
 * thread and should return soon; what they throw ends the work.
 */
@FunctionalInterface
public interface Listener {

    /** Hears nothing. */
    Listener NONE = progress -> {};

    /**
     * A batch of items is done; or, during generation, a prompt has been read or a while has passed.
     *
     * @param progress counts so far
     */
    void progressed(Progress progress);

    /**
     * Counts of one call since it began.
     *
     * @param task what is done
     * @param items finished items
     * @param promptTokens tokens of their prompts
     * @param sharedTokens tokens of prompts that were not computed because an earlier prompt began with them
     * @param completionTokens tokens written
     * @param seconds wall-clock time spent working on them
     */
    record Progress(
            Task task, long items, long promptTokens, long sharedTokens, long completionTokens, double seconds) {}

    /** What a model is asked to do. */
    enum Task {
        /** {@link LanguageModel#complete}. */
        COMPLETE,
        /** {@link LanguageModel#choose}. */
        CHOOSE,
        /** {@link LanguageModel#logLikelihood}. */
        LIKELIHOOD,
        /** {@link RewardModel#reward}. */
        REWARD,
        /** {@link LanguageModel#hiddenStates}. */
        STATES
    }
}
