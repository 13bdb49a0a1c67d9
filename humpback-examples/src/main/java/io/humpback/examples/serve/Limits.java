package io.humpback.examples.serve;

import java.time.Duration;

/**
 * What a service takes on at a time.
 *
 * @param queue single pairs that may wait, at least 1; more are refused
 * @param batch pairs in a batch of the judge, at least 1
 * @param streams requests with many rows that are worked on at a time, 1 to 64; more are refused
 * @param deadline how long a single pair may take if its request does not ask for less
 * @param body most bytes of a request with many rows
 * @param patience how long a client may take to send its request, or to take what was written for it
 */
record Limits(int queue, int batch, int streams, Duration deadline, long body, Duration patience) {

    /** Threads that read requests in addition to those that streams may hold. */
    private static final int READERS = 16;

    /** {@return the limits of the command without options} */
    static Limits standard() {
        return new Limits(256, 64, 4, Duration.ofSeconds(30), 256L << 20, Duration.ofSeconds(20));
    }

    int threads() {
        return READERS + streams;
    }
}
