package io.humpback.run;

import io.humpback.Score;
import io.humpback.data.Candidate;
import org.jspecify.annotations.Nullable;

/**
 * A pair of instruction and response that a run has kept.
 *
 * @param id a hash of its content and of who wrote the instruction
 * @param candidate the pair, with its segment and who wrote the instruction
 * @param score what the judge gave: a rating from 1 to 5, or a mean log-probability; NaN without a judge
 * @param rating the judge's distribution over the ratings; null where it gives none
 */
public record KeptPair(
        String id,
        Candidate candidate,
        double score,
        @Nullable Score rating) {}
