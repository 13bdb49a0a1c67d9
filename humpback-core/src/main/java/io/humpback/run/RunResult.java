package io.humpback.run;

import io.humpback.Attempt;
import io.humpback.Score;
import io.humpback.data.Rejection;
import io.humpback.model.Adapter;
import io.humpback.quality.Drop;
import io.humpback.quality.FunnelStep;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Verdict;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What a run has left in its directory, or, while it goes on or after a stop, has so far. Each call reads the directory;
 * nothing is held.
 */
public final class RunResult {

    private final Path directory;

    private RunResult(Path directory) {
        this.directory = directory;
    }

    /**
     * {@return what lies in a directory}
     *
     * @param directory of a run
     * @throws DataException if there is no run
     */
    public static RunResult in(Path directory) {
        RunResult result = new RunResult(directory);
        result.read(store -> store.stages().size());
        return result;
    }

    /** {@return where it lies} */
    public Path directory() {
        return directory;
    }

    /** {@return the file that says what the run was begun with and what it left} */
    public Path manifest() {
        return directory.resolve(Manifest.FILE);
    }

    /**
     * {@return the trained models by name: M_yx, M_0, M_1, ... in this order}
     *
     * @throws IOException if one is not there
     */
    public Map<String, Adapter> adapters() throws IOException {
        Map<String, Adapter> adapters = new LinkedHashMap<>();
        for (RunStore.Model model : read(RunStore::models)) {
            adapters.put(model.name(), new Adapter(directory.resolve(model.folder()), model.fingerprint()));
        }
        return adapters;
    }

    /**
     * {@return a trained model}
     *
     * @param name M_yx, M_0, M_1, ...
     * @throws IOException if it cannot be read
     */
    public Adapter adapter(String name) throws IOException {
        Adapter adapter = adapters().get(name);
        if (adapter == null) {
            throw new IllegalArgumentException(
                    "adapter " + name + ": expected one of " + adapters().keySet());
        }
        return adapter;
    }

    /** {@return rounds of curation that are done} */
    public int rounds() {
        return read(RunResult::rounds);
    }

    private static int rounds(RunStore store) {
        int round = 0;
        for (RunStore.Begun stage : store.stages().values()) {
            RunStages.One one = RunStages.named(stage.name());
            round = stage.done() && one.kind().equals("curate") ? Math.max(round, one.round()) : round;
        }
        return round;
    }

    /** {@return the pairs that the last round kept, in the order of the corpus; to be closed} */
    public Stream<KeptPair> kept() {
        return kept(rounds());
    }

    /**
     * {@return the pairs that a round kept, in the order of the corpus; to be closed}
     *
     * @param round from 1
     */
    public Stream<KeptPair> kept(int round) {
        RunStore store = RunStore.openToRead(directory);
        return store.picked(round).map(stored -> pair(store, round, stored)).onClose(store::close);
    }

    private static KeptPair pair(RunStore store, int round, RunStore.Stored stored) {
        Verdict verdict = store.verdict(round, stored.n());
        return new KeptPair(stored.id(), stored.candidate(), score(verdict), rating(verdict));
    }

    private static double score(@Nullable Verdict verdict) {
        return verdict == null || verdict.value() == null ? Double.NaN : verdict.value();
    }

    private static @Nullable Score rating(@Nullable Verdict verdict) {
        double[] p = verdict == null ? null : verdict.distribution();
        return p == null
                ? null
                : new Score(Arrays.stream(p).boxed().toList(), verdict.outside(), verdict.spread(), List.of());
    }

    /** {@return all candidates with what became of them in each round that is done, in the order of the corpus; to be closed} */
    public Stream<JudgedPair> candidates() {
        RunStore store = RunStore.openToRead(directory);
        List<Outcomes> rounds = IntStream.rangeClosed(1, rounds(store))
                .mapToObj(round -> Outcomes.of(store, round))
                .toList();
        return store.candidates()
                .map(stored -> new JudgedPair(
                        stored.id(),
                        stored.candidate(),
                        rounds.stream().map(round -> round.of(stored.n())).toList()))
                .onClose(store::close);
    }

