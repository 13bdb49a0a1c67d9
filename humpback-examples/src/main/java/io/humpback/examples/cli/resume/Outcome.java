package io.humpback.examples.cli.resume;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * What became of a row.
 *
 * @param what {@link #WRITTEN}, {@link #REJECTED}, or why it was dropped
 * @param row the row as it is written, or the entry in the list of those that were turned away
 */
public record Outcome(String what, ObjectNode row) {

    /** It is written. */
    public static final String WRITTEN = "written";

    /** It could not be read. */
    public static final String REJECTED = "rejected";
}
