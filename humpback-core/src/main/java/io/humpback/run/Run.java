package io.humpback.run;

import io.humpback.data.DataException;
import io.humpback.model.Adapter;
import io.humpback.model.LanguageModel;
import io.humpback.model.RewardModel;
import io.humpback.quality.FunnelStep;
import io.humpback.run.cost.CostSample;
import io.humpback.run.files.Manifest;
import io.humpback.run.files.Verification;
import io.humpback.run.store.FaultHook;
import io.humpback.run.store.Models.Model;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Settings.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A run at work: what its stages share, and the loop over the stages that are not done. */
final class Run {

    /** In place of a setting that was not made. */
    private static final Setting NOTHING = new Setting("nothing", "");

    private final RunSettings settings;
    private final RunStore store;
    private final RunListener listener;
    private final List<Stage> stages;

    private Run(RunSettings settings, RunStore store, RunListener listener) {
        this.settings = settings;
        this.store = store;
        this.listener = listener;
        this.stages = Stage.of(settings);
    }

    /**
     * Does the stages that are not done.
     *
     * @param from the stage from which on all are forgotten before; null for none
     * @param last the stage that ends the work; null for all stages and the manifest
     */
    static void work(
            RunSettings settings, RunListener listener, @Nullable String from, @Nullable Stage last, FaultHook faults)
            throws IOException {
        String at = "the beginning";
        try (RunStore store = RunStore.open(settings.directory(), faults)) {
            Run run = new Run(settings, store, listener);
            TrainingStage.deleteProbes(settings.directory());
            run.begin(from);
            run.check();
            if (run.isFinished()) {
                return;
            }
            run.releaseAllBut(null);
            for (Stage stage : run.stages) {
                at = stage.name();
                if (!store.stages.isDone(at)) {
                    run.work(stage);
                }
                if (stage.equals(last)) {
                    return;
                }
            }
            at = "manifest";
            Manifest.write(settings.directory(), store, Stage.funnelOf(store));
            faults.reached("manifest written");
        } catch (CancellationException e) {
            throw new RunStoppedException(at, e);
        } catch (UncheckedIOException e) {
            throw stoppedOr(at, Objects.requireNonNull(e.getCause()));
        } catch (IOException e) {
            throw stoppedOr(at, e);
        }
    }

    /** An interrupt closes the file that is being written; that is a stop and no fault. */
    private static IOException stoppedOr(String at, IOException e) {
        if (e instanceof ClosedByInterruptException) {
            throw new RunStoppedException(at, e);
        }
        return e;
    }

    /** {@return what each stage will cost, measured on the first segments of a run that has taken its data in} */
    static List<Forecast> forecasts(RunSettings settings, RunListener listener) throws IOException {
        try (RunStore store =
                RunStore.open(settings.directory(), FaultHook.NONE)) { // alone: probes leave folders there
            Run run = new Run(settings, store, listener);
            CostSample sample = CostSample.of(store, settings.batch());
            List<Forecast> forecasts = new ArrayList<>();
            for (Stage stage : run.stages) {
                stage.forecast(run, sample).ifPresent(forecast -> {
                    forecasts.add(forecast);
                    listener.forecast(forecast);
                });
            }
            return forecasts;
        }
    }

    /** {@return what is wrong in the directory of a run} */
    static List<String> faults(Path directory) throws IOException {
        try (RunStore store = RunStore.openToRead(directory)) {
            return faults(directory, store, store.stages.isDone(new ExportStage().name()));
        }
    }

    private static List<String> faults(Path directory, RunStore store, boolean sealed) throws IOException {
        List<String> faults = store.faults();
        if (faults.isEmpty()) {
            for (Stage stage : Stage.begun(store)) {
                stage.funnel(store).ifPresent(step -> count(store, stage, step, faults));
            }
            faults.addAll(Verification.of(directory, store, sealed, Stage.funnelOf(store)));
        }
        return faults;
    }

    private static void count(RunStore store, Stage stage, FunnelStep step, List<String> faults) {
        String place = RunStore.FILE + ": stage " + step.stage() + ": " + step.into() + " in, ";
        if (!step.addsUp() || step.dropped().values().stream().anyMatch(count -> count < 0)) {
            faults.add(place + step.dropped() + " dropped, " + step.out() + " out, expected counts that add up");
        }
        long expected = stage.expectedIn(store).orElse(step.into());
        if (store.stages.isDone(step.stage()) && step.into() != expected) {
            faults.add(place + "expected " + expected);
        }
    }

