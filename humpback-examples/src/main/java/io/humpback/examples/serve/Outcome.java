package io.humpback.examples.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.cli.io.ScoreFields;
import java.util.Objects;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What became of a pair.
 *
 * @param status as of an answer that is about it alone
 * @param counted what it counts as
 * @param scored null if the judge gave no answer
 * @param error why there is no score; empty if there is one
 */
record Outcome(int status, String counted, @Nullable Scored<Example> scored, String error) {

    static Outcome rejected(String reason) {
        return new Outcome(400, "rejected", null, reason);
    }

    /** {@return the outcome of an answer that came, or of what came in its place} */
    static Outcome of(@Nullable Scored<Example> scored, @Nullable Throwable fault) {
        if (scored != null) {
            return scored.score() != null
                    ? new Outcome(200, "scored", scored, "")
                    : new Outcome(
                            422,
                            "dropped",
                            scored,
                            Objects.requireNonNull(scored.drop()).toString());
        }
        Throwable cause = fault instanceof CompletionException && fault.getCause() != null ? fault.getCause() : fault;
        if (cause instanceof TimeoutException) {
            return new Outcome(504, "expired", null, "no score before the deadline");
        } else if (cause instanceof CancellationException) {
            return new Outcome(503, "stopped", null, "the service stops");
        }
        return new Outcome(500, "failed", null, Failure.line(Objects.requireNonNull(cause)));
    }

    /** {@return an answer's fields with the score and who gave it, or with the error} */
    ObjectNode into(ObjectNode answer, ObjectNode provenance) {
        if (scored == null || scored.score() == null) {
            return answer.put("error", error);
        }
        return ScoreFields.put(answer, scored.score()).set("judge", provenance);
    }
}
