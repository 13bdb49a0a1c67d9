package io.humpback.run;

import io.humpback.Augmenter.Attempt;
import io.humpback.Score;
import io.humpback.data.Rejection;
import io.humpback.model.Adapter;
import io.humpback.quality.Drop;
import io.humpback.quality.FunnelStep;
import io.humpback.run.files.Manifest;
import io.humpback.run.store.Artifacts.Artifact;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.Models.Model;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments;
import io.humpback.run.store.Verdicts.Judgement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads what a run has left in its directory: trained models, kept pairs, statistics. While the run is at work, or was
 * stopped, it is what there is so far. Each call reads the directory; nothing is held in memory.
 */
public final class RunResult {

    private final Path directory;

    private RunResult(Path directory) {
        this.directory = directory;
    }

    /**
     * {@return the result of the run in a directory}
     *
     * @throws io.humpback.data.DataException if there is no run
     */
    public static RunResult at(Path directory) {
        RunStore.openToRead(directory).close();
        return new RunResult(directory);
    }

    /** {@return whether a directory holds a run} */
    public static boolean isIn(Path directory) {
        return Files.isRegularFile(directory.resolve(RunStore.FILE));
    }

    /** {@return the directory of the run} */
    public Path directory() {
        return directory;
    }

    /** {@return the file that says what the run was begun with and what it left} */
    public Path manifest() {
        return directory.resolve(Manifest.FILE);
    }

    /** {@return the trained models by name: M_yx, M_0, M_1, ... in this order} */
    public Map<String, Adapter> adapters() throws IOException {
        Map<String, Adapter> adapters = new LinkedHashMap<>();
        for (Model model : read(store -> store.models.all())) {
            adapters.put(model.name(), new Adapter(directory.resolve(model.folder()), model.fingerprint()));
        }
        return adapters;
    }

    /**
     * {@return a trained model by its name: M_yx, M_0, M_1, ...}
     *
     * @throws IllegalArgumentException if there is no such model
     */
    public Adapter adapter(String name) throws IOException {
        Adapter adapter = adapters().get(name);
        if (adapter == null) {
            throw new IllegalArgumentException(
                    "adapter " + name + ": expected one of " + adapters().keySet());
        }
        return adapter;
    }

    /** {@return how many rounds of curation are done} */
    public int rounds() {
        return read(RunResult::rounds);
    }

    private static int rounds(RunStore store) {
        int rounds = 0;
        while (store.stages.isDone(new CuratingStage(rounds + 1).name())) {
            rounds++;
        }
        return rounds;
    }

    /** {@return the name of the model that judges a round, from 1: M_0, M_1, ... or {@code the judge model}} */
    public String judge(int round) {
        return read(store -> new JudgingStage(round).judge(store));
    }

    /** {@return the pairs that the last round kept, in the order of the corpus; to be closed} */
    public Stream<KeptPair> kept() {
        return kept(rounds());
    }

    /** {@return the pairs that a round, numbered from 1, kept, in the order of the corpus; to be closed} */
    public Stream<KeptPair> kept(int round) {
        RunStore store = RunStore.openToRead(directory);
        return store.candidates
                .kept(round)
                .map(stored -> pair(store, round, stored))
                .onClose(store::close);
    }

    private static KeptPair pair(RunStore store, int round, Stored stored) {
        Judgement verdict = store.verdicts.find(round, stored.n());
        return new KeptPair(stored.id(), stored.candidate(), score(verdict), rating(verdict));
    }

    private static double score(@Nullable Judgement verdict) {
        return verdict == null || verdict.value() == null ? Double.NaN : verdict.value();
    }

    private static @Nullable Score rating(@Nullable Judgement verdict) {
        if (verdict == null || verdict.distribution() == null) {
            return null;
        }
        List<Double> p = Arrays.stream(verdict.distribution()).boxed().toList();
        return Score.ofRatings(p, verdict.outside(), verdict.spread(), List.of());
    }

