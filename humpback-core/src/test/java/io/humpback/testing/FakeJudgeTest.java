package io.humpback.testing;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.Curator;
import io.humpback.Scored;
import io.humpback.data.Candidate;
import io.humpback.data.Example;
import io.humpback.data.Segment;
import io.humpback.model.Sampling;
import io.humpback.quality.Drop;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class FakeJudgeTest {

    @Property
    void itsScoreIsTheRatingItWasTold(@ForAll @DoubleRange(min = 1, max = 5) double rating) {
        assertEquals(
                rating,
                FakeJudge.rating(pair -> rating)
                        .score("Say something.", "some words of an answer")
                        .value(),
                1e-12);
    }

    @Test
    void pairsThatAScorerTurnsAwayAreTurnedAway() {
        Scored<Example> empty = FakeJudge.rating(pair -> 5)
                .score(List.of(new Example("Say something.", "")))
                .get(0);
        assertEquals(Drop.Reason.EMPTY, Objects.requireNonNull(empty.drop()).reason());
    }

    @Test
    void aRatingOffTheScaleIsRefused() {
        for (double rating : new double[] {0.9, 5.1, Double.NaN}) {
            IllegalArgumentException error =
                    assertThrows(IllegalArgumentException.class, () -> FakeJudge.rating(pair -> rating)
                            .score("Say something.", "some words of an answer"));
            assertTrue(error.getMessage().startsWith("rating = " + rating), error.getMessage());
        }
    }

    @Test
    void aCuratorTakesIt() {
        FakeJudge judge = FakeJudge.rating(pair -> pair.response().length() > 30 ? 4.5 : 2);
        Stream<Candidate> candidates = Stream.of("an answer that has a good many words in it", "just a few words")
                .map(text -> new Candidate(
                        Segment.of("page", "", "", 0, text),
                        "Say something.",
                        new Candidate.Provenance("m", "p", Sampling.greedy())));
        long kept = Curator.using(judge).keepAtLeast(4).curate(candidates).count();
        assertEquals(1, kept);
    }
}
