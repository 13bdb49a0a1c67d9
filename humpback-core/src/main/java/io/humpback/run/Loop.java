package io.humpback.run;

import io.humpback.data.DataException;
import io.humpback.internal.Folders;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Setting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;

/** Does the stages of a run that are not done. */
final class Loop {

    private final RunSettings settings;
    private final List<RunStages.One> stages;

    Loop(RunSettings settings) {
        this.settings = settings;
        this.stages = RunStages.of(settings);
    }

    /** Does all stages up to a given one, or all. */
    void run(String until) throws IOException {
        settings.check();
        int from = settings.fromStage == null ? stages.size() : place(settings.fromStage);
        String at = "the beginning";
        try (RunStore store = RunStore.open(settings.directory, settings.moments)) {
            Run run = new Run(settings, store);
            begin(store, from);
            for (RunStages.One stage : stages) {
                at = stage.name();
                if (!isDone(store, stage)) {
                    work(run, stage);
                }
                if (stage.name().equals(until)) {
                    return;
                }
            }
            at = "manifest";
            Manifest.write(settings.directory, store);
            settings.moments.accept("manifest written");
        } catch (CancellationException e) {
            throw stopped(at, e);
        } catch (UncheckedIOException e) {
            throw stoppedOr(at, e.getCause());
        } catch (IOException e) {
            throw stoppedOr(at, e);
        }
    }

    /** An interrupt closes the file that is being written; that is a stop and no fault. */
    private static IOException stoppedOr(String at, IOException e) {
        if (e instanceof ClosedByInterruptException) {
            throw stopped(at, e);
        }
        return e;
    }

    private static CancellationException stopped(String at, Exception cause) {
        CancellationException stopped =
                new CancellationException(at + " was interrupted; started again, the run goes on there");
        stopped.initCause(cause);
        return stopped;
    }

    private int place(String stage) {
        int place = RunStages.index(stages, stage);
        if (place < 0) {
            throw new IllegalArgumentException("fromStage = " + stage + ": expected one of "
                    + String.join(", ", stages.stream().map(RunStages.One::name).toList()));
        }
        return place;
    }

    /** Compares the settings with those that the run was begun with, and forgets the stages that are to be done anew. */
    private void begin(RunStore store, int from) throws IOException {
        Map<String, Setting> now = settings.described();
        Map<String, Setting> before = store.settings();
        for (Map.Entry<String, Setting> setting : before.entrySet()) {
            Setting found = now.get(setting.getKey());
            String value = found == null ? "nothing" : found.value();
            String usedFrom = setting.getValue().usedFrom();
            if (!value.equals(setting.getValue().value()) && RunStages.index(stages, usedFrom) < from) {
                String begun = setting.getValue().value();
                throw new DataException(settings.directory + ": " + setting.getKey() + ": found "
                        + different(value, begun) + ", expected " + different(begun, value)
                        + ", which the run was begun with; start again"
                        + " from stage "
                        + stages.get(RunStages.index(stages, usedFrom)).name()
                        + " or in another directory");
            }
        }
        for (RunStages.One stage : toForget(store, from)) {
            if (!stage.model().isEmpty()) {
                Folders.delete(settings.directory.resolve("adapters").resolve(stage.model()));
            }
            store.clear(stage.name(), stage.round(), stage.model());
        }
        if (!now.equals(before)) {
            store.together("settings", () -> store.settings(now));
        }
    }

    /** {@return a value, of a long one only the parts that the other does not have} */
    private static String different(String value, String other) {
        String[] parts = value.split(", ", -1);
        Set<String> others = new HashSet<>(List.of(other.split(", ", -1)));
        List<String> different =
                Stream.of(parts).filter(part -> !others.contains(part)).toList();
        return parts.length < 4 || different.isEmpty() ? value : String.join(", ", different);
    }

    /** The last first. */
    private List<RunStages.One> toForget(RunStore store, int from) {
        List<RunStages.One> forgotten = new ArrayList<>();
        Map<RunStages.One, Integer> places = new LinkedHashMap<>();
        for (String name : store.stages().keySet()) {
            int place = RunStages.index(stages, name);
            if (place < 0 || place >= from) {
                RunStages.One stage = RunStages.named(name);
                places.put(stage, place < 0 ? Integer.MAX_VALUE : place);
                forgotten.add(stage);
            }
        }
        forgotten.sort(Comparator.comparing(places::get, Comparator.reverseOrder()));
        return forgotten;
    }

    private static boolean isDone(RunStore store, RunStages.One stage) {
        RunStore.Begun begun = store.stages().get(stage.name());
        return begun != null && begun.done();
    }

    private void work(Run run, RunStages.One stage) throws IOException {
        Run.checkStopped();
        RunStore store = run.store();
        String kind = stage.kind();
        boolean goesOn = kind.equals("train") || kind.equals("augment") || kind.equals("ifd") || kind.equals("score");
        if (!goesOn && store.stages().containsKey(stage.name())) {
            store.clear(stage.name(), stage.round(), stage.model());
        }
        store.worked(stage.name(), 0);
        settings.listener.began(stage.name());
        long start = System.nanoTime();
        switch (kind) {
            case "seed" -> new Gathering(run).seed();
            case "segments" -> new Gathering(run).segments();
            case "train" -> new Training(run).train(stage);
            case "augment" -> new Augmenting(run).augment();
            case "ifd" -> new HelpfulInstructions(run).measure();
            case "score" -> new Judging(run).judge(stage.name(), stage.round());
            case "curate" -> new Selecting(run).select(stage.name(), stage.round());
            case "export" -> new Export(run).export();
            default -> throw new AssertionError(kind);
        }
        store.together(stage.name() + " end", () -> {
            if (!goesOn) {
                store.worked(stage.name(), (System.nanoTime() - start) / 1e9);
            }
            store.done(stage.name());
        });
        settings.listener.ended(stage.name(), store.stages().get(stage.name()).seconds());
    }
}
