package io.humpback.examples.nano;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.quality.CandidateChecks;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class TruthTest {

    @Property(tries = 200)
    void theFlawThatWasMadeIsFound(@ForAll long seed) {
        World world = World.of(seed, 20);
        PairSource pairs = new PairSource(world, seed);
        for (Flaw flaw : PairSource.RATES.keySet()) {
            LabelledPair pair = pairs.pair(flaw);
            assertEquals(
                    flaw,
                    new Truth(world)
                            .flaw(pair.example().instruction(), pair.example().response()));
        }
    }

    @Property(tries = 100)
    void aFactOfAnotherWorldIsFoundWrongUnlessTheWorldsAgree(@ForAll long seed) {
        World world = World.of(seed, 80);
        World other = World.of(~seed, 80);
        Author author = new Author(other, seed);
        String village = author.village();
        Topic topic = author.topic();
        Flaw expected = world.value(village, topic).equals(other.value(village, topic)) ? Flaw.NONE : Flaw.WRONG_FACT;
        assertEquals(expected, new Truth(world).flaw(author.question(village, topic), author.text(village, topic)));
    }

    @Property(tries = 200)
    void everyQuestionPassesTheChecksOfInstructions(@ForAll long seed) {
        World world = World.of(seed, 20);
        Author author = new Author(world, seed);
        String village = author.village();
        Topic topic = author.topic();
        assertEquals(
                Optional.empty(),
                CandidateChecks.standard()
                        .check(author.question(village, topic), author.text(village, topic), List.of(), false));
    }

    @Test
    void anInstructionAboutNothingOrTwoThingsIsUnclear() {
        Truth truth = new Truth(World.of(1, 80));
        assertEquals(Flaw.UNCLEAR, truth.flaw("What is the meaning of life?", "The craft."));
        assertEquals(Flaw.UNCLEAR, truth.flaw("Which craft has Alderford, and which Birchford?", "The craft."));
        assertEquals(Flaw.UNCLEAR, truth.flaw("Which craft and which crop has Alderford?", "The craft."));
    }

    @Test
    void pairsAreFlawedAtTheKnownRatesAndRatedAccordingly() {
        PairSource pairs = new PairSource(World.of(3, 80), 3);
        int good = 0;
        double ratingsOfGood = 0;
        double ratingsOfOthers = 0;
        for (int i = 0; i < 4000; i++) {
            Flaw flaw = pairs.pair().flaw();
            int rating = pairs.rating(flaw);
            good += flaw == Flaw.NONE ? 1 : 0;
            ratingsOfGood += flaw == Flaw.NONE ? rating : 0;
            ratingsOfOthers += flaw == Flaw.NONE ? 0 : rating;
        }
        assertEquals(0.4, good / 4000.0, 0.03);
        assertTrue(ratingsOfGood / good > 4.3);
        assertTrue(ratingsOfOthers / (4000 - good) < 2);
    }
}
