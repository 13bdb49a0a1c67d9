package io.humpback.onnx.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.model.ModelException;
import io.humpback.model.TrainingPlan;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class BatchesTest {

    private static TrainingPlan.Builder plan() {
        return TrainingPlan.lowRank().toBuilder().batch(4).epochs(2).seed(3);
    }

    private static Batches batches(TrainingPlan.Builder plan, int rows) {
        return new Batches(plan.build(), Bigrams.rows(rows).all());
    }

    private static List<String> ids(List<MicroBatch> parts) {
        return parts.stream().flatMap(part -> part.ids().stream()).toList();
    }

    @Property(tries = 100)
    void anEpochHasEachRowOnceAndMicroBatchesKeepToTheirBound(
            @ForAll @IntRange(min = 1, max = 40) int rows,
            @ForAll @IntRange(min = 1, max = 9) int batch,
            @ForAll @IntRange(min = 1, max = 30) int tokens,
            @ForAll long seed) {
        Batches batches = batches(plan().batch(batch).microBatchTokens(tokens).seed(seed), rows);
        int perEpoch = (rows + batch - 1) / batch;
        assertEquals(2 * perEpoch, batches.steps());
        for (int epoch = 0; epoch < 2; epoch++) {
            List<String> seen = new ArrayList<>();
            for (int step = 0; step < perEpoch; step++) {
                for (MicroBatch part : batches.step(epoch * perEpoch + step)) {
                    int lines = part.lines().size();
                    assertTrue(lines == 1 || lines * part.width() <= tokens);
                    assertEquals(part.rows().size(), part.ids().size());
                    seen.addAll(part.ids());
                }
            }
            assertEquals(rows, seen.size());
            assertEquals(rows, new HashSet<>(seen).size());
        }
    }

    @Test
    void theLargestMicroBatchOfTheStepsLeftIsFoundBeforehand() {
        Batches batches = batches(plan().batch(4).microBatchTokens(9).steps(7), 23);
        for (int from = 0; from < 7; from++) {
            MicroBatch largest = batches.largest(from);
            long tokens = 0;
            for (int step = from; step < 7; step++) {
                for (MicroBatch part : batches.step(step)) {
                    tokens = Math.max(tokens, (long) part.width() * part.lines().size());
                }
            }
            assertEquals(tokens, (long) largest.width() * largest.lines().size());
        }
    }

    @Property(tries = 200)
    void linesHoldEachRowOnceWithinTheirLengthAndAreNeverBothHalfEmpty(
            @ForAll @Size(min = 1, max = 30) List<@IntRange(min = 2, max = 50) Integer> lengths) {
        List<EncodedExample> rows = IntStream.range(0, lengths.size())
                .mapToObj(i -> new EncodedExample(Integer.toString(i), new int[lengths.get(i)], 1))
                .toList();
        MicroBatch batch = new MicroBatch(rows, 0);
        List<EncodedExample> found = new ArrayList<>();
        int halfEmpty = 0;
        for (List<EncodedExample> line : batch.lines()) {
            int read = line.stream().mapToInt(EncodedExample::read).sum();
            assertTrue(read > 0 && read <= batch.width());
            halfEmpty += 2 * read <= batch.width() ? 1 : 0;
            found.addAll(line);
        }
        assertTrue(halfEmpty <= 1);
        assertEquals(new HashSet<>(rows), new HashSet<>(found));
        assertEquals(rows.size(), found.size());
    }

    @Test
    void shortRowsCostWhatTheyHold() {
        List<EncodedExample> rows = IntStream.of(101, 61, 41, 31, 31, 41)
                .mapToObj(length -> new EncodedExample("row", new int[length], 1))
                .toList();
        Batches batches = new Batches(plan().batch(6).microBatchTokens(300).build(), rows);
        List<MicroBatch> parts = batches.step(0);
        assertEquals(1, parts.size());
        assertEquals(3, parts.get(0).lines().size()); // 100 | 60 40 | 40 30 30
    }

    @Test
    void aStepDoesNotDependOnThoseBefore() {
        Batches all = batches(plan(), 10);
        for (int step = 0; step < all.steps(); step++) {
            Batches fresh = batches(plan(), 10);
            assertEquals(ids(all.step(step)), ids(fresh.step(step)));
            assertEquals(all.step(step).get(0).noise(), fresh.step(step).get(0).noise());
        }
    }

    @Test
    void epochsAndSeedsDifferInOrderAndStepsInNoise() {
        Batches batches = batches(plan().batch(20), 20);
        assertNotEquals(ids(batches.step(0)), ids(batches.step(1)));
        assertNotEquals(
                ids(batches.step(0)), ids(batches(plan().batch(20).seed(4), 20).step(0)));
        assertNotEquals(batches.step(0).get(0).noise(), batches.step(1).get(0).noise());
    }

    private static List<EncodedExample> rows(int count) {
        Random random = new Random(9);
        return IntStream.range(0, count)
                .mapToObj(i -> new EncodedExample(
                        Integer.toString(i), random.ints(12, 0, 1000).toArray(), 4))
                .toList();
    }

    @Test
    void heldOutRowsAreNotLearnt() {
        Batches batches = new Batches(plan().heldOut(0.3).build(), rows(1000));
        Set<String> heldOut = new HashSet<>(ids(batches.heldOutBatches()));
        assertEquals(300, heldOut.size(), 45); // three standard deviations
        assertEquals(heldOut.size(), batches.heldOut());
        assertEquals(1000 - heldOut.size(), batches.trained());
        for (int step = 0; step < batches.steps(); step++) {
            for (String id : ids(batches.step(step))) {
                assertTrue(!heldOut.contains(id), id);
            }
        }
    }

    @Property(tries = 50)
    void aRowIsOnTheSameSideWhateverElseIsLearnt(
            @ForAll @IntRange(min = 50, max = 200) int few, @ForAll @DoubleRange(min = 0.1, max = 0.9) double share) {
        TrainingPlan plan = plan().heldOut(share).build();
        Set<String> expected = new HashSet<>(ids(new Batches(plan, rows(few)).heldOutBatches()));
        List<EncodedExample> more = new ArrayList<>(rows(200));
        Collections.reverse(more);
        Set<String> found = new HashSet<>(ids(new Batches(plan, more).heldOutBatches()));
        found.removeIf(id -> Integer.parseInt(id) >= few);
        assertEquals(expected, found);
    }

    @Test
    void rowsThatSayTheSameAreOnOneSide() {
        List<EncodedExample> twice = new ArrayList<>(rows(100));
        for (EncodedExample row : rows(100)) {
            int[] ids = row.ids().clone();
            ids[0] = 1; // another prompt
            twice.add(new EncodedExample(row.id(), ids, 4));
        }
        List<String> heldOut = ids(new Batches(plan().heldOut(0.3).build(), twice).heldOutBatches());
        assertEquals(2 * new HashSet<>(heldOut).size(), heldOut.size());
        assertNotEquals(heldOut, ids(new Batches(plan().heldOut(0.3).seed(4).build(), twice).heldOutBatches()));
    }

    @Test
    void oneRowIsHeldOutAtLeast() {
        assertEquals(1, new Batches(plan().heldOut(1e-9).build(), rows(10)).heldOut());
        assertEquals(0, new Batches(plan().heldOut(0).build(), rows(10)).heldOut());
    }

    @Test
    void nothingLeftToLearnIsRefused() {
        assertThrows(ModelException.class, () -> batches(plan().heldOut(0.5), 1));
    }

    @Test
    void stepsGoBeforeEpochs() {
        assertEquals(7, batches(plan().steps(7), 10).steps());
        assertEquals(2, batches(plan().epochs(0.5), 10).steps());
    }
}
