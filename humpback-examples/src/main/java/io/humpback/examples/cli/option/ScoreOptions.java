package io.humpback.examples.cli.option;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Judge;
import io.humpback.Keep;
import io.humpback.LikelihoodScorer;
import io.humpback.RewardScorer;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.judge.TrainedJudge;
import io.humpback.judge.TrainedJudge.Kind;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.RewardModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** What the scores of pairs are. */
public final class ScoreOptions {

    /** What a score is. */
    private enum By {
        /** The expected rating. */
        RATING,
        /** log P(response | instruction) per token. */
        LIKELIHOOD,
        /** The same minus log P(response) per token. */
        GAIN,
        /** The number of a reward model. */
        REWARD,
        /** The probability of a good pair, as learned from labels. */
        LEARNED,
        /** The same by all judges together. */
        PANEL;

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }

        boolean isTrained() {
            return this == LEARNED || this == PANEL;
        }
    }

    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Mixin
    private final JudgeOptions rubrics = new JudgeOptions();

    @Option(
            names = "--by",
            paramLabel = "rating|likelihood|gain|reward|learned|panel",
            defaultValue = "rating",
            description = "The score: the expected rating (default), the response's log-probability a token, what the"
                    + " instruction adds to it, the number that a reward model gives, or the probability of a good pair that a"
                    + " judge learned from labels, alone or with all others (see learn).")
    private By by = By.RATING;

    @Option(
            names = "--judge-dir",
            paramLabel = "DIR",
            description = "With --by learned or panel: what learn has left, for this very model.")
    private @Nullable Path judgeFolder;

    @Option(
            names = "--reward-model",
            paramLabel = "R",
            description =
                    "With --by reward or panel: the reward model, such as a LlamaForSequenceClassification; a folder, or"
                            + " org/name on the hub. By reward it is what --model names by default.")
    private @Nullable String rewardModel;

    public void check(CommandSpec command) {
        rubrics.check(command);
        if (by != By.RATING && !rubrics.isDefault()) {
            throw new ParameterException(
                    command.commandLine(), "--reasoned and --rubrics: found --by " + by.key() + ", expected rating");
        }
        if (by.isTrained() != (judgeFolder != null)) {
            throw new ParameterException(
                    command.commandLine(), "--judge-dir and --by learned or panel: expected both or neither");
        }
        if (rewardModel != null && by != By.REWARD && by != By.PANEL) {
            throw new ParameterException(
                    command.commandLine(), "--reward-model: found --by " + by.key() + ", expected reward or panel");
        }
    }

    /** Wrong use of a command whose {@code --model} writes if pairs are scored by a reward model that is not named. */
    public void checkBesideWriter(CommandSpec command) {
        check(command);
        if (by == By.REWARD && rewardModel == null) {
            throw new ParameterException(
                    command.commandLine(), "--by reward: expected --reward-model too, as --model writes");
        }
    }

    /** {@return whether scores are ratings from 1 to 5} */
    public boolean isRating() {
        return by == By.RATING;
    }

    /** {@return whether pairs are rated by the standard rubric} */
    public boolean isDefault() {
        return by == By.RATING && rubrics.isDefault();
    }

    /** {@return whether another model than {@code --model} may take the place of the judge} */
    public boolean readsLanguageModel() {
        return by != By.REWARD;
    }

    /** {@return the threshold that is usual for the scores; NaN if none is} */
    public double usualThreshold() {
        return by == By.RATING ? 4.5 : by.isTrained() ? 0.5 : Double.NaN;
    }

    /** What is done with a judge while its model is loaded. */
    @FunctionalInterface
    public interface Work {

        /** Does it; the provenance says who judges, and by what. */
        void with(Judge judge, ObjectNode provenance) throws IOException;
    }

    /** {@return the number of rows that are worked on by themselves} */
    public int portion(ModelOptions models) {
        return models.portion(rubrics.isReasoned());
    }

    /** Wrong use if a rule is a threshold that none of the judge's scores can be. */
    public void require(Keep keep, Judge judge) {
        if (keep.isThreshold() && !(keep.least() >= judge.least() && keep.least() <= judge.most())) {
            throw wrongUse("--threshold = " + keep.least() + ": expected "
                    + (judge.least() == Double.NEGATIVE_INFINITY
                            ? "at most " + judge.most()
                            : judge.least() + " to " + judge.most())
                    + ", as scores by " + by.key() + " are");
        }
    }

    /**
     * Loads the model, does the work and closes the model.
     *
     * @param loaded hears the fingerprint of what judges, and refuses another than it expects
     */
    public void judge(ModelOptions models, Listener listener, Consumer<String> loaded, Work work) throws IOException {
        if (by == By.REWARD && rewardModel == null) {
            try (RewardModel model = models.loadReward()) {
                reward(model, listener, loaded, work);
            }
            return;
        }
        if (by == By.REWARD) {
            try (RewardModel model = Objects.requireNonNull(reward(models))) {
                reward(model, listener, loaded, work);
            }
            return;
        }
        try (LanguageModel model = models.load()) {
            judge(model, models, listener, loaded, work);
        }
    }

    /** The same with a model that is loaded, unless a reward model judges. */
    public void judge(LanguageModel model, ModelOptions models, Listener listener, Consumer<String> loaded, Work work)
            throws IOException {
        switch (by) {
            case REWARD -> judge(models, listener, loaded, work);
            case LEARNED, PANEL -> {
                try (RewardModel reward = reward(models)) {
                    Kind kind = by == By.PANEL ? Kind.PANEL : Kind.LEARNED;
                    Path folder = Objects.requireNonNull(judgeFolder);
                    TrainedJudge judge = TrainedJudge.open(folder, kind, model, reward);
                    loaded.accept(model.fingerprint() + " " + judge.fingerprint());
                    ObjectNode provenance = provenance(model.fingerprint()).put("learned", judge.fingerprint());
                    work.with(judge.listener(listener), provenance);
                }
            }
            case RATING -> {
                loaded.accept(model.fingerprint());
                work.with(rubrics.scorer(model).listener(listener), rubrics.provenance(model));
            }
            case LIKELIHOOD, GAIN -> {
                loaded.accept(model.fingerprint());
                LikelihoodScorer scorer =
                        by == By.GAIN ? LikelihoodScorer.gain(model) : LikelihoodScorer.perToken(model);
                work.with(scorer.listener(listener), provenance(model.fingerprint()));
            }
        }
    }

    private void reward(RewardModel model, Listener listener, Consumer<String> loaded, Work work) throws IOException {
        loaded.accept(model.fingerprint());
        work.with(RewardScorer.using(model).listener(listener), provenance(model.fingerprint()));
    }

    private @Nullable RewardModel reward(ModelOptions models) throws IOException {
        return rewardModel == null
                ? null
                : models.loadReward(
                        HubFiles.model(Objects.requireNonNull(spec), models.named("--reward-model", rewardModel)));
    }

    private ObjectNode provenance(String model) {
        return JsonLines.row().put("model", model).put("by", by.key());
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(Objects.requireNonNull(spec).commandLine(), message);
    }
}