    /** Compares the settings with those that the run was begun with, and forgets the stages that are to be done again. */
    private void begin(@Nullable String fromStage) throws IOException {
        int from = fromStage == null ? stages.size() : place(fromStage);
        if (from < 0) {
            throw new IllegalArgumentException("fromStage = " + fromStage + ": expected one of "
                    + String.join(", ", stages.stream().map(Stage::name).toList()));
        }
        Map<String, Setting> now = Stage.settingsOf(stages, settings);
        Map<String, Setting> before = store.settings.all();
        before.forEach((name, setting) -> compare(name, setting, now.getOrDefault(name, NOTHING), from));
        if (!before.isEmpty()) {
            now.forEach((name, setting) -> compare(name, before.getOrDefault(name, NOTHING), setting, from));
        }
        List<Stage> begun = Stage.begun(store);
        for (int i = begun.size() - 1; i >= 0; i--) {
            Stage stage = begun.get(i);
            int place = place(stage.name());
            if (place < 0 || place >= from || !stage.isResumable() && !store.stages.isDone(stage.name())) {
                forget(stage);
            }
        }
        if (!now.equals(before)) {
            store.transaction("settings", () -> store.settings.replace(now));
        }
    }

    /** Refuses to go on with, or to call done, what is not as this run has left it. */
    private void check() throws IOException {
        List<String> faults = faults(settings.directory(), store, isFinished());
        if (faults.isEmpty()) {
            changed()
                    .ifPresent(stage -> faults.add(
                            RunStore.FILE + ": what stage " + stage.name() + " has stored was changed since"));
        }
        if (!faults.isEmpty()) {
            throw new DataException(settings.directory() + ": " + faults.get(0)
                    + (faults.size() == 1 ? "" : " (and " + (faults.size() - 1) + " faults more)")
                    + "; put back what the run has left, or start again from the stage that made it or in another"
                    + " directory");
        }
    }

    /**
     * {@return the earliest of the stages that are done, if any, in whose time the store was not what it is now but for the
     * later stages}
     */
    private Optional<Stage> changed() {
        List<Stage> changed = new ArrayList<>();
        store.rehearse(() -> {
            List<Stage> begun = new ArrayList<>(Stage.begun(store));
            Collections.reverse(begun);
            for (Stage stage : begun) {
                boolean done = store.stages.isDone(stage.name());
                if (done && store.stages.isSealedBy(stage.name(), store.seal())) {
                    return;
                } else if (done) {
                    changed.add(0, stage);
                }
                stage.forget(store);
                store.stages.delete(stage.name());
            }
        });
        return changed.stream().findFirst();
    }

    /** {@return whether all is done and sealed} */
    private boolean isFinished() {
        return stages.stream().allMatch(stage -> store.stages.isDone(stage.name()))
                && Files.exists(settings.directory().resolve(Manifest.FILE));
    }

    private void compare(String name, Setting before, Setting now, int from) {
        int used = Stream.of(before.usedFrom(), now.usedFrom()) // other settings may have other stages
                .mapToInt(this::place)
                .filter(place -> place >= 0)
                .min()
                .orElse(0);
        if (!now.value().equals(before.value()) && used < from) {
            throw new DataException(settings.directory() + ": " + name + ": found "
                    + different(now.value(), before.value()) + ", expected "
                    + different(before.value(), now.value())
                    + ", which the run was begun with; start again from stage "
                    + stages.get(used).name() + " or in another directory");
        }
    }

    /** {@return the place of a stage among those of this run, or -1} */
    private int place(String stage) {
        return IntStream.range(0, stages.size())
                .filter(i -> stages.get(i).name().equals(stage))
                .findFirst()
                .orElse(-1);
    }

    /** {@return a value; of a long one only the parts that the other does not have} */
    private static String different(String value, String other) {
        String[] parts = value.split(", ", -1);
        Set<String> others = new HashSet<>(List.of(other.split(", ", -1)));
        List<String> different =
                Stream.of(parts).filter(part -> !others.contains(part)).toList();
        return parts.length < 4 || different.isEmpty() ? value : String.join(", ", different);
    }

