package io.humpback.data;

import java.util.Objects;

/**
 * An instruction and a response to it.
 *
 * @param instruction what is asked
 * @param response what is answered
 */
public record Example(String instruction, String response) {
    /** Checks that nothing is null. */
    public Example {
        Objects.requireNonNull(instruction, "instruction");
        Objects.requireNonNull(response, "response");
    }
}
