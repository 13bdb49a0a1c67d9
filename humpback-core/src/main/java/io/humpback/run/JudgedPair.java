package io.humpback.run;

import io.humpback.Score;
import io.humpback.data.Candidate;
import io.humpback.quality.Drop;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A candidate of a run, kept or not, with what became of it in each round.
 *
 * @param id a hash of its content and of who wrote the instruction
 * @param candidate the pair, with its segment and who wrote the instruction
 * @param verdicts one for each round, the first round's first
 */
public record JudgedPair(String id, Candidate candidate, List<Verdict> verdicts) {

    /** Copies the list. */
    public JudgedPair {
        verdicts = List.copyOf(verdicts);
    }

    /**
     * What became of a candidate in one round.
     *
     * @param score what the judge gave: a rating from 1 to 5, a mean log-probability or a reward; NaN where it was not judged
     * @param rating the judge's distribution over the ratings; null where it gives none
     * @param drop why the candidate was not kept; null where it was
     */
    public record Verdict(
            double score, @Nullable Score rating, @Nullable Drop drop) {

        /** {@return whether the round kept the candidate} */
        public boolean kept() {
            return drop == null;
        }
    }
}
