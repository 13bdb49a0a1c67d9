package io.humpback.run.cost;

import io.humpback.internal.PeakMemory;
import io.humpback.model.TrainingListener;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Watches the first steps that a process makes of a training, to tell what the others will cost. */
public final class TrainingProbe implements TrainingListener {

    /** The first step also brings memory in; the last is the one that counts. */
    public static final int STEPS = 2;

    /** The most that a trained number takes in the result, which holds 16 or 32 bits of it. */
    private static final int BYTES = 4;

    private @Nullable Start start;
    private double tokensPerSecond = Double.NaN;
    private double tokensPerStep = Double.NaN;
    private OptionalLong peak = OptionalLong.empty();

    @Override
    public void started(Start value) {
        start = value;
        PeakMemory.reset(); // what was in use before may be free by now
    }

    @Override
    public void stepped(Step step) {
        if (made(step) <= STEPS) {
            tokensPerSecond = step.tokensPerSecond();
            tokensPerStep = (double) step.tokens() / step.step();
            peak = PeakMemory.bytes();
        }
    }

    /** {@return whether the step is the last that is watched, and not the last of the training} */
    public boolean endsAt(Step step) {
        return made(step) == STEPS && step.step() < step.steps();
    }

    /** Steps of this process; a trainer that does not tell where it starts goes on from nothing. */
    private int made(Step step) {
        return step.step() - (start == null ? 0 : start.step());
    }

    /** {@return how many of the examples given are learnt, the others being too long} */
    public long learnt(long given) {
        return start == null ? given : start.examples();
    }

    /** {@return tokens that a number of steps takes, without held-out rows} */
    public double tokens(double steps) {
        return steps * tokensPerStep;
    }

    /** {@return seconds that a number of steps takes} */
    public double seconds(double steps) {
        return tokens(steps) / tokensPerSecond;
    }

    /** {@return what the result takes on disk, at most} */
    public OptionalLong diskBytes() {
        return start == null ? OptionalLong.empty() : OptionalLong.of(BYTES * start.parameters());
    }

    /** {@return the peak of the process's memory during the steps} */
    public OptionalLong peakBytes() {
        return peak;
    }
}
