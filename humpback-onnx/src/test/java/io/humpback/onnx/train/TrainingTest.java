package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.model.ModelException;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.onnx.checkpoint.Safetensors;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainingTest {

    private static final Map<String, String> IDENTITY = Map.of("plan", "a");

    @TempDir
    Path folder;

    private static TrainingPlan.Builder plan() {
        return TrainingPlan.full().toBuilder()
                .learningRate(0.05)
                .batch(6)
                .epochs(4)
                .microBatchTokens(20)
                .heldOut(0.25)
                .checkpointEvery(4)
                .seed(5);
    }

    private static SavePoint at(Path folder) throws IOException {
        return SavePoint.read(folder).orElse(SavePoint.beginning(IDENTITY));
    }

    private static SavePoint train(Path folder, Objective objective, TrainingPlan plan, TrainingListener listener)
            throws IOException {
        return Training.run(objective, Bigrams.rows(30), plan, folder, at(folder), listener, 1);
    }

    private static List<Float> values(Objective objective) {
        List<Float> values = new ArrayList<>();
        for (Parameter parameter : objective.parameters()) {
            for (int i = 0; i < parameter.size(); i++) {
                values.add(parameter.values().get(i));
            }
        }
        return values;
    }

    private static List<JsonNode> losses(Path folder) throws IOException {
        List<JsonNode> entries = new ArrayList<>();
        for (String line : Files.readAllLines(folder.resolve(History.LINES))) {
            entries.add(new ObjectMapper().readTree(line));
        }
        return entries;
    }

    /** Step numbers, those of measurements negative. */
    private static List<Integer> numbers(Path folder) throws IOException {
        return losses(folder).stream()
                .map(entry -> entry.get("step").intValue() * (entry.has("held_out_loss") ? -1 : 1))
                .toList();
    }

    @Test
    void theLossFallsAndEverythingTellsOfIt() throws IOException {
        List<TrainingListener.Step> steps = new ArrayList<>();
        List<TrainingListener.Start> starts = new ArrayList<>();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void started(Start start) {
                starts.add(start);
            }

            @Override
            public void stepped(Step step) {
                steps.add(step);
            }
        };
        SavePoint end = train(folder, new Bigrams(), plan().build(), listener);
        assertEquals(List.of(new TrainingListener.Start(23, 7, 0, 0, 0, 0, 16, 72)), starts);
        assertEquals(16, steps.size());
        assertEquals(16, end.step());
        List<JsonNode> measured = losses(folder).stream()
                .filter(entry -> entry.has("held_out_loss"))
                .toList();
        assertTrue(measured.get(4).get("held_out_loss").doubleValue()
                < measured.get(0).get("held_out_loss").doubleValue());
        assertEquals(
                List.of(0, 1, 2, 3, 4, -4, 5, 6, 7, 8, -8, 9, 10, 11, 12, -12, 13, 14, 15, 16, -16), numbers(folder));
        assertEquals(steps.get(0).loss(), losses(folder).get(1).get("loss").doubleValue());
        assertTrue(Files.readString(folder.resolve(History.CURVE)).startsWith("<svg"));
    }

    @Test
    void microBatchesOfUnequalLengthsAreOneBatch() throws IOException {
        Bigrams whole = new Bigrams();
        Bigrams parts = new Bigrams();
        train(
                Files.createDirectory(folder.resolve("whole")),
                whole,
                plan().microBatchTokens(10_000).build(),
                s -> {});
        train(
                Files.createDirectory(folder.resolve("parts")),
                parts,
                plan().microBatchTokens(1).build(),
                s -> {});
        assertTrue(parts.added.size() > whole.added.size());
        List<Float> expected = values(whole);
        List<Float> found = values(parts);
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i), found.get(i), 1e-5);
        }
    }

    /** One step by hand: the mean over all labels of the step, clipped by its norm. */
    @Test
    void aStepIsThatOfTheMeanOverAllItsLabels() throws IOException {
        TrainingPlan plan =
                plan().heldOut(0).batch(30).steps(1).warmup(0).clip(0.01).build();
        Bigrams byHand = new Bigrams();
        List<EncodedExample> rows = Bigrams.rows(30).all();
        double sum = byHand.add(new MicroBatch(rows, 0));
        int labels = new MicroBatch(rows, 0).labels();
        double norm = 0;
        for (Parameter parameter : byHand.parameters()) {
            for (int i = 0; i < parameter.size(); i++) {
                norm += Math.pow(parameter.gradient().get(i) / labels, 2);
            }
        }
        double expected = Math.sqrt(norm);
        Bigrams objective = new Bigrams();
        List<Float> before = values(objective);
        train(folder, objective, plan, step -> {
            assertEquals(sum / labels, step.loss(), 1e-9);
            assertEquals(expected, step.gradientNorm(), 1e-6);
        });
        // Adam's first step is the rate in the direction of the gradient's sign
        FloatBuffer gradient = byHand.parameters().get(0).gradient();
        for (int i = 0; i < gradient.limit(); i++) {
            if (Math.abs(gradient.get(i)) > 0.1) {
                float moved = objective.parameters().get(0).values().get(i) - before.get(i);
                assertEquals(-Math.signum(gradient.get(i)) * 0.05, moved, 1e-3);
            }
        }
    }

    @Test
    void anInterruptedTrainingGoesOnToTheSameBits() throws IOException {
        Path whole = Files.createDirectory(folder.resolve("whole"));
        Path parts = Files.createDirectory(folder.resolve("parts"));
        Bigrams expected = new Bigrams();
        train(whole, expected, plan().build(), s -> {});
        for (int stop : new int[] {1, 4, 9, 14}) {
            CancellationException e = assertThrows(
                    CancellationException.class,
                    () -> train(parts, new Bigrams(), plan().build(), step -> {
                        if (step.step() == stop) {
                            Thread.currentThread().interrupt();
                        }
                    }));
            assertEquals("interrupted after step " + stop + " of 16; started again, it goes on there", e.getMessage());
            assertFalse(Thread.currentThread().isInterrupted());
            assertEquals(stop, at(parts).step());
        }
        Bigrams found = new Bigrams();
        train(parts, found, plan().build(), s -> {});
        assertEquals(values(expected), values(found));
        assertEquals(numbers(whole), numbers(parts));
    }

    @Test
    void aFailedListenerLosesNothingBeforeTheLastCheckpoint() throws IOException {
        Bigrams expected = new Bigrams();
        train(Files.createDirectory(folder.resolve("whole")), expected, plan().build(), s -> {});
        Path parts = Files.createDirectory(folder.resolve("parts"));
        assertThrows(
                IllegalStateException.class,
                () -> train(parts, new Bigrams(), plan().build(), step -> {
                    if (step.step() == 7) {
                        throw new IllegalStateException("listener");
                    }
                }));
        assertEquals(4, at(parts).step());
        Bigrams found = new Bigrams();
        train(parts, found, plan().build(), s -> {});
        assertEquals(values(expected), values(found));
        assertEquals(numbers(folder.resolve("whole")), numbers(parts));
    }

    @Test
    void theLargestMicroBatchIsComputedFirstAndThrownAway() throws IOException {
        Bigrams found = new Bigrams();
        train(folder, found, plan().build(), s -> {});
        List<MicroBatch> learnt = found.added.subList(1, found.added.size());
        MicroBatch first = found.added.get(0);
        assertTrue(learnt.stream().anyMatch(part -> part.ids().equals(first.ids())));
        assertTrue(learnt.stream()
                .allMatch(part -> part.width() * part.lines().size()
                        <= first.width() * first.lines().size()));
    }

    /** Its loss is not a number from a step on. */
    private static final class Broken implements Objective {
        private final Bigrams bigrams = new Bigrams();
        private final String bad;

        Broken(String bad) {
            this.bad = bad;
        }

        @Override
        public List<Parameter> parameters() {
            return bigrams.parameters();
        }

        @Override
        public double add(MicroBatch batch) {
            double loss = bigrams.add(batch);
            int[] ids = Bigrams.rows(30).all().stream()
                    .filter(row -> row.id().equals(bad))
                    .findFirst()
                    .orElseThrow()
                    .ids();
            boolean hit = batch.rows().stream().anyMatch(row -> Arrays.equals(row.ids(), ids));
            return hit && bigrams.added.size() > 40 ? Double.NaN : loss;
        }

        @Override
        public double loss(MicroBatch batch) {
            return bigrams.loss(batch);
        }

        @Override
        public void close() {}
    }

    @Test
    void aLossThatIsNoNumberStopsAndNamesStepAndExamples() throws IOException {
        TrainingPlan plan = plan().microBatchTokens(1).heldOut(0).epochs(20).build();
        ModelException e = assertThrows(ModelException.class, () -> train(folder, new Broken("row 3"), plan, s -> {}));
        assertTrue(
                e.getMessage()
                        .matches("step \\d+: loss NaN of the examples \\[row 3\\], expected a finite number; .*"
                                + "training\\.checkpoint keeps step \\d+"),
                e.getMessage());
        assertTrue(at(folder).step() > 0);
        try (Safetensors kept = Safetensors.open(folder.resolve(SavePoint.FILE))) {
            float[] bias = new float[Bigrams.VOCABULARY];
            kept.tensor("values.bias").floats(0, 1, bias, 0);
            for (float value : bias) {
                assertTrue(Float.isFinite(value));
            }
        }
    }

    @Test
    void weightsThatAreNoNumbersAreNotSaved() throws IOException {
        Bigrams objective = new Bigrams();
        ModelException e = assertThrows(
                ModelException.class,
                () -> train(folder, objective, plan().heldOut(0).build(), step -> {
                    if (step.step() == 4) {
                        objective.parameters().get(1).values().put(2, Float.POSITIVE_INFINITY);
                    }
                }));
        assertTrue(
                e.getMessage().startsWith("step 4: bias has become something else than finite numbers"),
                e.getMessage());
        assertEquals(0, at(folder).step());
    }

    @Test
    void aCheckpointThatCannotBeWrittenIsToldWithItsPlace() throws IOException {
        train(folder, new Bigrams(), plan().steps(4).build(), s -> {});
        SavePoint before = at(folder);
        IOException e = assertThrows(
                IOException.class,
                () -> train(folder, new Bigrams(), plan().steps(8).build(), step -> {
                    try {
                        if (step.step() == 6) {
                            Files.delete(folder.resolve(History.CURVE));
                            Files.createDirectory(folder.resolve(History.CURVE));
                        }
                    } catch (IOException failed) {
                        throw new java.io.UncheckedIOException(failed);
                    }
                }));
        assertTrue(e.getMessage().contains("the checkpoint of step 8 cannot be written"), e.getMessage());
        assertTrue(e.getMessage().endsWith("training.checkpoint keeps step 4"), e.getMessage());
        assertEquals(before, at(folder));
    }
}
