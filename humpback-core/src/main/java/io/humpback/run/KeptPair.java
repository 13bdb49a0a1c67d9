package io.humpback.run;

import io.humpback.Score;
import io.humpback.data.Candidate;
import org.jspecify.annotations.Nullable;

/**
 * A pair that a run has kept.
 *
 * @param id derived from its content and from who wrote it
 * @param candidate the pair, with where it is from
 * @param score what the judge gave: a rating from 1 to 5, or a mean log-probability; NaN without a judge
 * @param rating the judge's distribution; null where it gives none
 */
public record KeptPair(
        String id,
        Candidate candidate,
        double score,
        @Nullable Score rating) {}
