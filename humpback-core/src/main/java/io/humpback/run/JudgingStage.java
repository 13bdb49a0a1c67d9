package io.humpback.run;

import io.humpback.Judge;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.quality.FunnelStep;
import io.humpback.run.Humpback.JudgedBy;
import io.humpback.run.Run.Worker;
import io.humpback.run.cost.CostSample;
import io.humpback.run.store.Candidates.Stored;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Verdicts.Judgement;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** The model of a round judges every candidate, M_0 in round 1; or one that was given as the judge. */
final class JudgingStage extends BatchStage<Stored, Judgement> {

    /** The setting that names the model that judges, if that is none of the trained ones. */
    static final String MODEL = "judge model";

    private static final String JUDGE = "judge";

    private static final String LEARNED = "learned judge";

    private final int round;

    JudgingStage(int round) {
        super("score-" + round, 110);
        this.round = round;
    }

    @Override
    public boolean isPartOf(RunSettings settings) {
        return settings.judge() != JudgedBy.NONE;
    }

    @Override
    public Map<String, String> settings(RunSettings settings) {
        return judge(settings);
    }

    /** {@return the settings that decide what candidates are judged, and how} */
    static Map<String, String> judge(RunSettings settings) {
        Map<String, String> judge = new HashMap<>(IfdStage.filter(settings));
        judge.put(JUDGE, settings.judge().toString());
        if (settings.fixedJudge() != null) {
            judge.put(MODEL, settings.fixedJudge().fingerprint());
        }
        if (settings.reward() != null) {
            judge.put("reward model", settings.reward().fingerprint());
        }
        if (settings.trained() != null) {
            judge.put(LEARNED, settings.trained().fingerprint());
        }
        judge.put("rubrics", settings.judge() == JudgedBy.RATING ? settings.rubricFingerprint() : "none");
        return judge;
    }

    /** {@return the name of the model that judges in a stored run: M_0, M_1, ... or what it is instead} */
    String judge(RunStore store) {
        if (JudgedBy.REWARD.toString().equals(store.settings.value(JUDGE))) {
            return "the reward model";
        }
        if (!store.settings.value(LEARNED).isEmpty()) {
            return JudgedBy.PANEL.toString().equals(store.settings.value(JUDGE)) ? "the panel" : "the " + LEARNED;
        }
        return store.settings.value(MODEL).isEmpty() ? trained() : "the " + MODEL;
    }

    private String trained() {
        return TrainingStage.forward(round - 1).model();
    }

    @Override
    Worker worker(Run run) throws IOException {
        RunSettings settings = run.settings();
        return settings.reward() == null && settings.fixedJudge() == null
                ? run.worker(settings.base(), trained())
                : run.worker(start(settings));
    }

    @Override
    Worker start(RunSettings settings) {
        if (settings.reward() != null) {
            return Worker.of(settings.reward());
        }
        LanguageModel fixed = settings.fixedJudge();
        return Worker.of(fixed == null ? settings.base() : fixed);
    }

    @Override
    long total(RunStore store) {
        return store.candidates.count();
    }

    @Override
    long done(RunStore store) {
        return store.verdicts.count(round);
    }

    @Override
    List<Stored> next(RunStore store, int count) {
        return store.candidates.after(store.verdicts.last(round), count);
    }

    @Override
    List<Stored> sample(CostSample sample) {
        return sample.pairs();
    }

    @Override
    List<Judgement> work(RunSettings settings, Worker worker, Listener listener, List<Stored> batch) {
        Judge judge = settings.judge().judge(worker, settings, listener).orElseThrow();
        try (Stream<Scored<Stored>> scored =
                judge.score(batch.stream(), stored -> stored.candidate().example())) {
            return scored.map(JudgingStage::verdict).toList();
        }
    }

    private static Judgement verdict(Scored<Stored> scored) {
        Score score = scored.score();
        return score == null
                ? new Judgement(scored.item().n(), null, null, 0, 0, scored.drop())
                : new Judgement(
                        scored.item().n(),
                        score.value(),
                        score.distribution().isEmpty()
                                ? null
                                : score.distribution().stream()
                                        .mapToDouble(p -> p)
                                        .toArray(),
                        score.outside(),
                        score.spread(),
                        null);
    }

    @Override
    void store(Run run, Worker worker, List<Stored> batch, List<Judgement> verdicts) {
        RunSettings settings = run.settings();
        run.store()
                .verdicts
                .insertJudge(
                        round,
                        worker.fingerprint(),
                        worker.adapter(),
                        settings.judge().question(settings));
        verdicts.forEach(verdict -> run.store().verdicts.insert(round, verdict));
    }

    @Override
    public void forget(RunStore store) {
        store.verdicts.clear(round);
    }

    @Override
    public Optional<FunnelStep> funnel(RunStore store) {
        Map<String, Long> dropped = store.verdicts.dropCounts(round);
        long in = store.verdicts.count(round);
        return Optional.of(step("judged by " + judge(store), in, dropped, in - Stage.sum(dropped)));
    }

    @Override
    public OptionalLong expectedIn(RunStore store) {
        return OptionalLong.of(store.candidates.count());
    }
}
