package io.humpback.run.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.humpback.data.Candidate;
import io.humpback.data.DataException;
import io.humpback.data.Segment;
import io.humpback.internal.ContentId;
import io.humpback.model.Sampling;
import io.humpback.quality.Drop;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** What became of the segments that a model was asked about: candidates, and dropped attempts with their reasons. */
public final class Candidates {

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    /** What {@link #candidate} reads. */
    private static final String COLUMNS = """
            SELECT a.segment, a.id, a.instruction, s.id, s.source, s.title, s.header, s.position, s.text, w.model, w.prompt,
              w.sampling, w.seed, w.adapter
            """;

    private static final String JOINED = " JOIN segment s ON s.n = a.segment JOIN writer w ON w.n = a.writer ";

    /** Candidates after a segment's number, without those that the IFD filter has dropped. */
    private static final String PASSED =
            " LEFT JOIN ifd i ON i.segment = a.segment WHERE a.segment > ? AND a.instruction IS NOT NULL AND i.reason IS NULL";

    private final Database database;

    Candidates(Database database) {
        this.database = database;
    }

    /** A candidate with the number of its segment, its id, and the fingerprint of the adapter that wrote it. */
    public record Stored(long n, String id, Candidate candidate, String adapter) {}

    /** A segment that was asked about and gave no candidate: what was written, and why it was dropped. */
    public record Dropped(Segment segment, String output, Drop drop) {}

    /** Adds who writes the instructions that follow, and returns its number. */
    public long insertWriter(Candidate.Provenance writer, String adapter) {
        database.update(
                "INSERT INTO writer (model, adapter, prompt, sampling, seed) VALUES (?, ?, ?, ?, ?)",
                writer.model(),
                adapter,
                writer.prompt(),
                json(writer.sampling()),
                writer.sampling().seed());
        return database.number("SELECT last_insert_rowid()");
    }

    /** {@return a sampling as it is stored} */
    public static String json(Sampling sampling) {
        try {
            return JSON.writeValueAsString(sampling);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    private static Sampling sampling(String json) {
        try {
            return JSON.readValue(json, Sampling.class);
        } catch (JsonProcessingException e) {
            throw new DataException("writer.sampling: " + e.getOriginalMessage());
        }
    }

    /** {@return the id of a candidate: derived from its segment, its instruction and who wrote it} */
    public static String id(Candidate candidate) {
        Candidate.Provenance writer = candidate.written();
        return ContentId.of(
                candidate.segment().id(),
                candidate.instruction(),
                writer.model(),
                writer.prompt(),
                json(writer.sampling()));
    }

    /** Adds a candidate. */
    public void insert(long n, long writer, String output, Candidate candidate) {
        database.update(
                "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, NULL, NULL)",
                n,
                writer,
                output,
                id(candidate),
                candidate.instruction());
    }

    /** Adds an attempt that gave no candidate. */
    public void insertDropped(long n, long writer, String output, Drop drop) {
        database.update(
                "INSERT INTO attempt VALUES (?, ?, ?, NULL, NULL, ?, ?)",
                n,
                writer,
                output,
                drop.reason().key(),
                drop.detail());
    }

    /** {@return the number of the last segment that was asked about, -1 before the first} */
    public long lastAttempt() {
        return database.number("SELECT coalesce(max(segment), -1) FROM attempt");
    }

    /** {@return how many segments were asked about} */
    public long attempts() {
        return database.number("SELECT count(*) FROM attempt");
    }

    /** {@return how many attempts were dropped, by reason} */
    public Map<String, Long> dropCounts() {
        return database.counts(
                "SELECT reason, count(*) FROM attempt WHERE reason IS NOT NULL GROUP BY reason ORDER BY reason");
    }

    /** {@return the next candidates after a segment's number; none that the IFD filter dropped, once it has run} */
    public List<Stored> after(long n, int count) {
        return database.list(
                COLUMNS + "FROM attempt a" + JOINED + PASSED + " ORDER BY a.segment LIMIT ?",
                Candidates::candidate,
                n,
                count);
    }

    /** {@return all candidates in order; to be closed} */
    public Stream<Stored> all() {
        return database.rows(
                COLUMNS + "FROM attempt a" + JOINED + PASSED + " ORDER BY a.segment", Candidates::candidate, -1);
    }

    /** {@return the candidates that a round kept, in the order of the corpus; to be closed} */
    public Stream<Stored> kept(int round) {
        return database.rows(
                COLUMNS + "FROM pick k JOIN attempt a ON a.segment = k.segment" + JOINED
                        + "WHERE k.round = ? ORDER BY k.position",
                Candidates::candidate,
                round);
    }

    /** {@return the candidate of a segment} */
    public Stored get(long n) {
        return Objects.requireNonNull(
                database.first(COLUMNS + "FROM attempt a" + JOINED + "WHERE a.segment = ?", Candidates::candidate, n));
    }

    /** {@return how many candidates there are to be judged} */
    public long count() {
        return countAfter(-1);
    }

    /** {@return how many of them come after a segment's number} */
    public long countAfter(long n) {
        return database.number("SELECT count(*) FROM attempt a" + PASSED, n);
    }

    /** {@return segments without a candidate, those of the IFD filter among them, in order; to be closed} */
    public Stream<Dropped> dropped() {
        return database.rows(
                """
                SELECT s.id, s.source, s.title, s.header, s.position, s.text, a.output, coalesce(a.reason, i.reason),
                  coalesce(a.detail, i.detail)
                FROM attempt a JOIN segment s ON s.n = a.segment LEFT JOIN ifd i ON i.segment = a.segment
                WHERE a.reason IS NOT NULL OR i.reason IS NOT NULL ORDER BY a.segment""",
                row -> new Dropped(
                        Segments.segment(row, 1), row.getString(7), drop(row.getString(8), row.getString(9))));
    }

    private static Stored candidate(ResultSet row) throws SQLException {
        Sampling sampling = sampling(row.getString(12)).seed(row.getLong(13));
        Candidate candidate = new Candidate(
                Segments.segment(row, 4),
                row.getString(3),
                new Candidate.Provenance(row.getString(10), row.getString(11), sampling));
        return new Stored(row.getLong(1), row.getString(2), candidate, row.getString(14));
    }

    /** {@return a reason as it is stored in two columns} */
    static Drop drop(String key, String detail) {
        for (Drop.Reason reason : Drop.Reason.values()) {
            if (reason.key().equals(key)) {
                return new Drop(reason, detail);
            }
        }
        throw new DataException("reason \"" + key + "\": expected one that this version knows");
    }

    /** Deletes all attempts and who made them. */
    public void clear() {
        database.update("DELETE FROM attempt");
        database.update("DELETE FROM writer");
    }
}
