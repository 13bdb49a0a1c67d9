package io.humpback;

import io.humpback.data.Example;
import io.humpback.internal.run.RunStore;
import io.humpback.internal.run.RunStore.Numbered;
import io.humpback.model.LanguageModel;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Tells what a run will cost, before anything is trained: a few segments are asked about and judged by the base model,
 * and it is trained for two steps in a folder that is thrown away. Assumed is that every segment becomes a candidate,
 * and, where a threshold decides, that a fifth of them are kept.
 */
final class DryRun {

    private static final double KEPT = 0.2;
    private static final int STEPS = 2;

    private final RunSettings settings;

    DryRun(RunSettings settings) {
        this.settings = settings;
    }

    List<Forecast> forecasts() throws IOException {
        try (RunStore store = RunStore.openToRead(settings.directory)) {
            Run run = new Run(settings, store);
            List<Forecast> forecasts = new ArrayList<>();
            long segments = store.segments();
            List<Numbered> sample = store.segmentsAfter(-1, Sample.SIZE);
            LanguageModel base = run.base();
            Forecast augment = measured("augment", segments, 400, sample, () -> {
                Augmenter augmenter = Augmenter.using(base).trained().sampling(settings.sampling);
                try (Stream<Attempt> attempts =
                        augmenter.attempts(sample.stream().map(Numbered::segment))) {
                    attempts.forEach(attempt -> {});
                }
            });
            Forecast score = measured("score", segments, 110, sample, () -> {
                Scorer scorer = Scorer.using(base).rubrics(settings.rubrics).system(settings.tags.both());
                try (Stream<Scored<Numbered>> scored = (settings.reasoned ? scorer.reasoned() : scorer)
                        .score(
                                sample.stream(),
                                one -> new Example(
                                        one.segment().header(), one.segment().text()))) {
                    scored.forEach(one -> {});
                }
            });
            double secondsAStep = secondsAStep(run);
            for (RunStages.One stage : RunStages.of(settings)) {
                switch (stage.kind()) {
                    case "train" -> forecasts.add(training(stage, store.seeds(), segments, secondsAStep));
                    case "augment" -> forecasts.add(augment);
                    case "score" ->
                        forecasts.add(new Forecast(
                                stage.name(), segments, score.tokens(), score.seconds(), score.diskBytes()));
                    default -> {}
                }
            }
            return forecasts;
        }
    }

    private Forecast measured(String stage, long items, long rowBytes, List<Numbered> sample, Runnable work) {
        long characters =
                sample.stream().mapToLong(one -> one.segment().text().length()).sum();
        long start = System.nanoTime();
        work.run();
        double each = (System.nanoTime() - start) / 1e9 / Math.max(1, sample.size());
        long tokens = sample.stream()
                .mapToLong(one -> settings.base.countTokens(
                        Direction.BACKWARD.prompt(one.segment().text(), "")))
                .sum();
        double times = (double) items / Math.max(1, sample.size());
        return new Forecast(
                stage, items, (long) (tokens * times), each * items, characters == 0 ? 0 : items * rowBytes);
    }

    /** Measured on the first rows of the seed. */
    private double secondsAStep(Run run) throws IOException {
        TrainingPlan plan = settings.plan.toBuilder().steps(STEPS).heldOut(0).build();
        List<TrainingExample> examples = new Training(run).examples(new RunStages.One("train-M_0", -1, "M_0"));
        List<TrainingExample> some = examples.subList(0, Math.min(examples.size(), STEPS * plan.batch()));
        Path folder = Files.createTempDirectory(settings.directory, ".forecast-");
        double[] last = new double[1];
        try {
            run.base().trainer().train(some, plan, folder, (TrainingListener) step -> last[0] = step.seconds());
        } finally {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(path);
                }
            }
        }
        return last[0] / STEPS;
    }

    private Forecast training(RunStages.One stage, long seeds, long segments, double secondsAStep) {
        boolean backward = stage.model().equals("M_yx");
        TrainingPlan plan = backward ? settings.backwardPlan() : settings.plan;
        long kept = stage.round() < 0 ? 0 : kept(segments);
        long examples = seeds + kept;
        double steps = plan.steps() > 0 ? plan.steps() : Math.ceil(plan.epochs() * examples / plan.batch());
        return new Forecast(stage.name(), examples, 0, steps * secondsAStep, 0);
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
