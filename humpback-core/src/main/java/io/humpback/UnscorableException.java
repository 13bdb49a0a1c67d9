package io.humpback;

import io.humpback.quality.Drop;

/** A single pair could not be shown to the judge; in lists and streams such pairs come out with the reason. */
public final class UnscorableException extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final Drop drop;

    /** @param drop why */
    public UnscorableException(Drop drop) {
        super(drop.toString());
        this.drop = drop;
    }

    /** {@return why} */
    public Drop drop() {
        return drop;
    }
}
