package io.humpback.data;

import io.humpback.model.Sampling;
import java.util.Objects;

/**
 * A segment with the instruction that a model wrote for it; the segment's text is the response.
 *
 * @param segment where the response is from
 * @param instruction what a model thinks was asked
 * @param written how the instruction came about
 */
public record Candidate(Segment segment, String instruction, Provenance written) {

    /**
     * How an instruction was written.
     *
     * @param model the fingerprint of the model that wrote it
     * @param prompt the fingerprint of the prompt's fixed text and examples, hexadecimal
     * @param sampling how tokens were chosen
     */
    public record Provenance(String model, String prompt, Sampling sampling) {
        /** Checks that nothing is null. */
        public Provenance {
            Objects.requireNonNull(model, "model");
            Objects.requireNonNull(prompt, "prompt");
            Objects.requireNonNull(sampling, "sampling");
        }
    }

    /** Checks that nothing is null. */
    public Candidate {
        Objects.requireNonNull(segment, "segment");
        Objects.requireNonNull(instruction, "instruction");
        Objects.requireNonNull(written, "written");
    }

    /** {@return the text that answers the instruction: the segment's} */
    public String response() {
        return segment.text();
    }

    /** {@return the pair without its provenance} */
    public Example example() {
        return new Example(instruction, response());
    }
}
