package io.humpback;

import java.util.Objects;

/**
 * The texts of the system turns that tell a model where a training pair is from: from the seed, or from the web (Li et al.
 * 2023, section 2.3).
 *
 * @param seed for seed pairs; empty for no system turn
 * @param augmented for kept candidates; empty for no system turn
 */
public record SystemTags(String seed, String augmented) {

    /** Checks that nothing is null. */
    public SystemTags {
        Objects.requireNonNull(seed, "seed");
        Objects.requireNonNull(augmented, "augmented");
    }

    /** {@return the paper's} */
    public static SystemTags paper() {
        return new SystemTags("Answer in the style of an AI Assistant.", "Answer with knowledge from web search.");
    }

    /** {@return none: all pairs look alike} */
    public static SystemTags none() {
        return new SystemTags("", "");
    }

    /** {@return what the system turn says when the model is used: both} */
    public String both() {
        return (seed + " " + augmented).strip();
    }
}
