package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.OptionalLong;

/** One way to have a job done, in a process of its own each time. */
public interface Side {

    /** {@return its name in tables} */
    String key();

    /** {@return what is counted a second} */
    String unit();

    /** {@return the job done once, from the start of the process} */
    Run run() throws IOException, InterruptedException;

    /**
     * A job that was done.
     *
     * @param units what was done
     * @param seconds from the start of the process to the last output
     * @param peakBytes the most memory that the process had resident, where the system tells
     * @param notes what else is known; the same each time
     */
    record Run(double units, double seconds, OptionalLong peakBytes, ObjectNode notes) {}
}
