package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.data.DataException;
import io.humpback.quality.Drop;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What users have the program do. */
public enum Job {
    /** Rating the pairs of a file. */
    SCORE("pairs/s"),
    /** Writing an instruction for each segment of a file, all of the same number of tokens. */
    WRITE("tokens/s"),
    /** The whole loop on the model that comes with the program. */
    LOOP("candidates/s");

    private final String unit;

    Job(String unit) {
        this.unit = unit;
    }

    /** {@return the name on the command line and in JSON} */
    public String key() {
        return name().toLowerCase(Locale.ROOT);
    }

    String unit() {
        return unit;
    }

    /** {@return the program's command that does it, whose summary is JSON} */
    List<String> command(List<String> options, Path in, Path out, int tokens) {
        List<String> words = new ArrayList<>();
        switch (this) {
            case SCORE -> words.add("score");
            case WRITE ->
                words.addAll(List.of("augment", "--greedy", "--ignore-eos", "--max-tokens", Integer.toString(tokens)));
            case LOOP -> words.addAll(List.of("demo", "--dir", out.toString()));
        }
        words.addAll(options);
        if (this != LOOP) {
            words.addAll(List.of("--in", in.toString(), "--out", out.toString()));
        }
        words.add("--json");
        return words;
    }

    /**
     * {@return what the command has done, in units}
     *
     * @param summary of the command
     * @param rows that it was given; of them none may be missing
     * @throws DataException if the model was not asked about each row
     */
    double units(JsonNode summary, int rows, int tokens) {
        if (this == LOOP) {
            return summary.required("candidates").asDouble();
        }
        long asked = summary.path("rows").asLong();
        if (this == WRITE) { // a text that its checks drop was written all the same
            for (JsonNode dropped : summary.path("dropped")) {
                asked += dropped.asLong();
            }
            asked -= summary.path("dropped").path(Drop.Reason.TOO_LONG.key()).asLong();
        }
        if (asked != rows) {
            throw new DataException(key() + ": the model was asked about " + asked + " rows, expected all " + rows
                    + " (rejected " + summary.path("rejected") + ", dropped " + summary.path("dropped") + ")");
        }
        return this == WRITE ? (double) rows * tokens : rows;
    }
}
