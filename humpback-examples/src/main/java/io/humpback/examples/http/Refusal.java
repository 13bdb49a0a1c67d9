package io.humpback.examples.http;

/** Why a request is not done, for whoever sent it. */
public final class Refusal extends Exception {

    private static final long serialVersionUID = 1;

    private final int status;

    /**
     * @param status of the answer, 400 to 599
     * @param message what was found and what was expected, in one line
     */
    public Refusal(int status, String message) {
        super(message);
        this.status = status;
    }

    /** {@return the status of the answer, 400 to 599} */
    public int status() {
        return status;
    }
}
