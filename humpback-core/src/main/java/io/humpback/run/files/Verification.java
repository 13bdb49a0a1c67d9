package io.humpback.run.files;

import io.humpback.data.Segment;
import io.humpback.internal.ContentId;
import io.humpback.internal.Sha256;
import io.humpback.model.Adapter;
import io.humpback.model.ModelException;
import io.humpback.quality.FunnelStep;
import io.humpback.run.store.Artifacts.Artifact;
import io.humpback.run.store.Candidates;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.Models.Model;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Seeds.Seed;
import io.humpback.run.store.Segments.Numbered;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Checks a run's directory: ids against contents, and the files in it against the store. */
public final class Verification {

    private static final int BATCH = 1000;

    private final Path directory;
    private final RunStore store;
    private final List<String> faults = new ArrayList<>();

    private Verification(Path directory, RunStore store) {
        this.directory = directory;
        this.store = store;
    }

    /** {@return what is wrong; a run that is sealed has a manifest} */
    public static List<String> of(Path directory, RunStore store, boolean sealed, List<FunnelStep> funnel)
            throws IOException {
        Verification verification = new Verification(directory, store);
        verification.ids();
        verification.files();
        if (sealed) {
            verification.manifest(funnel);
        }
        return verification.faults;
    }

    private void ids() {
        for (long i = 0; i < store.seeds.count(); i++) {
            Seed seed = store.seeds.get(i);
            same(
                    "seed " + i,
                    seed.id(),
                    ContentId.of(seed.pair().instruction(), seed.pair().response()));
        }
        List<Numbered> batch = store.segments.after(-1, BATCH);
        while (!batch.isEmpty()) {
            for (Numbered numbered : batch) {
                Segment it = numbered.segment();
                same("segment " + numbered.n(), it.id(), ContentId.of(it.source(), it.header(), it.text()));
            }
            batch = store.segments.after(batch.get(batch.size() - 1).n(), BATCH);
        }
        try (Stream<Stored> candidates = store.candidates.all()) {
            candidates.forEach(
                    stored -> same("candidate " + stored.n(), stored.id(), Candidates.id(stored.candidate())));
        }
    }

    private void files() throws IOException {
        for (Artifact artifact : store.artifacts.all()) {
            Path file = directory.resolve(artifact.name());
            if (!Files.isRegularFile(file)) {
                faults.add(artifact.name() + ": not found");
            } else {
                same(artifact.name(), Sha256.of(file), artifact.sha256());
            }
        }
        for (Model model : store.models.all()) {
            List<Integer> steps = List.copyOf(store.models.losses(model.name()).keySet());
            if (steps.isEmpty() || steps.get(steps.size() - 1) != steps.size()) {
                faults.add(RunStore.FILE + ": " + model.name() + ": found losses of " + steps.size()
                        + " steps, expected one of each from the first");
            }
            try {
                same(
                        model.folder(),
                        Adapter.at(directory.resolve(model.folder())).fingerprint(),
                        model.fingerprint());
            } catch (IOException | ModelException e) {
                faults.add(model.folder() + ": cannot be read: " + e.getMessage());
            }
        }
    }

    private void manifest(List<FunnelStep> funnel) throws IOException {
        Path manifest = directory.resolve(Manifest.FILE);
        if (!Files.isRegularFile(manifest)) {
            faults.add(Manifest.FILE + ": not found");
        } else if (!Files.readString(manifest, StandardCharsets.UTF_8).equals(Manifest.text(store, funnel))) {
            faults.add(Manifest.FILE + ": says something else than " + RunStore.FILE);
        }
    }

    private void same(String what, String found, String expected) {
        if (!found.equals(expected)) {
            faults.add(what + ": found " + found + ", expected " + expected);
        }
    }
}
