package io.humpback.examples.nano;

import io.humpback.SystemTags;
import io.humpback.model.TrainingPlan;
import io.humpback.run.Humpback;
import io.humpback.run.Humpback.JudgedBy;
import java.util.Locale;
import java.util.Optional;

/** The loop of a {@link Trial}, as it is or with one thing changed. */
public enum Arm {
    /** As the paper has it: ratings by the model of the round, the paper's system turns. */
    STANDARD,
    /** Seed and kept pairs look alike: no system turns. */
    NO_TAGS,
    /** Every candidate is kept. */
    NO_CURATION,
    /** The judge is log P(response | instruction) per token. */
    LIKELIHOOD,
    /** Every weight is trained, at a quarter of the rate, in place of a low-rank change. */
    FULL;

    /** {@return what the models of this arm are trained with} */
    SystemTags tags() {
        return this == NO_TAGS ? SystemTags.none() : SystemTags.paper();
    }

    /** {@return the run of this arm} */
    Humpback of(Humpback run, TrainingPlan plan) {
        return switch (this) {
            case STANDARD -> run;
            case NO_TAGS -> run.tags(tags());
            case NO_CURATION -> run.judge(JudgedBy.NONE);
            case LIKELIHOOD -> run.judge(JudgedBy.LIKELIHOOD);
            case FULL ->
                run.plan(plan.toBuilder()
                        .lora(Optional.empty())
                        .learningRate(plan.optimizer().learningRate() / 4)
                        .finalLearningRate(plan.optimizer().finalLearningRate() / 4)
                        .build());
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
