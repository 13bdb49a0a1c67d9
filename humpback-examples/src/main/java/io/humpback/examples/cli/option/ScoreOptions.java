package io.humpback.examples.cli.option;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Judge;
import io.humpback.LikelihoodScorer;
import io.humpback.RewardScorer;
import io.humpback.data.file.JsonLines;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.RewardModel;
import java.io.IOException;
import java.util.Locale;
import java.util.function.Consumer;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

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
        REWARD;

        String key() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    @Mixin
    private final JudgeOptions rubrics = new JudgeOptions();

    @Option(
            names = "--by",
            paramLabel = "rating|likelihood|gain|reward",
            defaultValue = "rating",
            description = "The score: the expected rating (default), the response's log-probability a token, what the"
                    + " instruction adds to it, or the number that a reward model gives, which --model then names.")
    private By by = By.RATING;

    public void check(CommandSpec command) {
        rubrics.check(command);
        if (by != By.RATING && !rubrics.isDefault()) {
            throw new ParameterException(
                    command.commandLine(), "--reasoned and --rubrics: found --by " + by.key() + ", expected rating");
        }
    }

    /** {@return whether a threshold can be known beforehand: scores are ratings} */
    public boolean isRating() {
        return by == By.RATING;
    }

    /** {@return whether pairs are rated by the standard rubric} */
    public boolean isDefault() {
        return by == By.RATING && rubrics.isDefault();
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

    /**
     * Loads the model, does the work and closes the model.
     *
     * @param loaded hears the model's fingerprint, and refuses another than it expects
     */
    public void judge(ModelOptions models, Listener listener, Consumer<String> loaded, Work work) throws IOException {
        if (by == By.REWARD) {
            try (RewardModel model = models.loadReward()) {
                loaded.accept(model.fingerprint());
                work.with(RewardScorer.using(model).listener(listener), provenance(model.fingerprint()));
            }
            return;
        }
        try (LanguageModel model = models.load()) {
            loaded.accept(model.fingerprint());
            if (by == By.RATING) {
                work.with(rubrics.scorer(model).listener(listener), rubrics.provenance(model));
            } else {
                LikelihoodScorer scorer =
                        by == By.GAIN ? LikelihoodScorer.gain(model) : LikelihoodScorer.perToken(model);
                work.with(scorer.listener(listener), provenance(model.fingerprint()));
            }
        }
    }

    private ObjectNode provenance(String model) {
        return JsonLines.row().put("model", model).put("by", by.key());
    }
}
