package io.humpback.quality;

import java.io.Serializable;
import java.util.Locale;
import java.util.Objects;

/**
 * Why an item was dropped.
 *
 * @param reason what counts are kept by
 * @param detail what was found and what was expected, in one line
 */
public record Drop(Reason reason, String detail) implements Serializable {

    /**
     * The reasons why segments, candidates and pairs are dropped. A new one is a constant here and a check that gives it:
     * counts, funnels, stored runs and reports find it by its {@link #key()}. The segmenter counts the sections
     * that it passes over by reasons of its own ({@code io.humpback.data.web.SegmentFunnel.Reason}), readers reject rows in words.
     * A run stores the settings of its checks: make a bound a component of {@link CandidateChecks}, and a run that was begun
     * with another one is refused.
     */
    public enum Reason {
        /** There is no text. */
        EMPTY,
        /** The text is too short to mean anything. */
        TOO_SHORT,
        /** The prompt does not fit the model's context. */
        TOO_LONG,
        /** The text only announces an answer: {@code "Thought process:"}. */
        OPENER_ONLY,
        /** The instruction repeats the prompt that asked for it. */
        PROMPT_LEAKED,
        /** Instruction and response repeat one another. */
        RESPONSE_COPIED,
        /** The instruction was cut off. */
        TRUNCATED,
        /** The instruction asks for nothing. */
        NOT_A_REQUEST,
        /** The score is below what is kept. */
        SCORE_BELOW,
        /** The instruction does not make the response more probable. */
        NOT_HELPED,
        /** The text nearly repeats an earlier one, or one that is kept. */
        NEAR_DUPLICATE;

        /** {@return the reason in words, such as {@code "response copied"}} */
        public String key() {
            return name().toLowerCase(Locale.ROOT).replace('_', ' ');
        }
    }

    /** Checks that nothing is null. */
    public Drop {
        Objects.requireNonNull(reason, "reason");
        Objects.requireNonNull(detail, "detail");
    }

    @Override
    public String toString() {
        return reason.key() + ": " + detail;
    }
}
