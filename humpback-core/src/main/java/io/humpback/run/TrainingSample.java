package io.humpback.run;

import io.humpback.internal.PeakMemory;
import io.humpback.model.TrainingListener;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Watches the first steps that a process makes of a training, to tell what the others will cost. */
final class TrainingSample implements TrainingListener {

    /** The first step also brings memory in; the last is the one that counts. */
    static final int STEPS = 2;

    /** Of a trained number in the result, at most: it is left in 32 bits or in 16. */
    private static final int BYTES = 4;

    private @Nullable Start start;
    private double tokensPerSecond = Double.NaN;
    private double tokensAStep = Double.NaN;
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
            tokensAStep = (double) step.tokens() / step.step();
            peak = PeakMemory.bytes();
        }
    }

    /** {@return whether this step is the last that is watched, and there are more} */
    boolean ends(Step step) {
        return made(step) == STEPS && step.step() < step.steps();
    }

    /** Steps of this process; a trainer that does not tell where it starts goes on from nothing. */
    private int made(Step step) {
        return step.step() - (start == null ? 0 : start.step());
    }

    /**
     * {@return how many of some examples are learnt, the others being too long}
     *
     * @param of those that were given
     */
    long learnt(long of) {
        return start == null ? of : start.examples();
    }

    /** {@return what so many steps cost, held-out rows not counted} */
    Forecast forecast(String stage, long examples, double steps) {
        double tokens = steps * tokensAStep;
        return new Forecast(
                stage,
                examples,
                (long) tokens,
                tokens / tokensPerSecond,
                start == null ? OptionalLong.empty() : OptionalLong.of(BYTES * start.parameters()),
                peak);
    }
}