    /** {@return all candidates with what became of them in each round that is done, in the order of the corpus; to be closed} */
    public Stream<JudgedPair> candidates() {
        RunStore store = RunStore.openToRead(directory);
        List<Outcomes> rounds = IntStream.rangeClosed(1, rounds(store))
                .mapToObj(round -> Outcomes.of(store, round))
                .toList();
        return store.candidates
                .all()
                .map(stored -> new JudgedPair(
                        stored.id(),
                        stored.candidate(),
                        rounds.stream().map(round -> round.of(stored.n())).toList()))
                .onClose(store::close);
    }

    /** Finds out what became of each candidate in a round; {@code least} is the lowest score that was kept. */
    private record Outcomes(
            RunStore store, int round, @Nullable Double least, boolean corrected) {

        static Outcomes of(RunStore store, int round) {
            return new Outcomes(store, round, store.picks.lowest(round), CuratingStage.isCorrecting(store));
        }

        JudgedPair.Verdict of(long n) {
            Judgement verdict = store.verdicts.find(round, n);
            Drop drop = verdict == null ? null : verdict.drop();
            if (drop == null && !store.picks.contains(round, n)) {
                drop = store.picks.passedOver(round, n);
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

    /** {@return segments that gave no candidate, with the reason, in the order of the corpus; to be closed} */
    public Stream<Attempt> dropped() {
        RunStore store = RunStore.openToRead(directory);
        return store.candidates
                .dropped()
                .map(dropped -> new Attempt(dropped.segment(), dropped.output(), null, dropped.drop()))
                .onClose(store::close);
    }

    /** {@return how many candidates there are to be judged} */
    public long candidateCount() {
        return read(store -> store.candidates.count());
    }

    /** {@return how many pages the corpus has given, empty ones included; 0 where it gave segments} */
    public long pages() {
        return read(store -> store.segments.counts().getOrDefault(Segments.PAGES, 0L));
    }

    /** {@return what the run was begun with, as text by name} */
    public Map<String, String> settings() {
        Map<String, String> settings = new LinkedHashMap<>();
        read(store -> store.settings.all()).forEach((name, setting) -> settings.put(name, setting.value()));
        return settings;
    }

    /** {@return the SHA-256 that identifies each model, those that the run was begun with first, and each exported file} */
    public Map<String, String> fingerprints() {
        return read(store -> {
            Map<String, String> fingerprints = new LinkedHashMap<>();
            for (String given : List.of(TrainingStage.BASE, TrainingStage.WRITER, JudgingStage.MODEL)) {
                String fingerprint = store.settings.value(given);
                if (!fingerprint.isEmpty()) {
                    fingerprints.put(given, fingerprint);
                }
            }
            store.models.all().forEach(model -> fingerprints.put(model.name(), model.fingerprint()));
            store.artifacts.all().forEach(artifact -> fingerprints.put(artifact.name(), artifact.sha256()));
            return fingerprints;
        });
    }

    /** {@return what became of everything, from the sections of pages to kept pairs; each step adds up} */
    public List<FunnelStep> funnel() {
        return read(Stage::funnelOf);
    }

    /** {@return pages and rows that could not be read} */
    public List<Rejection> unreadable() {
        return read(store -> store.segments.rejections());
    }

    /** {@return the training loss of a model (M_yx, M_0, M_1, ...) by optimizer step, in nats per token} */
    public Map<Integer, Double> losses(String model) {
        return read(store -> store.models.losses(model));
    }

    /** {@return the loss of a model on held-out examples by optimizer step, in nats per token} */
    public Map<Integer, Double> heldOutLosses(String model) {
        return read(store -> store.models.heldOutLosses(model));
    }

    /** {@return seconds of wall-clock time worked on each stage, in the order of the stages, without stops} */
    public Map<String, Double> seconds() {
        return read(store -> {
            Map<String, Double> seconds = new LinkedHashMap<>();
            Stage.begun(store).forEach(stage -> seconds.put(stage.name(), store.stages.seconds(stage.name())));
            return seconds;
        });
    }

    /** {@return the exported files} */
    public List<Path> exports() {
        return read(store -> store.artifacts.all()).stream()
                .map(Artifact::name)
                .map(directory::resolve)
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
            return directory + ": " + rounds + (rounds == 1 ? " round, " : " rounds, ") + store.picks.count(rounds)
                    + " kept";
        });
    }
}
