package io.humpback.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.TrainingPlan.Lora;
import io.humpback.model.TrainingPlan.Schedule;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TrainingPlanTest {

    @Test
    void thePaperTakesSmallBatchesOfFewExamples() {
        assertEquals(8, TrainingPlan.paper(2999).batching().batch());
        assertEquals(32, TrainingPlan.paper(3000).batching().batch());
        assertEquals(9e-6, TrainingPlan.paper(3000).optimizer().finalLearningRate());
        assertEquals(Schedule.LINEAR, TrainingPlan.paper(3000).optimizer().schedule());
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

    @Test
    void settingsNameEachSettingOnceAndIdentifyThePlan() {
        TrainingPlan plan = TrainingPlan.lowRank();
        assertEquals(
                "Lora[rank=16, alpha=32.0, rankStabilised=false, dropout=0.0, targets=[Q_PROJ, K_PROJ, V_PROJ, O_PROJ, "
                        + "GATE_PROJ, UP_PROJ, DOWN_PROJ]], learningRate=2.0E-4, finalLearningRate=0.0, "
                        + "schedule=COSINE, warmup=0.03, beta1=0.9, beta2=0.999, epsilon=1.0E-8, weightDecay=0.0, "
                        + "clip=1.0, batch=16, microBatchTokens=1024, epochs=3.0, steps=0, maxTokens=2048, "
                        + "tooLong=CUT, recompute=AUTO, frozen=FP32, heldOut=0.0, checkpointEvery=100, seed=0",
                plan.toString());
        assertEquals(plan, plan.toBuilder().build());
        assertEquals("all weights", TrainingPlan.full().settings().get("lora"));
    }

    /** Each of the builder's methods changes the setting that it is named after, and no other. */
    @Test
    void theBuilderHasAMethodForEachSetting() throws ReflectiveOperationException {
        TrainingPlan before = TrainingPlan.lowRank().toBuilder().steps(1).build();
        Set<String> names = new HashSet<>(before.settings().keySet());
        names.removeAll(Set.of("beta1", "beta2", "lora"));
        for (String name : names) {
            Object value = before.settings().get(name);
            Object other = value instanceof Double number
                    ? (Object) (number / 2 + 1e-9)
                    : value instanceof Integer number
                            ? (Object) (number + 1)
                            : value instanceof Long number
                                    ? (Object) (number + 1)
                                    : value.getClass().getEnumConstants()[name.equals("frozen") ? 1 : 0];
            TrainingPlan.Builder builder = before.toBuilder();
            Arrays.stream(TrainingPlan.Builder.class.getMethods())
                    .filter(method -> method.getName().equals(name))
                    .findAny()
                    .orElseThrow()
                    .invoke(builder, other);
            Map<String, Object> expected = before.settings();
            expected.put(name, other);
            assertEquals(expected, builder.build().settings());
        }
        Map<String, Object> expected = before.settings();
        expected.put("beta1", 0.1);
        expected.put("beta2", 0.2);
        assertEquals(expected, before.toBuilder().betas(0.1, 0.2).build().settings());
    }

    @Test
    void aSettingOfAnotherNameOrTypeIsRefused() {
        TrainingPlan.Builder builder = TrainingPlan.lowRank().toBuilder();
        assertThrows(IllegalArgumentException.class, () -> builder.set("rate", 1.0));
        assertThrows(IllegalArgumentException.class, () -> builder.set("batch", 1.0));
    }
}
