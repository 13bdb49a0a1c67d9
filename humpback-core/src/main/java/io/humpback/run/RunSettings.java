package io.humpback.run;

import static io.humpback.internal.Arguments.require;

import io.humpback.Keep;
import io.humpback.Rubric;
import io.humpback.SystemTags;
import io.humpback.data.Example;
import io.humpback.data.web.Corpus;
import io.humpback.internal.ContentId;
import io.humpback.internal.SplitMix64;
import io.humpback.judge.TrainedJudge;
import io.humpback.model.LanguageModel;
import io.humpback.model.RewardModel;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingPlan;
import io.humpback.quality.CandidateChecks;
import io.humpback.run.Humpback.JudgedBy;
import java.nio.file.Path;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** All that a run does its work by; {@link Humpback} says what each setting means. */
record RunSettings(
        Path directory,
        LanguageModel base,
        LanguageModel writer,
        @Nullable LanguageModel fixedJudge,
        List<Example> seed,
        Corpus corpus,
        int rounds,
        Keep keep,
        JudgedBy judge,
        @Nullable RewardModel reward,
        @Nullable TrainedJudge trained,
        List<Rubric> rubrics,
        boolean reasoned,
        Sampling sampling,
        CandidateChecks checks,
        TrainingPlan plan,
        TrainingPlan backwardPlan,
        SystemTags tags,
        long randomSeed,
        long sample,
        double nearDuplicates,
        double ifd,
        double variancePenalty,
        double diversity,
        boolean lengthControl,
        double testShare,
        int batch) {

    /** What a dry run takes to be kept where a threshold decides. */
    private static final double KEPT = 0.2;

    /** Checks that the settings fit together. */
    RunSettings {
        require(!seed.isEmpty(), "seed", "none", "at least one pair");
        judge.require(keep);
        require(
                judge.isTrained() == (trained != null),
                "judge",
                judge + (trained == null ? " without" : " with") + " one that has learned",
                "one that has learned for the judges " + JudgedBy.LEARNED + " and " + JudgedBy.PANEL + " alone");
        require(
                (judge == JudgedBy.REWARD) == (reward != null),
                "judge",
                judge + (reward == null ? " without" : " with") + " a reward model",
                "a reward model for the judge " + JudgedBy.REWARD + " alone");
        require(
                reward == null || rounds == 1,
                "rounds",
                rounds,
                "1 with a reward model, which judges every round alike");
        require(
                judge == JudgedBy.RATING || variancePenalty == 0 && !reasoned,
                "judge",
                judge + " with a variance penalty or reasoning",
                "neither");
        require(
                judge != JudgedBy.NONE || diversity == 0 && !lengthControl,
                "judge",
                judge + " with diversity or length control",
                "neither");
        require(
                fixedJudge == null || judge != JudgedBy.NONE,
                "judge",
                "a model with judge " + judge,
                "none, or one that judges");
        require(
                fixedJudge == null || rounds == 1,
                "rounds",
                rounds + " with a model as judge",
                "1, as it would rate the same pairs alike in each");
    }

    /** {@return all models that the run does its work by, each once} */
    Set<LanguageModel> models() {
        Set<LanguageModel> models = Collections.newSetFromMap(new IdentityHashMap<>());
        models.add(base);
        models.add(writer);
        if (fixedJudge != null) {
            models.add(fixedJudge);
        }
        return models;
    }

    /** {@return the system turn of the judge's questions: that of the trainings, which a judge of its own has not seen} */
    String judgeSystem() {
        return fixedJudge == null ? tags.both() : "";
    }

    /** {@return names and content of the rubrics} */
    String rubricFingerprint() {
        StringBuilder names = new StringBuilder();
        StringBuilder all = new StringBuilder();
        for (Rubric rubric : rubrics) {
            names.append(names.isEmpty() ? "" : "+").append(rubric.name());
            all.append(rubric.fingerprint());
        }
        return names + (reasoned ? " reasoned " : " ") + ContentId.of(all.toString());
    }

    /** {@return a seed for the noise of one batch, by the number of its first item} */
    long noise(long first) {
        return SplitMix64.mix(randomSeed * SplitMix64.GAMMA + first + 1);
    }

    /** {@return how many of a number of candidates a round may keep} */
    long expectedKept(long candidates) {
        if (judge == JudgedBy.NONE) {
            return candidates;
        }
        return keep.isThreshold() ? Math.round(candidates * KEPT) : keep.most(candidates);
    }
}
