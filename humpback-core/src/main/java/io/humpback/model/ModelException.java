package io.humpback.model;

/** A model could not be loaded or run; the message names the file, tensor or setting, what was found and expected. */
public final class ModelException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * @param message names the place, what was found and what was expected
     */
    public ModelException(String message) {
        super(message);
    }

    /**
     * @param message names the place, what was found and what was expected
     * @param cause what happened below
     */
    public ModelException(String message, Throwable cause) {
        super(message, cause);
    }
}
