package io.humpback;

import io.humpback.quality.Rejection;

/** A single item could not be worked on; in lists and streams such items are handed on with their rejection. */
public final class RejectedException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Rejection rejection;

    RejectedException(Rejection rejection) {
        super(rejection.toString());
        this.rejection = rejection;
    }

    /** {@return why} */
    public Rejection rejection() {
        return rejection;
    }
}
