package io.humpback.run;

import io.humpback.LikelihoodScorer;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.model.Listener;
import io.humpback.quality.Drop;
import io.humpback.quality.FunnelStep;
import io.humpback.run.Run.Worker;
import io.humpback.run.cost.CostSample;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.RunStore;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Drops candidates whose instruction does not make the response more probable to M_0, before they are judged. Measured by
 * the instruction-following difficulty (Li et al. 2024, arXiv 2308.12032): the perplexity of the response after the
 * instruction, divided by that after an empty one.
 */
final class IfdStage extends BatchStage<Stored, Scored<Stored>> {

    IfdStage() {
        super("ifd", 40);
    }

    @Override
    public boolean isPartOf(RunSettings settings) {
        return settings.ifd() > 0;
    }

    @Override
    public Map<String, String> settings(RunSettings settings) {
        return filter(settings);
    }

    /** {@return the setting that decides which candidates the stages after it see} */
    static Map<String, String> filter(RunSettings settings) {
        return Map.of("ifd", settings.ifd() == 0 ? "off" : "below " + settings.ifd());
    }

    @Override
    Worker worker(Run run) throws IOException {
        return run.worker(run.settings().base(), TrainingStage.forward(0).model());
    }

    @Override
    Worker start(RunSettings settings) {
        return Worker.of(settings.base());
    }

    @Override
    long total(RunStore store) {
        return store.candidates.count();
    }

    @Override
    long done(RunStore store) {
        return total(store) - store.candidates.countAfter(store.difficulties.last());
    }

    @Override
    List<Stored> next(RunStore store, int count) {
        return store.candidates.after(store.difficulties.last(), count);
    }

    @Override
    List<Stored> sample(CostSample sample) {
        return sample.pairs();
    }

    @Override
    List<Scored<Stored>> work(RunSettings settings, Worker worker, Listener listener, List<Stored> batch) {
        LikelihoodScorer scorer = LikelihoodScorer.gain(worker.model())
                .system(settings.tags().both())
                .listener(listener);
        try (Stream<Scored<Stored>> rated =
                scorer.score(batch.stream(), stored -> stored.candidate().example())) {
            return rated.toList();
        }
    }

    @Override
    void store(Run run, Worker worker, List<Stored> batch, List<Scored<Stored>> rated) {
        rated.forEach(one -> store(run, one.item().n(), one.score()));
    }

    private static void store(Run run, long n, @Nullable Score score) {
        if (score == null) {
            run.store().difficulties.insert(n, null, null, null); // the judge meets the same obstacle and counts it
            return;
        }
        double ifd = score.signal(LikelihoodScorer.IFD);
        double most = run.settings().ifd();
        Drop drop = ifd < most
                ? null
                : new Drop(Drop.Reason.NOT_HELPED, String.format(Locale.ROOT, "IFD %.3f, kept below %s", ifd, most));
        run.store()
                .difficulties
                .insert(n, score.signal(LikelihoodScorer.GIVEN), score.signal(LikelihoodScorer.ALONE), drop);
    }

    @Override
    public void forget(RunStore store) {
        store.difficulties.clear();
    }

    @Override
    public Optional<FunnelStep> funnel(RunStore store) {
        Map<String, Long> dropped = store.difficulties.dropCounts();
        long passed = store.candidates.count();
        return Optional.of(step("helped by the instruction", passed + Stage.sum(dropped), dropped, passed));
    }

    @Override
    public OptionalLong expectedIn(RunStore store) {
        return OptionalLong.of(store.candidates.attempts() - Stage.sum(store.candidates.dropCounts()));
    }
}
