package io.humpback.run.files;

import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.internal.AtomicFiles;
import io.humpback.quality.FunnelStep;
import io.humpback.run.store.Artifacts.Artifact;
import io.humpback.run.store.Models.Model;
import io.humpback.run.store.RunStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * {@code manifest.json}: what a run was begun with and what it left, of which it is the seal: it
 * appears when all else is done, with the hashes of the exported files and of the store. Derived from the store; holds no
 * times.
 */
public final class Manifest {

    /** Its name in the run's directory. */
    public static final String FILE = "manifest.json";

    private static final int FORMAT = 1;

    private Manifest() {}

    /** Writes the manifest of a run. */
    public static void write(Path directory, RunStore store, List<FunnelStep> funnel) throws IOException {
        AtomicFiles.sweep(directory, FILE + ".");
        AtomicFiles.write(directory.resolve(FILE), text(store, funnel));
    }

    static String text(RunStore store, List<FunnelStep> steps) throws IOException {
        JsonMapper mapper = new JsonMapper();
        ObjectNode manifest = mapper.createObjectNode().put("format", FORMAT);
        ObjectNode settings = manifest.putObject("settings");
        store.settings.all().forEach((name, setting) -> settings.put(name.replace(' ', '_'), setting.value()));
        ArrayNode models = manifest.putArray("models");
        for (Model model : store.models.all()) {
            Map<Integer, Double> losses = store.models.losses(model.name());
            ObjectNode of = models.addObject()
                    .put("name", model.name())
                    .put("folder", model.folder())
                    .put("fingerprint", model.fingerprint())
                    .put("steps", losses.size());
            losses.values().stream().reduce((first, second) -> second).ifPresent(last -> of.put("last_loss", last));
        }
        ArrayNode funnel = manifest.putArray("funnel");
        for (FunnelStep step : steps) {
            ObjectNode of = funnel.addObject().put("stage", step.stage()).put("in", step.into());
            ObjectNode dropped = of.putObject("dropped");
            step.dropped().forEach(dropped::put);
            of.put("out", step.out());
        }
        manifest.put("unreadable", store.segments.rejectionCount());
        ArrayNode exports = manifest.putArray("exports");
        for (Artifact artifact : store.artifacts.all()) {
            exports.addObject()
                    .put("file", artifact.name())
                    .put("bytes", artifact.bytes())
                    .put("sha256", artifact.sha256());
        }
        manifest.put("database", store.fingerprint());
        DefaultIndenter lines = new DefaultIndenter("  ", "\n");
        return mapper.writer(new DefaultPrettyPrinter()
                                .withObjectIndenter(lines)
                                .withArrayIndenter(lines))
                        .writeValueAsString(manifest)
                + "\n";
    }
}
