package io.humpback.run;

import io.humpback.Judge;
import io.humpback.Keep;
import io.humpback.data.Candidate;
import io.humpback.internal.Folders;
import io.humpback.model.LanguageModel;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingPlan;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Numbered;
import io.humpback.run.store.RunStore.Stored;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/**
 * Tells what a run will cost, before anything is trained: a few segments are asked about and judged by the base model,
 * and it is trained for a few steps in a folder that is thrown away. Assumed is that every segment becomes a candidate,
 * that, where a threshold decides, a fifth of them are kept, and that what is kept is as long as the seed.
 */
final class DryRun {

    private static final double KEPT = 0.2;

    /** Formats that hold the kept pairs alone. */
    private static final int FORMATS = 4;

    private final RunSettings settings;

    DryRun(RunSettings settings) {
        this.settings = settings;
    }

    List<Forecast> forecasts() throws IOException {
        try (RunStore store = RunStore.openToRead(settings.directory)) {
            Run run = new Run(settings, store);
            LanguageModel base = run.base();
            long segments = store.segments();
            List<Numbered> sample = store.segmentsAfter(-1, Sample.SIZE);
            List<Stored> pairs = sample.stream().map(this::pair).toList();
            TrainingSample backward = trained(run, RunStages.named("train-M_yx"));
            TrainingSample forward = trained(run, RunStages.named("train-M_0"));
            Forecast score = settings.judge == Judge.NONE
                    ? null
                    : Sample.measured("score", segments, pairs, Judging.ROW_BYTES, (some, listener) -> new Judging(run)
                            .verdicts(base.listening(listener), some));
            List<Forecast> forecasts = new ArrayList<>();
            for (RunStages.One stage : RunStages.of(settings)) {
                switch (stage.kind()) {
                    case "train" ->
                        forecasts.add(training(run, stage, stage.model().equals("M_yx") ? backward : forward));
                    case "augment" ->
                        forecasts.add(Sample.measured(
                                stage.name(),
                                segments,
                                sample,
                                Augmenting.ROW_BYTES,
                                (some, listener) -> new Augmenting(run)
                                        .attempts(base.listening(listener), settings.sampling, some)));
                    case "ifd" ->
                        forecasts.add(Sample.measured(
                                stage.name(),
                                segments,
                                pairs,
                                HelpfulInstructions.ROW_BYTES,
                                (some, listener) ->
                                        new HelpfulInstructions(run).rated(base.listening(listener), some)));
                    case "score" ->
                        forecasts.add(new Forecast(
                                stage.name(),
                                segments,
                                score.tokens(),
                                score.seconds(),
                                score.diskBytes(),
                                score.peakBytes()));
                    case "export" -> forecasts.add(export(sample, segments));
                    default -> {}
                }
            }
            return forecasts;
        }
    }

    /** A segment under its header, in place of the candidate that it will be part of. */
    private Stored pair(Numbered one) {
        Candidate.Provenance nobody = new Candidate.Provenance("", "", settings.sampling);
        return new Stored(
                one.n(), "", new Candidate(one.segment(), one.segment().header(), nobody), "");
    }

    /** A few steps on the seed, as a model learns it. */
    private TrainingSample trained(Run run, RunStages.One stage) throws IOException {
        Training training = new Training(run);
        TrainingPlan plan = training.plan(stage).toBuilder()
                .steps(TrainingSample.STEPS)
                .heldOut(0)
                .build();
        List<TrainingExample> examples = training.examples(stage);
        Path folder = Files.createTempDirectory(settings.directory, ".forecast-");
        TrainingSample sample = new TrainingSample();
        try {
            run.base().trainer().train(examples, plan, folder, sample);
            return sample;
        } finally {
            Folders.delete(folder);
        }
    }

    private Forecast training(Run run, RunStages.One stage, TrainingSample trained) {
        TrainingPlan plan = new Training(run).plan(stage);
        long seeds = run.store().seeds();
        long kept = stage.round() < 0 ? 0 : kept(run.store().segments());
        double learnt = (trained.learnt(seeds) + kept) * (1 - plan.heldOut());
        double steps = plan.steps() > 0 ? plan.steps() : Math.ceil(plan.epochs() * learnt / plan.batch());
        return trained.forecast(stage.name(), seeds + kept, steps);
    }

    /** All candidates with what is known of them, and the kept ones in several files. */
    private Forecast export(List<Numbered> sample, long segments) {
        long bytes = 0;
        for (Numbered one : sample) {
            bytes += one.segment().text().getBytes(StandardCharsets.UTF_8).length;
        }
        long text = bytes / Math.max(1, sample.size());
        long known = 800 + 200L * settings.rounds;
        long rows = segments + 3 * kept(segments); // curated, A_5 or A_4, hub
        return new Forecast(
                "export",
                segments,
                0,
                Double.NaN,
                OptionalLong.of(rows * (text + known) + FORMATS * kept(segments) * text),
                OptionalLong.empty());
    }

    private long kept(long segments) {
        if (settings.judge == Judge.NONE) {
            return segments;
        }
        return settings.keep instanceof Keep.Budget budget
                ? Math.min(budget.count(), segments)
                : Math.round(segments * (settings.keep instanceof Keep.TopShare top ? top.share() : KEPT));
    }
}
