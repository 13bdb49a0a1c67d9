package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Score;

/** A score as rows hold it. */
public final class ScoreFields {

    private ScoreFields() {}

    /** {@return the row, with the numbers of a score that there are} */
    public static ObjectNode put(ObjectNode row, Score score) {
        row.put("score", score.value());
        if (!score.distribution().isEmpty()) {
            ArrayNode distribution = row.putArray("distribution");
            score.distribution().forEach(p -> distribution.add(p.doubleValue()));
            row.put("outside", score.outside());
        }
        if (score.spread() > 0) {
            row.put("spread", score.spread());
        }
        if (!score.reasoning().isEmpty()) {
            ArrayNode reasoning = row.putArray("reasoning");
            score.reasoning().forEach(reasoning::add);
        }
        score.signals().forEach(row::putPOJO);
        return row;
    }
}
