package io.humpback.examples.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.label.Draw.Drawn;
import io.humpback.examples.label.Draw.Stratum;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class DrawTest {

    private static List<ScoredPair> pairs(int count, int levels, long seed) {
        Random random = new Random(seed);
        List<ScoredPair> pairs = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            double score = levels == 0 ? random.nextDouble() : random.nextInt(levels);
            pairs.add(new ScoredPair("p" + i, "i" + i, "r" + i, score));
        }
        return pairs;
    }

    private static Draw draw(List<ScoredPair> pairs, int count, long seed) throws IOException {
        return Draw.of(pairs::forEach, count, seed);
    }

    @Property(tries = 200)
    void eachPairIsDrawnOnceFromItsStratumAndTheStrataHoldAllPairs(
            @ForAll @IntRange(min = 1, max = 300) int size,
            @ForAll @IntRange(max = 7) int levels,
            @ForAll @IntRange(min = 1, max = 350) int count)
            throws IOException {
        Draw draw = draw(pairs(size, levels, size), count, 3);
        List<Drawn> order = draw.order();
        assertEquals(Math.min(size, count), order.size());
        assertEquals(
                order.size(),
                new HashSet<>(order.stream().map(drawn -> drawn.pair().id()).toList()).size());
        assertEquals(size, draw.strata().stream().mapToLong(Stratum::pairs).sum());
        for (Drawn drawn : order) {
            Stratum stratum = draw.strata().get(drawn.stratum());
            assertTrue(drawn.pair().score() >= stratum.low() && drawn.pair().score() <= stratum.high());
        }
        for (int i = 0; i < draw.strata().size(); i++) {
            int number = i;
            assertEquals(
                    order.stream().filter(drawn -> drawn.stratum() == number).count(),
                    draw.strata().get(i).drawn());
        }
    }

    @Test
    void strataOfDistinctScoresAreEquallyLargeAndDrawnFromInTurn() throws IOException {
        Draw draw = draw(pairs(1000, 0, 1), 60, 1);
        for (Stratum stratum : draw.strata()) {
            assertEquals(200, stratum.pairs());
            assertEquals(12, stratum.drawn());
            assertEquals(0.06, stratum.drawnWith());
        }
        List<Integer> first =
                draw.order().subList(0, 5).stream().map(Drawn::stratum).toList();
        assertEquals(List.of(4, 3, 2, 1, 0), first);
    }

    @Test
    void theOrderOfTheRowsDoesNotMatterAndALargerSampleBeginsWithTheSmaller() throws IOException {
        List<ScoredPair> pairs = pairs(500, 0, 2);
        List<ScoredPair> shuffled = new ArrayList<>(pairs);
        Collections.shuffle(shuffled, new Random(9));
        assertEquals(draw(pairs, 40, 5).order(), draw(shuffled, 40, 5).order());
        assertEquals(draw(pairs, 40, 5).order(), draw(pairs, 90, 5).order().subList(0, 40));
        assertTrue(!draw(pairs, 40, 5).order().equals(draw(pairs, 40, 6).order()));
    }

    @Test
    void eachPairOfAStratumIsAsLikelyAsAnother() throws IOException {
        List<ScoredPair> pairs = pairs(20, 0, 4);
        int[] times = new int[20];
        for (int seed = 0; seed < 2000; seed++) {
            for (Drawn drawn : draw(pairs, 5, seed).order()) {
                times[Integer.parseInt(drawn.pair().id().substring(1))]++;
            }
        }
        for (int count : times) {
            assertEquals(500, count, 100); // of 2,000 draws of one in four; five standard deviations
        }
    }
}
