package io.humpback.onnx.run;

import io.humpback.model.Completion;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CancellationException;

/** Completions in the order of their prompts, in whatever order they end. */
public abstract class Generation implements Iterator<Completion> {

    /** Items begun before the oldest one has ended, in batches: bounds how many completions wait for an older one. */
    private static final int AHEAD = 8;

    final DecodeRequest request;
    private final Map<Long, Completion> ended = new HashMap<>();
    private long begun;
    private long handed;

    protected Generation(DecodeRequest request) {
        this.request = request;
    }

    /** {@return whether there is a prompt that was taken and whose completion has not ended} */
    protected abstract boolean isWriting();

    /** Begins prompts as far as they may begin, and writes at least one token. */
    protected abstract void advance();

    @Override
    public boolean hasNext() {
        return !ended.isEmpty() || isWriting() || request.prompts().hasNext();
    }

    @Override
    public final Completion next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        while (!ended.containsKey(handed)) {
            if (Thread.interrupted()) {
                throw new CancellationException("interrupted after " + handed + " completions");
            }
            advance();
        }
        return ended.remove(handed++);
    }

    /** {@return what is asked for} */
    protected final DecodeRequest request() {
        return request;
    }

    /** {@return whether one more prompt may begin} */
    final boolean mayBegin() {
        return begun < handed + (long) AHEAD * request.batch();
    }

    /** {@return the next completion, to be written after a prompt} */
    protected final Draft begin(int[] prompt) {
        return new Draft(begun++, prompt, request);
    }

    /** {@return whether a token, which is added to a draft, ends it} */
    protected final boolean write(Draft draft, int token) {
        draft.add(token);
        request.meter().add(0, 0, 0, 1);
        Completion completion = draft.ended();
        if (completion == null) {
            return false;
        }
        ended.put(draft.item, completion);
        request.meter().add(1, 0, 0, 0);
        return true;
    }
}
