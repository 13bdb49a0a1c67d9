package io.humpback.run;

import io.humpback.Augmenter;
import io.humpback.Augmenter.Attempt;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.quality.FunnelStep;
import io.humpback.run.Run.Worker;
import io.humpback.run.cost.CostSample;
import io.humpback.run.store.Candidates;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Segments.Numbered;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** M_yx writes an instruction for each segment. */
final class AugmentingStage extends BatchStage<Numbered, Attempt> {

    AugmentingStage() {
        super("augment", 400);
    }

    @Override
    public Map<String, String> settings(RunSettings settings) {
        return Map.of(
                "sampling", Candidates.json(settings.sampling()),
                "checks", settings.checks().toString(),
                "batch", "" + settings.batch());
    }

    @Override
    Worker worker(Run run) throws IOException {
        return run.worker(run.settings().writer(), TrainingStage.backward().model());
    }

    @Override
    Worker start(RunSettings settings) {
        return Worker.of(settings.writer());
    }

    @Override
    long total(RunStore store) {
        return store.segments.count();
    }

    @Override
    long done(RunStore store) {
        return store.candidates.attempts();
    }

    @Override
    List<Numbered> next(RunStore store, int count) {
        return store.segments.after(store.candidates.lastAttempt(), count);
    }

    @Override
    List<Numbered> sample(CostSample sample) {
        return sample.segments();
    }

    /** The noise of a batch follows from the run's random seed and the number of its first segment. */
    private static Augmenter augmenter(RunSettings settings, LanguageModel model, List<Numbered> batch) {
        long first = batch.isEmpty() ? 0 : batch.get(0).n();
        return Augmenter.using(model)
                .trained()
                .sampling(settings.sampling().seed(settings.noise(first)))
                .checks(settings.checks());
    }

    @Override
    List<Attempt> work(RunSettings settings, Worker worker, Listener listener, List<Numbered> batch) {
        try (Stream<Attempt> attempts = augmenter(settings, worker.model().listening(listener), batch)
                .attempts(batch.stream().map(Numbered::segment))) {
            return attempts.toList();
        }
    }

    @Override
    void store(Run run, Worker worker, List<Numbered> batch, List<Attempt> attempts) {
        Candidates candidates = run.store().candidates;
        long writer = candidates.insertWriter(
                augmenter(run.settings(), worker.model(), batch).provenance(), worker.adapter());
        for (int i = 0; i < batch.size(); i++) {
            Attempt attempt = attempts.get(i);
            long n = batch.get(i).n();
            if (attempt.candidate() == null) {
                candidates.insertDropped(n, writer, attempt.output(), Objects.requireNonNull(attempt.drop()));
            } else {
                candidates.insert(n, writer, attempt.output(), attempt.candidate());
            }
        }
    }

    @Override
    public void forget(RunStore store) {
        store.candidates.clear();
    }

    @Override
    public Optional<FunnelStep> funnel(RunStore store) {
        long attempts = store.candidates.attempts();
        Map<String, Long> dropped = store.candidates.dropCounts();
        return Optional.of(step("candidates", attempts, dropped, attempts - Stage.sum(dropped)));
    }

    @Override
    public OptionalLong expectedIn(RunStore store) {
        return OptionalLong.of(store.segments.count());
    }
}
