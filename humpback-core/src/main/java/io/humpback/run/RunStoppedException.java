package io.humpback.run;

import java.util.concurrent.CancellationException;

/** A run was interrupted. What is committed stays: started again, the run goes on at the stage where it was stopped. */
public final class RunStoppedException extends CancellationException {

    private static final long serialVersionUID = 1;

    private final String stage;

    /** A stop in a stage. */
    public RunStoppedException(String stage, Throwable cause) {
        super(stage + " was interrupted; started again, the run goes on there");
        this.stage = stage;
        initCause(cause);
    }

    /** {@return the name of the stage that goes on when the run is started again} */
    public String stage() {
        return stage;
    }
}
