package io.humpback.examples.cli.io;

/** A row that is JSON but not what a command needs; the message names the field, what was found and what was expected. */
public final class BadRow extends Exception {

    private static final long serialVersionUID = 1;

    public BadRow(String message) {
        super(message);
    }
}
