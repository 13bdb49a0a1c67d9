package io.humpback.data;

import java.util.Collection;
import java.util.Objects;

/**
 * Where readers put what they cannot read. A reader calls it from the thread that reads, in the order of the input, and
 * goes on with the rest.
 */
@FunctionalInterface
public interface Rejects {
    /** Takes one rejection, or throws a {@link DataException} to stop reading. */
    void accept(Rejection rejection);

    /** Stops at the first rejection: it is thrown as a {@link DataException}. */
    static Rejects refuse() {
        return rejection -> {
            throw new DataException(rejection.toString());
        };
    }

    /** Adds each rejection to a collection of the caller's. */
    static Rejects into(Collection<? super Rejection> rejections) {
        return Objects.requireNonNull(rejections, "rejections")::add;
    }
}
