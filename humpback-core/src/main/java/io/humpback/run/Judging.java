package io.humpback.run;

import io.humpback.Judge;
import io.humpback.LikelihoodScore;
import io.humpback.LikelihoodScorer;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.model.LanguageModel;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Stored;
import io.humpback.run.store.RunStore.Verdict;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;

/** The stages {@code score-k}: M_{k-1} judges every candidate. */
final class Judging {

    /** What a verdict takes in the store. */
    static final long ROW_BYTES = 110;

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
                            stage,
                            total - store.verdicts(round),
                            count -> store.candidatesAfter(store.lastVerdict(round), count),
                            ROW_BYTES,
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

    List<Verdict> verdicts(LanguageModel model, List<Stored> batch) {
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
        LikelihoodScorer scorer =
                LikelihoodScorer.perToken(model).system(run.settings().tags.both());
        try (Stream<LikelihoodScorer.Rated<Stored>> rated =
                scorer.score(batch.stream(), stored -> stored.candidate().example())) {
            return rated.map(Judging::verdict).toList();
        }
    }

    private static Verdict verdict(LikelihoodScorer.Rated<Stored> rated) {
        LikelihoodScore score = rated.score();
        return new Verdict(rated.item().n(), score == null ? null : score.given(), null, 0, 0, rated.drop());
    }
}
