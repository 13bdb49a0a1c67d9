package io.humpback.run.store;

import io.humpback.quality.Drop;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the judge of each round said of the candidates. */
public final class Verdicts {

    private final Database database;

    Verdicts(Database database) {
        this.database = database;
    }

    /**
     * What a judge said of a candidate.
     *
     * @param n the number of its segment
     * @param value what it is ranked by; null where it was dropped
     * @param distribution five probabilities, or null where the judge gives none
     * @param outside probability of anything but a rating
     * @param spread over the rubrics
     * @param drop why it was not judged, or null
     */
    public record Judgement(
            long n,
            @Nullable Double value,
            double @Nullable [] distribution,
            double outside,
            double spread,
            @Nullable Drop drop) {}

    /** A judged candidate: the number of its segment, score, spread over the rubrics, characters of the response. */
    public record Ranked(long n, double value, double spread, int length) {}

    /** Adds who judges a round, unless it is there. */
    public void insertJudge(int round, String model, String adapter, String prompt) {
        database.update("INSERT OR IGNORE INTO judge VALUES (?, ?, ?, ?)", round, model, adapter, prompt);
    }

    /** Adds what the judge of a round said. */
    public void insert(int round, Judgement verdict) {
        boolean judged = verdict.value() != null;
        double @Nullable [] p = verdict.distribution();
        database.update(
                "INSERT INTO score VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                round,
                verdict.n(),
                verdict.value(),
                p == null ? null : p[0],
                p == null ? null : p[1],
                p == null ? null : p[2],
                p == null ? null : p[3],
                p == null ? null : p[4],
                judged ? verdict.outside() : null,
                judged ? verdict.spread() : null,
                verdict.drop() == null ? null : verdict.drop().reason().key(),
                verdict.drop() == null ? null : verdict.drop().detail());
    }

    /** {@return the last segment whose candidate was judged in a round, -1 before the first} */
    public long last(int round) {
        return database.number("SELECT coalesce(max(segment), -1) FROM score WHERE round = ?", round);
    }

    /** {@return how many candidates were judged in a round, dropped ones included} */
    public long count(int round) {
        return database.number("SELECT count(*) FROM score WHERE round = ?", round);
    }

    /** {@return what the judge of a round said of a candidate, or null} */
    public @Nullable Judgement find(int round, long n) {
        return database.first(
                "SELECT value, p1, p2, p3, p4, p5, outside, spread, reason, detail FROM score"
                        + " WHERE round = ? AND segment = ?",
                row -> {
                    boolean judged = row.getObject(1) != null;
                    boolean rated = row.getObject(2) != null;
                    double[] p = new double[5];
                    for (int i = 0; i < 5; i++) {
                        p[i] = row.getDouble(2 + i);
                    }
                    return new Judgement(
                            n,
                            judged ? row.getDouble(1) : null,
                            rated ? p : null,
                            row.getDouble(7),
                            row.getDouble(8),
                            judged ? null : Candidates.drop(row.getString(9), row.getString(10)));
                },
                round,
                n);
    }

    /** {@return how many were not judged in a round, by reason} */
    public Map<String, Long> dropCounts(int round) {
        return database.counts(
                "SELECT reason, count(*) FROM score WHERE round = ? AND reason IS NOT NULL GROUP BY reason ORDER BY reason",
                round);
    }

    /** {@return the judged of a round, in the order of the corpus; to be closed} */
    public Stream<Ranked> judged(int round) {
        return database.rows(
                "SELECT c.segment, c.value, c.spread, length(s.text) FROM score c JOIN segment s ON s.n = c.segment"
                        + " WHERE c.round = ? AND c.value IS NOT NULL ORDER BY c.segment",
                row -> new Ranked(row.getLong(1), row.getDouble(2), row.getDouble(3), row.getInt(4)),
                round);
    }

    /** Deletes what the judge of a round said. */
    public void clear(int round) {
        database.update("DELETE FROM score WHERE round = ?", round);
        database.update("DELETE FROM judge WHERE round = ?", round);
    }
}
