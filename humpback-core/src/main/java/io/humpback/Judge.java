package io.humpback;

/** What candidates are curated by. */
public enum Judge {
    /** The rating that the model of the round gives by the rubric (Li et al. 2023). */
    RATING,
    /** The mean log-probability a token that the model of the round gives the response after the instruction. */
    LIKELIHOOD,
    /** Nothing: every candidate is kept. */
    NONE
}
