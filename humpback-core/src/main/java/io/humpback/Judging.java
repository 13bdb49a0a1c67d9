package io.humpback;

import io.humpback.internal.run.RunStore;
import io.humpback.internal.run.RunStore.Stored;
import io.humpback.internal.run.RunStore.Verdict;
import io.humpback.model.LanguageModel;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** The stages {@code score-k}: M_{k-1} judges every candidate. */
final class Judging {

    private final Run run;
    private final RunStore store;

    Judging(Run run) {
        this.run = run;
        this.store = run.store();
    }

    void judge(String stage, int round) throws IOException {
        String name = "M_" + (round - 1);
        try (LanguageModel model = run.model(name)) {
            String adapter = run.adapter(name).fingerprint();
            RunSettings settings = run.settings();
            String prompt = settings.judge == Judge.RATING ? settings.rubricFingerprint() : "likelihood";
            long total = store.candidateCount();
            Pace pace = new Pace(run, stage, store.verdicts(round), total);
            Sample.forecast(
                            run,
                            stage,
                            total - store.verdicts(round),
                            count -> store.candidatesAfter(store.lastVerdict(round), count),
                            110,
                            (sample, listener) -> verdicts(model.listening(listener), sample))
                    .ifPresent(settings.listener::forecast);
            while (true) {
                Run.checkStopped();
                List<Stored> batch = store.candidatesAfter(store.lastVerdict(round), settings.batch);
                if (batch.isEmpty()) {
                    return;
                }
                List<Verdict> verdicts = verdicts(model, batch);
                store.together(stage, () -> {
                    store.judge(round, model.fingerprint(), adapter, prompt);
                    verdicts.forEach(verdict -> store.verdict(round, verdict));
                    pace.note();
                });
                pace.advance(batch.size());
            }
        }
    }

    private List<Verdict> verdicts(LanguageModel model, List<Stored> batch) {
        return run.settings().judge == Judge.RATING ? ratings(model, batch) : likelihoods(model, batch);
    }

    private List<Verdict> ratings(LanguageModel model, List<Stored> batch) {
        RunSettings settings = run.settings();
        Scorer scorer = Scorer.using(model).rubrics(settings.rubrics).system(settings.tags.both());
        scorer = settings.reasoned ? scorer.reasoned() : scorer;
        try (Stream<Scored<Stored>> scored =
                scorer.score(batch.stream(), stored -> stored.candidate().example())) {
            return scored.map(Judging::verdict).toList();
        }
    }

    private static Verdict verdict(Scored<Stored> scored) {
        Score score = scored.score();
        return score == null
                ? new Verdict(scored.item().n(), null, null, 0, 0, scored.drop())
                : new Verdict(
                        scored.item().n(),
                        score.value(),
                        score.distribution().stream().mapToDouble(p -> p).toArray(),
                        score.outside(),
                        score.spread(),
                        null);
    }

    private List<Verdict> likelihoods(LanguageModel model, List<Stored> batch) {
        List<Likelihoods.Of> means = new Likelihoods(model, run.settings().tags.both()).of(batch, false);
        return Stream.iterate(0, i -> i < batch.size(), i -> i + 1)
                .map(i -> new Verdict(
                        batch.get(i).n(),
                        means.get(i).mean(),
                        null,
                        0,
                        0,
                        means.get(i).drop()))
                .toList();
    }
}
