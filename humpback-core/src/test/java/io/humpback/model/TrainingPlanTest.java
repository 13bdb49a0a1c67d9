package io.humpback.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Schedule;
import org.junit.jupiter.api.Test;

class TrainingPlanTest {

    @Test
    void thePaperTakesSmallBatchesOfFewExamples() {
        assertEquals(8, TrainingPlan.paper(2999).batch());
        assertEquals(32, TrainingPlan.paper(3000).batch());
        assertEquals(9e-6, TrainingPlan.paper(3000).finalLearningRate());
        assertEquals(Schedule.LINEAR, TrainingPlan.paper(3000).schedule());
        assertTrue(TrainingPlan.paper(3000).lora().isEmpty());
    }

    @Test
    void theScaleOfALowRankChangeFallsWithItsRank() {
        Lora lora = Lora.of(16);
        assertEquals(2, lora.scale());
        assertEquals(8, new Lora(16, 32, true, 0, lora.targets()).scale());
    }

    @Test
    void aSettingOutOfRangeIsNamed() {
        TrainingPlan plan = TrainingPlan.lowRank();
        assertEquals(
                "batch 0: expected at least 1",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> plan.toBuilder().batch(0).build())
                        .getMessage());
        assertEquals(
                "warmup NaN: expected 0 to 1",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> plan.toBuilder().warmup(Double.NaN).build())
                        .getMessage());
    }

    @Test
    void trainingEveryWeightLeavesNothingFrozen() {
        assertEquals(
                "frozen INT8: expected FP32 where every weight is trained",
                assertThrows(IllegalArgumentException.class, () -> TrainingPlan.full().toBuilder()
                                .frozen(TrainingPlan.Frozen.INT8)
                                .build())
                        .getMessage());
    }
}