    /**
     * Tells what a round made of each candidate.
     *
     * @param least score that was kept
     * @param corrected whether scores were
     */
    private record Outcomes(
            RunStore store, int round, @Nullable Double least, boolean corrected) {

        static Outcomes of(RunStore store, int round) {
            Map<String, RunStore.Setting> settings = store.settings();
            boolean corrected = !settings.get("variance penalty").value().equals("0.0")
                    || settings.get("length control").value().equals("on");
            return new Outcomes(store, round, store.leastPicked(round), corrected);
        }

        JudgedPair.Verdict of(long n) {
            Verdict verdict = store.verdict(round, n);
            Drop drop = verdict != null && verdict.drop() != null ? verdict.drop() : null;
            if (drop == null && !store.picked(round, n)) {
                drop = store.passedOver(round, n);
                drop = drop == null ? new Drop(Drop.Reason.SCORE_BELOW, below(score(verdict))) : drop;
            }
            return new JudgedPair.Verdict(score(verdict), rating(verdict), drop);
        }

        private String below(double score) {
            String found = String.format(Locale.ROOT, corrected ? "%.2f before corrections" : "%.2f", score);
            return least == null
                    ? found + ", none is kept"
                    : String.format(
                            Locale.ROOT, corrected ? "%s, kept from %.2f after" : "%s, kept from %.2f", found, least);
        }
    }

    /** {@return segments that were asked about and gave no candidate, with the reason, in the order of the corpus; to be closed} */
    public Stream<Attempt> dropped() {
        RunStore store = RunStore.openToRead(directory);
        return store.dropped()
                .map(dropped -> new Attempt(dropped.segment(), dropped.output(), null, dropped.drop()))
                .onClose(store::close);
    }

    /** {@return how many candidates there are to be judged} */
    public long candidateCount() {
        return read(RunStore::candidateCount);
    }

    /** {@return how many pages the corpus has given, empty ones included; 0 where it gave segments} */
    public long pages() {
        return read(store -> store.counted("segments").getOrDefault("pages", 0L));
    }

    /** {@return what the run was begun with, as text by name} */
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        read(RunStore::settings).forEach((name, setting) -> settings.put(name, setting.value()));
        return settings;
    }

    /** {@return what identifies the models, the base first, and the exported files: SHA-256, for files of their bytes} */
    public Map<String, String> fingerprints() {
        return read(store -> {
            Map<String, String> fingerprints = new LinkedHashMap<>();
            RunStore.Setting base = store.settings().get("base");
            if (base != null) {
                fingerprints.put("base", base.value());
            }
            store.models().forEach(model -> fingerprints.put(model.name(), model.fingerprint()));
            store.artifacts().forEach(artifact -> fingerprints.put(artifact.name(), artifact.sha256()));
            return fingerprints;
        });
    }

    /** {@return what became of everything, from the sections of pages to kept pairs; each step adds up} */
    public List<FunnelStep> funnel() {
        return read(Funnel::of);
    }

    /** {@return pages and rows that could not be read} */
    public List<Rejection> unreadable() {
        return read(store -> {
            try (Stream<Rejection> rejected = store.rejected()) {
                return rejected.toList();
            }
        });
    }

    /**
     * {@return training loss by optimizer step}
     *
     * @param model M_yx, M_0, M_1, ...
     */
    public Map<Integer, Double> losses(String model) {
        return read(store -> store.losses(model, false));
    }

    /**
     * {@return loss on held-out examples by optimizer step}
     *
     * @param model M_yx, M_0, M_1, ...
     */
    public Map<Integer, Double> heldOutLosses(String model) {
        return read(store -> store.losses(model, true));
    }

    /** {@return wall-clock time worked on each stage in their order, stops left out} */
    public Map<String, Double> seconds() {
        Map<String, Double> seconds = new LinkedHashMap<>();
        read(RunStore::stages).values().stream()
                .sorted(Comparator.comparingInt(stage -> RunStages.order(stage.name())))
                .forEach(stage -> seconds.put(stage.name(), stage.seconds()));
        return seconds;
    }

    /** {@return the exported files} */
    public List<Path> exports() {
        return read(RunStore::artifacts).stream()
                .map(artifact -> directory.resolve(artifact.name()))
                .toList();
    }

    private <T> T read(Function<RunStore, T> reader) {
        try (RunStore store = RunStore.openToRead(directory)) {
            return reader.apply(store);
        }
    }

    /** {@return such as {@code runs/first: 2 rounds, 120 kept}} */
    @Override
    public String toString() {
        return read(store -> {
            int rounds = rounds(store);
            return directory + ": " + rounds + (rounds == 1 ? " round, " : " rounds, ") + store.picks(rounds) + " kept";
        });
    }
}
