package io.humpback.examples.cli.resume;

import java.util.concurrent.CancellationException;

/** Work on rows was interrupted; the message says what is kept of it. */
public final class StoppedException extends CancellationException {

    private static final long serialVersionUID = 1;

    StoppedException(String message, Throwable cause) {
        super(message);
        initCause(cause);
    }
}
