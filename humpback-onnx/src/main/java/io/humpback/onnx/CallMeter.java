package io.humpback.onnx;

import io.humpback.model.Listener;
import io.humpback.model.Listener.Task;
import io.humpback.onnx.run.DecodeRequest;

/** Adds up what one call has computed and reports it to a listener, often but not at each token. */
final class CallMeter implements DecodeRequest.Meter {

    private static final long EVERY_NANOS = 200_000_000;

    private final Task task;
    private final Listener listener;
    private final long start = System.nanoTime();
    private long reported = start;
    private long items;
    private long prompt;
    private long shared;
    private long written;

    CallMeter(Task task, Listener listener) {
        this.task = task;
        this.listener = listener;
    }

    @Override
    public void add(int moreItems, int morePrompt, int moreShared, int moreWritten) {
        items += moreItems;
        prompt += morePrompt;
        shared += moreShared;
        written += moreWritten;
        long now = System.nanoTime();
        if (moreItems > 0 || morePrompt > 0 || now - reported > EVERY_NANOS) {
            reported = now;
            listener.progressed(new Listener.Progress(task, items, prompt, shared, written, (now - start) / 1e9));
        }
    }
}
