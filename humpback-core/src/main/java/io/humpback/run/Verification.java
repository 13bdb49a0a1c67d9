package io.humpback.run;

import io.humpback.data.Example;
import io.humpback.data.Segment;
import io.humpback.internal.ContentId;
import io.humpback.internal.Sha256;
import io.humpback.model.Adapter;
import io.humpback.model.ModelException;
import io.humpback.quality.FunnelStep;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Numbered;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Checks a run's directory: the database, ids against contents, counts, and the files beside it. */
final class Verification {

    private static final int BATCH = 1000;

    private final Path directory;
    private final RunStore store;
    private final List<String> faults = new ArrayList<>();

    private Verification(Path directory, RunStore store) {
        this.directory = directory;
        this.store = store;
    }

    static List<String> of(Path directory) throws IOException {
        try (RunStore store = RunStore.openToRead(directory)) {
            Verification verification = new Verification(directory, store);
            verification.faults.addAll(store.faults());
            if (verification.faults.isEmpty()) {
                verification.ids();
                verification.counts();
                verification.files();
            }
            return verification.faults;
        }
    }

    private void ids() {
        for (long i = 0; i < store.seeds(); i++) {
            Map.Entry<String, Example> seed = store.seed(i);
            same(
                    "seed " + i,
                    seed.getKey(),
                    ContentId.of(seed.getValue().instruction(), seed.getValue().response()));
        }
        List<Numbered> batch = store.segmentsAfter(-1, BATCH);
        while (!batch.isEmpty()) {
            for (Numbered numbered : batch) {
                Segment it = numbered.segment();
                same("segment " + numbered.n(), it.id(), ContentId.of(it.source(), it.header(), it.text()));
            }
            batch = store.segmentsAfter(batch.get(batch.size() - 1).n(), BATCH);
        }
        try (Stream<RunStore.Stored> candidates = store.candidates()) {
            candidates.forEach(stored -> same(
                    "candidate " + stored.n(),
                    stored.id(),
                    Augmenting.candidateId(
                            stored.candidate().segment().id(),
                            stored.candidate().instruction(),
                            stored.candidate().written().model(),
                            stored.candidate().written().prompt(),
                            stored.candidate().written().sampling())));
        }
    }

    private void counts() {
        Map<String, RunStore.Begun> stages = store.stages();
        long before = -1;
        for (FunnelStep step : Funnel.of(store)) {
            boolean done = stages.get(step.stage()).done();
            if (!step.addsUp() || step.dropped().values().stream().anyMatch(count -> count < 0)) {
                faults.add(RunStore.FILE + ": stage " + step.stage() + ": " + step.in() + " in, " + step.dropped()
                        + " dropped, " + step.out() + " out, expected counts that add up");
            }
            boolean all = step.stage().equals("augment") || step.stage().equals("ifd");
            if (done && all && step.in() != before) {
                faults.add(RunStore.FILE + ": stage " + step.stage() + ": " + step.in() + " in, expected " + before);
            }
            if (done && step.stage().startsWith("score") && step.in() != store.candidateCount()) {
                faults.add(RunStore.FILE + ": stage " + step.stage() + ": " + step.in() + " in, expected "
                        + store.candidateCount());
            }
            before = step.out();
        }
    }

    private void files() throws IOException {
        for (RunStore.Artifact artifact : store.artifacts()) {
            Path file = directory.resolve(artifact.name());
            if (!Files.isRegularFile(file)) {
                faults.add(artifact.name() + ": not found");
            } else {
                same(artifact.name(), Sha256.of(file), artifact.sha256());
            }
        }
        for (RunStore.Model model : store.models()) {
            try {
                same(
                        model.folder(),
                        Adapter.in(directory.resolve(model.folder())).fingerprint(),
                        model.fingerprint());
            } catch (IOException | ModelException e) {
                faults.add(model.folder() + ": cannot be read: " + e.getMessage());
            }
        }
        RunStore.Begun export = store.stages().get("export");
        if (export != null && export.done()) {
            Path manifest = directory.resolve(Manifest.FILE);
            if (!Files.isRegularFile(manifest)) {
                faults.add(Manifest.FILE + ": not found");
            } else if (!Files.readString(manifest, StandardCharsets.UTF_8).equals(Manifest.text(store))) {
                faults.add(Manifest.FILE + ": says something else than " + RunStore.FILE);
            }
        }
    }

    private void same(String what, String found, String expected) {
        if (!found.equals(expected)) {
            faults.add(what + ": found " + found + ", expected " + expected);
        }
    }
}
