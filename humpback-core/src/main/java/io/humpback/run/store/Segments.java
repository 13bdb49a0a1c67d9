package io.humpback.run.store;

import io.humpback.data.Rejection;
import io.humpback.data.Segment;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** What the corpus of a run gave: its segments, counts of what was dropped, and what could not be read. */
public final class Segments {

    /** Among the counts: pages that were read, empty ones included. */
    public static final String PAGES = "pages";

    /** Among the counts: sections of pages before any was dropped. */
    public static final String SECTIONS = "sections";

    private static final String STAGE = "segments"; // of the tables counted and rejection

    private final Database database;

    Segments(Database database) {
        this.database = database;
    }

    /** A segment with its number in the corpus. */
    public record Numbered(long n, Segment segment) {}

    /** Adds a segment with a number; false if one with the same id is there. */
    public boolean insert(long n, Segment segment) {
        return database.update(
                        "INSERT INTO segment VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                        n,
                        segment.id(),
                        segment.source(),
                        segment.title(),
                        segment.header(),
                        segment.index(),
                        segment.text())
                == 1;
    }

    /** {@return the text of a segment} */
    public String text(long n) {
        return Objects.requireNonNull(
                database.first("SELECT text FROM segment WHERE n = ?", row -> row.getString(1), n));
    }

    /** {@return ids of all segments with their numbers, in order; to be closed} */
    public Stream<Map.Entry<Long, String>> ids() {
        return database.rows(
                "SELECT n, id FROM segment ORDER BY n", row -> Map.entry(row.getLong(1), row.getString(2)));
    }

    /** Deletes a segment. */
    public void delete(long n) {
        database.update("DELETE FROM segment WHERE n = ?", n);
    }

    /** {@return how many segments there are} */
    public long count() {
        return database.number("SELECT count(*) FROM segment");
    }

    /** {@return the longest segment; none if there are no segments} */
    public List<Numbered> longest() {
        return database.list(
                "SELECT n, id, source, title, header, position, text FROM segment ORDER BY length(text) DESC, n LIMIT 1",
                Segments::numbered);
    }

    private static Numbered numbered(ResultSet row) throws SQLException {
        return new Numbered(row.getLong(1), segment(row, 2));
    }

    /** {@return the next segments after a number} */
    public List<Numbered> after(long n, int count) {
        return database.list(
                "SELECT n, id, source, title, header, position, text FROM segment WHERE n > ? ORDER BY n LIMIT ?",
                Segments::numbered,
                n,
                count);
    }

    /** {@return the segment in six columns of a row} */
    static Segment segment(ResultSet row, int from) throws SQLException {
        return new Segment(
                row.getString(from),
                row.getString(from + 1),
                row.getString(from + 2),
                row.getString(from + 3),
                row.getInt(from + 4),
                row.getString(from + 5));
    }

    /** Adds counts of pages and sections, in their order. */
    public void insertCounts(Map<String, Long> counts) {
        int position = 0;
        for (Map.Entry<String, Long> count : counts.entrySet()) {
            database.update(
                    "INSERT INTO counted VALUES (?, ?, ?, ?)", STAGE, position++, count.getKey(), count.getValue());
        }
    }

    /** {@return the counts of pages and sections, in order} */
    public Map<String, Long> counts() {
        return database.counts("SELECT reason, count FROM counted WHERE stage = ? ORDER BY position", STAGE);
    }

    /** Adds what could not be read. */
    public void insertRejection(Rejection rejection) {
        database.update(
                "INSERT INTO rejection (stage, source, place, reason) VALUES (?, ?, ?, ?)",
                STAGE,
                rejection.source(),
                rejection.place(),
                rejection.reason());
    }

    /** {@return how many pages and rows could not be read} */
    public long rejectionCount() {
        return database.number("SELECT count(*) FROM rejection");
    }

    /** {@return what could not be read, in order} */
    public List<Rejection> rejections() {
        return database.list(
                "SELECT source, place, reason FROM rejection ORDER BY n",
                row -> new Rejection(row.getString(1), row.getString(2), row.getString(3)));
    }

    /** Deletes all segments, counts and rejections. */
    public void clear() {
        database.update("DELETE FROM counted WHERE stage = ?", STAGE);
        database.update("DELETE FROM rejection WHERE stage = ?", STAGE);
        database.update("DELETE FROM segment");
    }
}
