package io.humpback.examples.nano;

/** What can be wrong with a pair. */
public enum Flaw {
    /** Nothing: the response answers the instruction, is complete, and nothing else is in it. */
    NONE,
    /** The response is about another village. */
    WRONG_VILLAGE,
    /** The response is about another topic. */
    WRONG_TOPIC,
    /** The response breaks off within a sentence. */
    TRUNCATED,
    /** The response is about no village. */
    OFF_TOPIC,
    /** The response repeats the instruction. */
    COPIED,
    /** What a site says beside its text is in the response. */
    PADDED,
    /** The instruction asks about no village or about no topic, or about several. Models write such ones. */
    UNCLEAR
}