    private void forget(Stage stage) throws IOException {
        stage.deleteFiles(settings.directory());
        store.transaction(() -> {
            stage.forget(store);
            store.stages.delete(stage.name());
        });
    }

    private void work(Stage stage) throws IOException {
        checkStopped();
        String name = stage.name();
        Files.deleteIfExists(settings.directory().resolve(Manifest.FILE)); // it seals what is done
        store.stages.addSeconds(name, 0);
        listener.began(name);
        long start = System.nanoTime();
        stage.run(this);
        store.transaction(name + " end", () -> {
            if (!stage.isResumable()) {
                store.stages.addSeconds(name, (System.nanoTime() - start) / 1e9);
            }
            store.stages.setDone(name);
            store.stages.setSeal(name, store.seal());
        });
        listener.ended(name, store.stages.seconds(name));
    }

    RunSettings settings() {
        return settings;
    }

    RunStore store() {
        return store;
    }

    RunListener listener() {
        return listener;
    }

    /**
     * A model at work in a stage.
     *
     * @param languageModel null where a reward model works
     * @param fingerprint of the model
     * @param adapter fingerprint of what the run has trained of it
     */
    record Worker(@Nullable LanguageModel languageModel, String fingerprint, String adapter, boolean isOwn)
            implements AutoCloseable {

        private static final String NO_ADAPTER = "none";

        /** {@return a model as it was given} */
        static Worker of(LanguageModel given) {
            return new Worker(given, given.fingerprint(), NO_ADAPTER, false);
        }

        /** {@return a reward model as it was given} */
        static Worker of(RewardModel given) {
            return new Worker(null, given.fingerprint(), NO_ADAPTER, false);
        }

        LanguageModel model() {
            return Objects.requireNonNull(languageModel, "language model");
        }

        @Override
        public void close() {
            if (isOwn) {
                model().close();
            }
        }
    }

    /** {@return a model with an adapter of this run} */
    Worker worker(LanguageModel start, String name) throws IOException {
        releaseAllBut(start);
        Adapter adapter = adapter(name);
        LanguageModel model = start.with(adapter);
        return new Worker(model, model.fingerprint(), adapter.fingerprint(), true);
    }

    /** {@return one that works as it was given} */
    Worker worker(Worker given) {
        releaseAllBut(given.languageModel());
        return given;
    }

    /** Frees the memory of the models that a stage does not need. */
    void releaseAllBut(@Nullable LanguageModel needed) {
        settings.models().stream().filter(model -> model != needed).forEach(LanguageModel::release);
    }

    /** {@return an adapter of this run; a {@link DataException} if it is not the one that the run has trained} */
    private Adapter adapter(String name) throws IOException {
        Model stored = Objects.requireNonNull(store.models.find(name), name);
        Path folder = settings.directory().resolve(stored.folder());
        Adapter adapter = Adapter.at(folder);
        if (!adapter.fingerprint().equals(stored.fingerprint())) {
            throw new DataException(folder + ": found an adapter " + adapter.fingerprint() + ", expected "
                    + stored.fingerprint() + ", which this run has trained");
        }
        return adapter;
    }

    /** Between batches. */
    static void checkStopped() {
        if (Thread.currentThread().isInterrupted()) {
            throw new CancellationException("interrupted");
        }
    }

    /** {@return the progress of a stage of which some items were done in an earlier process} */
    StageProgress progress(Stage stage, long done, long total) {
        listener.counted(stage.name(), done, total);
        return new StageProgress(stage.name(), done, total);
    }

    /** How far a resumable stage is, for the listener and for the store. */
    final class StageProgress {

        private final String stage;
        private final long total;
        private final long before;
        private final long start = System.nanoTime();
        private long done;
        private long lastNote = start;

        private StageProgress(String stage, long done, long total) {
            this.stage = stage;
            this.before = done;
            this.done = done;
            this.total = total;
        }

        /** Notes the time worked in the store, within the transaction that the work belongs to. */
        void note() {
            long now = System.nanoTime();
            store.stages.addSeconds(stage, (now - lastNote) / 1e9);
            lastNote = now;
        }

        /** Reports items that are committed to the listener. */
        void advance(long items) {
            done += items;
            double seconds = (System.nanoTime() - start) / 1e9;
            listener.advanced(
                    stage, done, OptionalLong.of(total), (total - done) * seconds / Math.max(1, done - before));
        }
    }
}
