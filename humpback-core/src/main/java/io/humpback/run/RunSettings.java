package io.humpback.run;

import io.humpback.Judge;
import io.humpback.Keep;
import io.humpback.Rubric;
import io.humpback.SystemTags;
import io.humpback.data.Example;
import io.humpback.data.web.Corpus;
import io.humpback.internal.ContentId;
import io.humpback.model.LanguageModel;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingPlan;
import io.humpback.quality.CandidateChecks;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.RunStore.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** All that a run is told; copied by each step of {@link Humpback}, and never changed afterwards. */
final class RunSettings implements Cloneable {

    Path directory;

    @Nullable
    LanguageModel base;

    List<Example> seed = List.of();

    @Nullable
    Corpus corpus;

    int rounds = 2;
    Keep keep = new Keep.AtLeast(4.5);
    Judge judge = Judge.RATING;
    List<Rubric> rubrics = List.of(Rubric.standard());
    boolean reasoned;
    Sampling sampling = Sampling.nucleus(0.9).temperature(0.7).maxTokens(256);
    CandidateChecks checks = CandidateChecks.standard();
    TrainingPlan plan = TrainingPlan.lowRank();

    @Nullable
    TrainingPlan backwardPlan;

    SystemTags tags = SystemTags.paper();
    long randomSeed;
    long sample;
    double nearDuplicates = 0.7;
    double ifd;
    double variancePenalty;
    double diversity;
    boolean lengthControl;
    int batch = 128;

    @Nullable
    String fromStage;

    RunListener listener = RunListener.NONE;
    Consumer<String> moments = moment -> {};

    RunSettings(Path directory) {
        this.directory = directory;
    }

    RunSettings with(Consumer<RunSettings> change) {
        try {
            RunSettings copy = (RunSettings) clone();
            change.accept(copy);
            return copy;
        } catch (CloneNotSupportedException e) {
            throw new AssertionError(e);
        }
    }

    TrainingPlan backwardPlan() {
        return backwardPlan == null ? plan : backwardPlan;
    }

    /** Cross-field faults. */
    void check() {
        require(base != null, "base", "none", "a model");
        require(!seed.isEmpty(), "seed", "none", "at least one pair");
        require(corpus != null, "corpus", "none", "pages or segments");
        require(
                judge == Judge.RATING || !(keep instanceof Keep.AtLeast) || judge == Judge.NONE,
                "keep",
                keep + " with judge " + judge,
                "a share or a budget, likelihoods being no ratings");
        require(
                judge == Judge.RATING || variancePenalty == 0 && !reasoned,
                "judge",
                judge + " with a variance penalty or reasoning",
                "neither");
        require(
                judge != Judge.NONE || diversity == 0 && !lengthControl,
                "judge",
                judge + " with diversity or length control",
                "neither");
    }

    private static void require(boolean holds, String name, String found, String expected) {
        if (!holds) {
            throw new IllegalArgumentException(name + ": found " + found + ", expected " + expected);
        }
    }

    /** {@return what must not change while a run goes on, each with the first stage that uses it} */
    Map<String, Setting> described() throws IOException {
        Map<String, Setting> all = new LinkedHashMap<>();
        all.put("base", new Setting(base.fingerprint(), "train-M_yx"));
        all.put("seed", new Setting(seed.size() + " pairs, " + seedFingerprint(), "seed"));
        all.put("corpus", new Setting(corpus.fingerprint(), "segments"));
        all.put("near duplicates", new Setting("" + nearDuplicates, "segments"));
        all.put("sample", new Setting(sample == 0 ? "all" : "" + sample, "segments"));
        all.put("random seed", new Setting("" + randomSeed, "segments"));
        all.put("backward plan", new Setting(describe(backwardPlan()), "train-M_yx"));
        all.put("sampling", new Setting(RunStore.json(sampling), "augment"));
        all.put("checks", new Setting(checks.toString(), "augment"));
        all.put("batch", new Setting("" + batch, "augment"));
        all.put("plan", new Setting(describe(plan), "train-M_0"));
        all.put("system tags", new Setting(tags.seed() + " | " + tags.augmented(), "train-M_0"));
        all.put("ifd", new Setting(ifd == 0 ? "off" : "below " + ifd, RunStages.AFTER_M_0));
        all.put("judge", new Setting(judge.toString(), RunStages.AFTER_M_0));
        all.put("rubrics", new Setting(judge == Judge.RATING ? rubricFingerprint() : "none", RunStages.AFTER_M_0));
        all.put("keep", new Setting(judge == Judge.NONE ? "all" : keep.toString(), "curate-1"));
        all.put("variance penalty", new Setting("" + variancePenalty, "curate-1"));
        all.put("diversity", new Setting(diversity == 0 ? "off" : "below " + diversity, "curate-1"));
        all.put("length control", new Setting(lengthControl ? "on" : "off", "curate-1"));
        all.put("rounds", new Setting("" + rounds, "export"));
        return all;
    }

    private String seedFingerprint() {
        return ContentId.of(seed.stream()
                .flatMap(pair -> List.of(pair.instruction(), pair.response()).stream())
                .toArray(String[]::new));
    }

    /** {@return names and content of the rubrics} */
    String rubricFingerprint() {
        StringBuilder names = new StringBuilder();
        StringBuilder all = new StringBuilder();
        for (Rubric rubric : rubrics) {
            names.append(names.isEmpty() ? "" : "+").append(rubric.name());
            all.append(ContentId.of(
                    rubric.before(), rubric.between(), rubric.after(), rubric.afterReasoned(), rubric.name()));
        }
        return names + (reasoned ? " reasoned " : " ") + ContentId.of(all.toString());
    }

    /** A plan as text; sets in order, so that every process writes the same. */
    private static String describe(TrainingPlan plan) {
        String lora = plan.lora()
                .map(it -> "Lora[rank=" + it.rank() + ", alpha=" + it.alpha() + ", rankStabilised="
                        + it.rankStabilised() + ", dropout=" + it.dropout() + ", targets="
                        + new TreeSet<>(it.targets()) + "]")
                .orElse("all weights");
        String all = plan.toString();
        return lora + ", " + all.substring(all.indexOf("learningRate="), all.length() - 1);
    }
}
