package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.TrainingPlan;
import io.humpback.model.TrainingPlan.Schedule;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class LearningRateTest {

    private static TrainingPlan plan(Schedule schedule, double warmup) {
        return TrainingPlan.lowRank().toBuilder()
                .learningRate(1e-3)
                .finalLearningRate(9e-4)
                .schedule(schedule)
                .warmup(warmup)
                .build();
    }

    @Test
    void aLineEndsAtTheFinalRate() {
        TrainingPlan plan = plan(Schedule.LINEAR, 0);
        for (int t = 0; t < 10; t++) {
            assertEquals(1e-3 * (1 - 0.1 * t / 9), LearningRate.at(plan, t, 10), 1e-15);
        }
    }

    @Test
    void aCosineIsHalfwayInTheMiddle() {
        assertEquals(9.5e-4, LearningRate.at(plan(Schedule.COSINE, 0), 5, 11), 1e-15);
    }

    @Test
    void aConstantRateStays() {
        assertEquals(1e-3, LearningRate.at(plan(Schedule.CONSTANT, 0), 9, 10));
    }

    @Test
    void theWarmUpRisesToTheHighestRate() {
        TrainingPlan plan = plan(Schedule.LINEAR, 0.3);
        assertEquals(0.25e-3, LearningRate.at(plan, 0, 10), 1e-15);
        assertEquals(0.75e-3, LearningRate.at(plan, 2, 10), 1e-15);
        assertEquals(1e-3, LearningRate.at(plan, 3, 10), 1e-15);
        assertEquals(9e-4, LearningRate.at(plan, 9, 10), 1e-15);
    }

    @Property
    void itIsAboveZeroAndNeverAboveTheHighest(
            @ForAll Schedule schedule,
            @ForAll @DoubleRange(max = 1) double warmup,
            @ForAll @IntRange(min = 1, max = 50) int steps) {
        for (int step = 0; step < steps; step++) {
            double rate = LearningRate.at(plan(schedule, warmup), step, steps);
            assertTrue(rate > 0 && rate <= 1e-3 + 1e-18, () -> "rate " + rate);
        }
    }
}
