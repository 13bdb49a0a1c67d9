package io.humpback.run;

/** How far a stage is, for the listener and for the store. */
final class Pace {

    private final Run run;
    private final String stage;
    private final long total;
    private final long before;
    private final long start = System.nanoTime();
    private long done;
    private long lastNote = start;

    /** A stage of which some was done in an earlier process. */
    Pace(Run run, String stage, long done, long total) {
        this.run = run;
        this.stage = stage;
        this.before = done;
        this.done = done;
        this.total = total;
    }

    /** Notes work in the store, within the transaction that it belongs to. */
    void note() {
        long now = System.nanoTime();
        run.store().worked(stage, (now - lastNote) / 1e9);
        lastNote = now;
    }

    /** Tells the listener. */
    void advance(long items) {
        done += items;
        double seconds = (System.nanoTime() - start) / 1e9;
        run.settings().listener.advanced(stage, done, total, (total - done) * seconds / Math.max(1, done - before));
    }
}
