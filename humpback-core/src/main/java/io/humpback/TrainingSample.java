package io.humpback;

import io.humpback.model.TrainingListener;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Watches the first steps that a process makes of a training, to tell what the others will cost. */
final class TrainingSample implements TrainingListener {

    /** The first step also brings memory in; the last is the one that counts. */
    static final int STEPS = 2;

    /** What is trained is left in 32 bits. */
    private static final int BYTES = 4;

    private @Nullable Start start;
    private double tokensPerSecond = Double.NaN;
    private OptionalLong peak = OptionalLong.empty();

    TrainingSample() {
        PeakMemory.reset();
    }

    @Override
    public void started(Start value) {
        start = value;
    }

    @Override
    public void stepped(Step step) {
        if (step.step() - Objects.requireNonNull(start).step() <= STEPS) {
            tokensPerSecond = step.tokensPerSecond();
            peak = PeakMemory.bytes();
        }
    }

    /** {@return whether this step is the last that is watched, and there are more} */
    boolean ends(Step step) {
        return step.step() - Objects.requireNonNull(start).step() == STEPS && step.step() < step.steps();
    }

    /** {@return what steps on so many tokens cost, held-out rows not counted} */
    Forecast forecast(String stage, long examples, double tokens) {
        return new Forecast(
                stage,
                examples,
                (long) tokens,
                tokens / tokensPerSecond,
                OptionalLong.of(BYTES * Objects.requireNonNull(start).parameters()),
                peak);
    }
}
