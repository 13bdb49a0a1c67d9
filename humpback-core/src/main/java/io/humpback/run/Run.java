package io.humpback.run;

import io.humpback.data.DataException;
import io.humpback.internal.SplitMix64;
import io.humpback.model.Adapter;
import io.humpback.model.LanguageModel;
import io.humpback.run.store.RunStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.CancellationException;

/** What all stages share. */
record Run(RunSettings settings, RunStore store) {

    /** {@return the base model with an adapter of this run, reporting to the listener; to be closed} */
    LanguageModel model(String name) throws IOException {
        return base().with(adapter(name)).listening(settings.listener);
    }

    /**
     * {@return an adapter of this run}
     *
     * @throws DataException if it is not the one that the run has trained
     */
    Adapter adapter(String name) throws IOException {
        RunStore.Model stored = Objects.requireNonNull(store.model(name), name);
        Path folder = settings.directory.resolve(stored.folder());
        Adapter adapter = Adapter.in(folder);
        if (!adapter.fingerprint().equals(stored.fingerprint())) {
            throw new DataException(folder + ": found an adapter " + adapter.fingerprint() + ", expected "
                    + stored.fingerprint() + ", which this run has trained");
        }
        return adapter;
    }

    LanguageModel base() {
        return Objects.requireNonNull(settings.base);
    }

    /** Between batches. */
    static void checkStopped() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted");
        }
    }

    /**
     * {@return a seed for one batch's noise}
     *
     * @param first number of its first item
     */
    long noise(long first) {
        return SplitMix64.mix(settings.randomSeed * SplitMix64.GAMMA + first + 1);
    }
}
