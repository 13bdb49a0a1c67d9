package io.humpback.model;

/** A prompt does not fit the model's context. */
public final class PromptTooLongException extends RuntimeException {

    private static final long serialVersionUID = 1;

    /**
     * @param item number of the item in its stream, from 0
     * @param tokens tokens found
     * @param limit tokens the model can take
     */
    public PromptTooLongException(long item, int tokens, int limit) {
        super("item " + item + ": " + tokens + " tokens, expected at most " + limit);
    }
}
