package io.humpback.run;

import io.humpback.model.Listener;
import io.humpback.run.Run.StageProgress;
import io.humpback.run.Run.Worker;
import io.humpback.run.cost.CostProbe;
import io.humpback.run.cost.CostSample;
import io.humpback.run.store.RunStore;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * A stage in which a model of the run works on many items. They are taken in their order in batches that depend on the
 * inputs alone, and what came of a batch is committed as one, so that the stage goes on after the last whole batch.
 *
 * @param <T> an item
 * @param <R> what the model makes of it
 */
abstract sealed class BatchStage<T, R> implements Stage permits AugmentingStage, IfdStage, JudgingStage {

    /** Where fewer items than this are left after the first batch there is no forecast. */
    private static final int WORTHWHILE = 128;

    private final String name;
    private final long rowBytes;

    /** A stage whose results take some bytes each in the store. */
    BatchStage(String name, long rowBytes) {
        this.name = name;
        this.rowBytes = rowBytes;
    }

    @Override
    public final String name() {
        return name;
    }

    /** {@return the model that works, to be closed} */
    abstract Worker worker(Run run) throws IOException;

    /** {@return the model that it was made of, or that works as it was given} */
    abstract Worker start(RunSettings settings);

    /** {@return how many items there are} */
    abstract long total(RunStore store);

    /** {@return how many of them are done} */
    abstract long done(RunStore store);

    /** {@return the first items that are not done, at most a number of them} */
    abstract List<T> next(RunStore store, int count);

    /** {@return what a dry run measures in place of items} */
    abstract List<T> sample(CostSample sample);

    /** {@return what the model makes of some items, one result each, reporting to a listener} */
    abstract List<R> work(RunSettings settings, Worker worker, Listener listener, List<T> items);

    /** Stores what came of a batch, within a transaction. */
    abstract void store(Run run, Worker worker, List<T> items, List<R> results);

    @Override
    public final boolean isResumable() {
        return true;
    }

    @Override
    public final void run(Run run) throws IOException {
        RunStore store = run.store();
        RunSettings settings = run.settings();
        try (Worker worker = worker(run)) {
            long done = done(store);
            long left = total(store) - done;
            StageProgress progress = run.progress(this, done, done + left);
            for (boolean first = true; ; first = false) {
                Run.checkStopped();
                List<T> items = next(store, settings.batch());
                if (items.isEmpty()) {
                    return;
                }
                left -= items.size();
                List<R> results = new ArrayList<>();
                CostProbe cost = null;
                if (first && left >= WORTHWHILE) {
                    cost = probe(settings, worker, items, run.listener(), results);
                } else {
                    results.addAll(work(settings, worker, run.listener(), items));
                }
                store.transaction(name, () -> {
                    store(run, worker, items, results);
                    progress.note();
                });
                progress.advance(items.size());
                if (cost != null) {
                    run.listener().forecast(forecast(cost, left));
                }
            }
        }
    }

    /** {@return what the work on some items costs; also reports to a listener} */
    private CostProbe probe(RunSettings settings, Worker worker, List<T> items, Listener heard, List<R> results) {
        return CostProbe.of(items, (some, counting) -> {
            Listener both = progress -> {
                counting.progressed(progress);
                heard.progressed(progress);
            };
            results.addAll(work(settings, worker, both, some));
        });
    }

    @Override
    public final Optional<Forecast> forecast(Run run, CostSample sample) throws IOException {
        Worker start = run.worker(start(run.settings()));
        CostProbe probe = sample.once(
                getClass(), () -> probe(run.settings(), start, sample(sample), Listener.NONE, new ArrayList<>()));
        return Optional.of(forecast(probe, sample.total())); // as if every segment became a candidate
    }

    private Forecast forecast(CostProbe probe, long items) {
        return new Forecast(
                name,
                items,
                probe.tokens(items),
                probe.seconds(items),
                OptionalLong.of(items * rowBytes),
                probe.peakBytes());
    }
}
