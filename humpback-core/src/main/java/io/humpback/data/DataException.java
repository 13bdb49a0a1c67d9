package io.humpback.data;

/** Data that cannot be used; the message names the file, the place, what was found and what was expected. */
public final class DataException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /** An exception whose message names the place, what was found and what was expected. */
    public DataException(String message) {
        super(message);
    }
}
