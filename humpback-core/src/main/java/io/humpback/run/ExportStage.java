package io.humpback.run;

import io.humpback.data.file.HubFolder;
import io.humpback.quality.Labels;
import io.humpback.run.Humpback.JudgedBy;
import io.humpback.run.cost.CostSample;
import io.humpback.run.files.Exports;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments.Numbered;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Writes the files that a run hands on. */
record ExportStage() implements Stage {

    /** Formats that hold the kept pairs alone. */
    private static final int FORMATS = 4;

    @Override
    public String name() {
        return "export";
    }

    @Override
    public Map<String, String> settings(RunSettings settings) {
        return Map.of(
                "rounds", "" + settings.rounds(),
                "test share", "" + settings.testShare());
    }

    @Override
    public void run(Run run) throws IOException {
        RunSettings settings = run.settings();
        new Exports(run.store(), settings.directory(), settings.rounds(), Run::checkStopped)
                .write(
                        settings.judge() == JudgedBy.RATING,
                        Stage.funnelOf(run.store()),
                        Labels.inFolder(settings.directory()),
                        pair -> HubFolder.split(pair.instruction(), settings.testShare(), settings.randomSeed()));
    }

    @Override
    public void forget(RunStore store) {
        store.artifacts.clear();
    }

    /** All candidates with what is known of them, and the kept ones in several files. */
    @Override
    public Optional<Forecast> forecast(Run run, CostSample sample) {
        long bytes = 0;
        for (Numbered one : sample.segments()) {
            bytes += one.segment().text().getBytes(StandardCharsets.UTF_8).length;
        }
        long text = bytes / Math.max(1, sample.segments().size());
        long known = 800 + 200L * run.settings().rounds();
        long kept = run.settings().expectedKept(sample.total());
        long rows = sample.total() + 3 * kept; // curated, A_5 or A_4, hub
        return Optional.of(new Forecast(
                name(),
                sample.total(),
                0,
                Double.NaN,
                OptionalLong.of(rows * (text + known) + FORMATS * kept * text),
                OptionalLong.empty()));
    }
}
