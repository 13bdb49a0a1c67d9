package io.humpback.examples.nano;

import java.util.Locale;

/** What can be wrong with a pair. */
public enum Flaw {
    /** Nothing: the response answers the instruction, is true and complete, and nothing else is in it. */
    NONE,
    /** The instruction does not ask about one village and one topic. Models write such ones. */
    UNCLEAR,
    /** The response repeats the instruction. */
    COPIED,
    /** The response is about no village. */
    OFF_TOPIC,
    /** The response is about another village. */
    WRONG_VILLAGE,
    /** The response is about another topic. */
    WRONG_TOPIC,
    /** The response says what is not true. Models write such ones. */
    WRONG_FACT,
    /** What a site says around its text is in the response. */
    PADDED,
    /** The response breaks off within a sentence. */
    TRUNCATED;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
}
