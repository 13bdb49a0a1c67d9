package io.humpback.run;

import io.humpback.data.DataException;
import io.humpback.quality.FunnelStep;
import io.humpback.run.cost.CostSample;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Settings.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * One stage of a run. A kind of stage is one class, named in the {@code permits} clause here (or in that of
 * {@link BatchStage}), and one line in the list of {@link #possible}; all that differs between kinds is said by these
 * methods. The export stays the last: what follows it would be done after the run is sealed. Two objects of the same kind, round and
 * model are the same stage.
 */
sealed interface Stage permits SeedStage, SegmentsStage, TrainingStage, BatchStage, CuratingStage, ExportStage {

    /** {@return the name under which it is stored and reported, such as {@code score-1}} */
    String name();

    /** {@return whether a run with these settings has the stage} */
    default boolean isPartOf(RunSettings settings) {
        return true;
    }

    /** {@return the settings that its result depends on, as text by name} */
    Map<String, String> settings(RunSettings settings) throws IOException;

    /** {@return whether it goes on where it was stopped; otherwise it starts again from its beginning} */
    default boolean isResumable() {
        return false;
    }

    /** Does what is left of its work, and notes the time in the store if it is resumable. */
    void run(Run run) throws IOException;

    /** Deletes the files that it has left; nothing by default. */
    default void deleteFiles(Path directory) throws IOException {}

    /** Deletes what it has left in the store, except its entry among the stages; later stages are forgotten before. */
    default void forget(RunStore store) {}

    /** {@return what it will cost, measured on the model that it begins with; nothing where it costs little} */
    default Optional<Forecast> forecast(Run run, CostSample sample) throws IOException {
        return Optional.empty();
    }

    /** {@return what went in, what was dropped and what came out so far; nothing where it drops nothing} */
    default Optional<FunnelStep> funnel(RunStore store) {
        return Optional.empty();
    }

    /** {@return how many items it takes in, where that is known from elsewhere in the store} */
    default OptionalLong expectedIn(RunStore store) {
        return OptionalLong.empty();
    }

    /** {@return every stage that a run with a number of rounds may have, in the order in which they are done} */
    private static List<Stage> possible(int rounds) {
        List<Stage> stages = new ArrayList<>(List.of(
                new SeedStage(),
                new SegmentsStage(),
                TrainingStage.backward(),
                new AugmentingStage(),
                TrainingStage.forward(0),
                new IfdStage()));
        for (int round = 1; round <= rounds; round++) {
            stages.add(new JudgingStage(round));
            stages.add(new CuratingStage(round));
            stages.add(TrainingStage.forward(round));
        }
        stages.add(new ExportStage());
        return stages;
    }

    /** {@return the stages of a run with these settings, in order} */
    static List<Stage> of(RunSettings settings) {
        return possible(settings.rounds()).stream()
                .filter(stage -> stage.isPartOf(settings))
                .toList();
    }

    /**
     * {@return the stages that a stored run has begun, whatever its settings, in order} The only place where stages are
     * found by their names.
     */
    static List<Stage> begun(RunStore store) {
        Set<String> names = store.stages.all().keySet();
        List<Stage> begun = possible(names.size()).stream() // each round has more than one stage
                .filter(stage -> names.contains(stage.name()))
                .toList();
        if (begun.size() < names.size()) {
            throw new DataException(RunStore.FILE + ": stages " + names + ": expected those that this version knows");
        }
        return begun;
    }

    /** {@return what became of everything in a stored run, from sections of pages to kept pairs} */
    static List<FunnelStep> funnelOf(RunStore store) {
        return begun(store).stream()
                .flatMap(stage -> stage.funnel(store).stream())
                .toList();
    }

    /** {@return what must not change while a run goes on, each with the first stage that uses it} */
    static Map<String, Setting> settingsOf(List<Stage> stages, RunSettings settings) throws IOException {
        Map<String, Setting> all = new LinkedHashMap<>();
        for (Stage stage : stages) {
            stage.settings(settings).forEach((name, value) -> all.putIfAbsent(name, new Setting(value, stage.name())));
        }
        return all;
    }

    /** {@return a step of the funnel, with the reasons that did occur} */
    default FunnelStep step(String items, long in, Map<String, Long> dropped, long out) {
        Map<String, Long> occurred = new LinkedHashMap<>(dropped);
        occurred.values().removeIf(count -> count == 0);
        return new FunnelStep(name(), items, in, occurred, out);
    }

    /** {@return the sum of counts} */
    static long sum(Map<String, Long> counts) {
        return counts.values().stream().mapToLong(count -> count).sum();
    }
}
