package io.humpback.run.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.humpback.data.Candidate;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.Rejection;
import io.humpback.data.Segment;
import io.humpback.model.Sampling;
import io.humpback.model.TrainingListener;
import io.humpback.quality.Drop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A run's database, in the method's terms. What one call writes is written whole; {@link #together} joins calls. */
public final class RunStore implements AutoCloseable {

    /** The name of the file in a run's directory. */
    public static final String FILE = "run.db";

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private static final String CANDIDATE = """
            SELECT a.segment, a.id, a.instruction, s.id, s.source, s.title, s.header, s.position, s.text, w.model, w.prompt,
              w.sampling, w.seed, w.adapter
            FROM attempt a JOIN segment s ON s.n = a.segment JOIN writer w ON w.n = a.writer
            """;

    /**
     * What a run was begun with.
     *
     * @param value as text
     * @param usedFrom the first stage that uses it
     */
    public record Setting(String value, String usedFrom) {}

    /**
     * A segment with its number.
     *
     * @param n its number in the corpus
     * @param segment itself
     */
    public record Numbered(long n, Segment segment) {}

    /**
     * A candidate that is stored.
     *
     * @param n the number of its segment
     * @param id its own
     * @param candidate itself
     * @param adapter fingerprint of the adapter that wrote it
     */
    public record Stored(long n, String id, Candidate candidate, String adapter) {}

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
    public record Verdict(
            long n,
            @Nullable Double value,
            double @Nullable [] distribution,
            double outside,
            double spread,
            @Nullable Drop drop) {}

    /**
     * A judged candidate on its way to being kept.
     *
     * @param n segment
     * @param value score
     * @param spread over rubrics
     * @param length characters of the response
     */
    public record Ranked(long n, double value, double spread, int length) {}

    /**
     * A file of the export.
     *
     * @param name below the directory
     * @param bytes size
     * @param sha256 hexadecimal
     */
    public record Artifact(String name, long bytes, String sha256) {}

    /**
     * An adapter of the run.
     *
     * @param name such as M_0
     * @param folder below the directory
     * @param fingerprint its own
     */
    public record Model(String name, String folder, String fingerprint) {}

    /**
     * A stage that was begun.
     *
     * @param name its own
     * @param seconds worked on it
     * @param done whether nothing is left
     */
    public record Begun(String name, double seconds, boolean done) {}

    private final Database database;
    private final @Nullable RunLock lock;
    private final Path file;
    private final Consumer<String> moments;

    private RunStore(Database database, @Nullable RunLock lock, Path file, Consumer<String> moments) {
        this.database = database;
        this.lock = lock;
        this.file = file;
        this.moments = moments;
    }

    /**
     * {@return the store of a directory, made where there is none, and this process's alone}
     *
     * @param moments told of each instant at which a test may want the process to die
     * @throws DataException if another process has it, it is not a run's, is of another version, or cannot be written
     */
    public static RunStore open(Path directory, Consumer<String> moments) throws IOException {
        Path file = directory.resolve(FILE);
        RunLock lock = RunLock.of(directory);
        try {
            RunStore store = new RunStore(Database.open(file), lock, file, moments);
            try {
                store.create();
                return store;
            } catch (RuntimeException | Error e) {
                store.close();
                throw e;
            }
        } catch (RuntimeException | Error e) {
            lock.close();
            throw e;
        }
    }

    /**
     * {@return the store of a directory, to be read}
     *
     * @throws DataException if there is none
     */
    public static RunStore openToRead(Path directory) {
        Path file = directory.resolve(FILE);
        if (!Files.isRegularFile(file)) {
            throw new DataException(file + ": not found, expected the database of a run");
        }
        RunStore store = new RunStore(Database.openToRead(file), null, file, moment -> {});
        try {
            store.checkVersion();
            return store;
        } catch (RuntimeException | Error e) {
            store.close();
            throw e;
        }
    }

    private void create() {
        if (database.number("PRAGMA user_version") == 0 && database.number("SELECT count(*) FROM sqlite_master") == 0) {
            database.transaction(() -> {
                for (String table : Schema.TABLES) {
                    database.update(table);
                }
                database.update("PRAGMA application_id = " + Schema.APPLICATION);
                database.update("PRAGMA user_version = " + Schema.VERSION);
            });
        }
        checkVersion();
    }

    private void checkVersion() {
        long application = database.number("PRAGMA application_id");
        long version = database.number("PRAGMA user_version");
        if (application != Schema.APPLICATION) {
            throw new DataException(file + ": an SQLite file of something else, expected a run's");
        }
        if (version != Schema.VERSION) {
            throw new DataException(file + ": schema version " + version + ", expected " + Schema.VERSION);
        }
    }

    /** Does several calls as one. */
    public void together(String moment, Runnable work) {
        moments.accept(moment + " computed");
        database.transaction(() -> {
            work.run();
            moments.accept(moment + " written");
        });
        moments.accept(moment + " committed");
    }

    /** Allows the file no more than so many pages, as a full disk would. */
    void limitPages(long pages) {
        database.limitPages(pages);
    }

    // ---- settings and stages

    /** {@return what the run was begun with, by name} */
    public Map<String, Setting> settings() {
        Map<String, Setting> settings = new LinkedHashMap<>();
        try (Stream<String[]> rows = database.rows("SELECT name, value, used_from FROM setting ORDER BY name", row ->
                new String[] {row.getString(1), row.getString(2), row.getString(3)})) {
            rows.forEach(row -> settings.put(row[0], new Setting(row[1], row[2])));
        }
        return settings;
    }

    /** Replaces what the run was begun with. */
    public void settings(Map<String, Setting> settings) {
        database.update("DELETE FROM setting");
        settings.forEach((name, setting) ->
                database.update("INSERT INTO setting VALUES (?, ?, ?)", name, setting.value(), setting.usedFrom()));
    }

    /** {@return the stages begun, by name} */
    public Map<String, Begun> stages() {
        Map<String, Begun> stages = new LinkedHashMap<>();
        try (Stream<Begun> rows = database.rows(
                "SELECT name, seconds, done FROM stage",
                row -> new Begun(row.getString(1), row.getDouble(2), row.getInt(3) == 1))) {
            rows.forEach(stage -> stages.put(stage.name(), stage));
        }
        return stages;
    }

    /** Notes that a stage is worked on, and for how long since the last note. */
    public void worked(String stage, double seconds) {
        database.update(
                "INSERT INTO stage (name, seconds) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET seconds = seconds + ?2",
                stage,
                seconds);
    }

    /** Notes that nothing is left to do in a stage. */
    public void done(String stage) {
        database.update("UPDATE stage SET done = 1 WHERE name = ?", stage);
    }

    /**
     * Forgets all that a stage has done. Later stages come first.
     *
     * @param round of the stage, or -1
     * @param model likewise, or ""
     */
    public void clear(String stage, int round, String model) {
        database.transaction(() -> {
            if (!model.isEmpty()) {
                for (String table : List.of("loss", "held_out")) {
                    database.update("DELETE FROM " + table + " WHERE model = ?", model);
                }
                database.update("DELETE FROM model WHERE name = ?", model);
            } else if (round >= 0) {
                for (String table :
                        stage.startsWith("score") ? List.of("score", "judge") : List.of("pick", "passed_over")) {
                    database.update("DELETE FROM " + table + " WHERE round = ?", round);
                }
            } else {
                List<String> tables =
                        switch (stage) {
                            case "seed", "segments" -> List.of();
                            case "augment" -> List.of("attempt", "writer");
                            case "ifd" -> List.of("ifd");
                            case "export" -> List.of("artifact");
                            default -> throw new IllegalArgumentException("stage " + stage);
                        };
                tables.forEach(table -> database.update("DELETE FROM " + table));
                database.update("DELETE FROM counted WHERE stage = ?", stage);
                database.update("DELETE FROM rejection WHERE stage = ?", stage);
                if (stage.equals("seed") || stage.equals("segments")) {
                    database.update("DELETE FROM " + (stage.equals("seed") ? "seed" : "segment"));
                }
            }
            database.update("DELETE FROM stage WHERE name = ?", stage);
        });
    }

    // ---- models

    /** Notes a trained model. */
    public void model(Model model) {
        database.update("INSERT INTO model VALUES (?, ?, ?)", model.name(), model.folder(), model.fingerprint());
    }

    /** {@return a trained model, or null} */
    public @Nullable Model model(String name) {
        return database.first("SELECT name, folder, fingerprint FROM model WHERE name = ?", RunStore::model, name);
    }

    /** {@return the trained models in the order of the method: M_yx, M_0, M_1, ...} */
    public List<Model> models() {
        try (Stream<Model> rows = database.rows(
                "SELECT name, folder, fingerprint FROM model ORDER BY name <> 'M_yx', length(name), name",
                RunStore::model)) {
            return rows.toList();
        }
    }

    private static Model model(ResultSet row) throws SQLException {
        return new Model(row.getString(1), row.getString(2), row.getString(3));
    }

    /** Notes an optimizer step; one that is done again after a stop takes the place of the first. */
    public void loss(String model, TrainingListener.Step step) {
        database.update(
                "INSERT OR REPLACE INTO loss VALUES (?, ?, ?, ?, ?, ?)",
                model,
                step.step(),
                step.loss(),
                step.learningRate(),
                step.gradientNorm(),
                step.tokens());
    }

    /** Notes a measurement on held-out examples. */
    public void heldOut(String model, int step, double loss) {
        database.update("INSERT OR REPLACE INTO held_out VALUES (?, ?, ?)", model, step, loss);
    }

    /** {@return the loss of each step} */
    public Map<Integer, Double> losses(String model, boolean heldOut) {
        Map<Integer, Double> losses = new LinkedHashMap<>();
        String sql = "SELECT step, loss FROM " + (heldOut ? "held_out" : "loss") + " WHERE model = ? ORDER BY step";
        try (Stream<Map.Entry<Integer, Double>> rows =
                database.rows(sql, row -> Map.entry(row.getInt(1), row.getDouble(2)), model)) {
            rows.forEach(row -> losses.put(row.getKey(), row.getValue()));
        }
        return losses;
    }

    // ---- data in

    /** Adds a seed pair. */
    public void seed(String id, Example pair) {
        database.update(
                "INSERT INTO seed (id, instruction, response) VALUES (?, ?, ?)",
                id,
                pair.instruction(),
                pair.response());
    }

    /** {@return a seed pair by its place, from 0} */
    public Map.Entry<String, Example> seed(long index) {
        return Objects.requireNonNull(database.first(
                "SELECT id, instruction, response FROM seed WHERE n = ?",
                row -> Map.entry(row.getString(1), new Example(row.getString(2), row.getString(3))),
                index + 1));
    }

    /** {@return how many seed pairs there are} */
    public long seeds() {
        return database.number("SELECT count(*) FROM seed");
    }

    /**
     * Adds a segment with a number.
     *
     * @return false if one with the same id is there
     */
    public boolean segment(long n, Segment segment) {
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
    public Stream<Map.Entry<Long, String>> segmentIds() {
        return database.rows(
                "SELECT n, id FROM segment ORDER BY n", row -> Map.entry(row.getLong(1), row.getString(2)));
    }

    /** Takes a segment out again. */
    public void removeSegment(long n) {
        database.update("DELETE FROM segment WHERE n = ?", n);
    }

    /** {@return how many segments there are} */
    public long segments() {
        return database.number("SELECT count(*) FROM segment");
    }

    /** Notes how many were dropped for a reason, or came through. */
    public void counted(String stage, int position, String reason, long count) {
        database.update("INSERT INTO counted VALUES (?, ?, ?, ?)", stage, position, reason, count);
    }

    /** {@return what was counted in a stage, in order} */
    public Map<String, Long> counted(String stage) {
        return counts("SELECT reason, count FROM counted WHERE stage = ? ORDER BY position", stage);
    }

    /** Notes what could not be read. */
    public void rejection(String stage, Rejection rejection) {
        database.update(
                "INSERT INTO rejection (stage, source, place, reason) VALUES (?, ?, ?, ?)",
                stage,
                rejection.source(),
                rejection.place(),
                rejection.reason());
    }

    /** {@return how many could not be read} */
    public long rejections() {
        return database.number("SELECT count(*) FROM rejection");
    }

    /** {@return what could not be read, in order; to be closed} */
    public Stream<Rejection> rejected() {
        return database.rows(
                "SELECT source, place, reason FROM rejection ORDER BY n",
                row -> new Rejection(row.getString(1), row.getString(2), row.getString(3)));
    }

    // ---- augmenting

    /** {@return the number of the last segment that was asked about, -1 before the first} */
    public long lastAttempt() {
        return database.number("SELECT coalesce(max(segment), -1) FROM attempt");
    }

    /** {@return how many segments were asked about} */
    public long attempts() {
        return database.number("SELECT count(*) FROM attempt");
    }

    /** {@return the next segments after a number} */
    public List<Numbered> segmentsAfter(long n, int count) {
        try (Stream<Numbered> rows = database.rows(
                "SELECT n, id, source, title, header, position, text FROM segment WHERE n > ? ORDER BY n LIMIT ?",
                row -> new Numbered(row.getLong(1), segment(row, 2)),
                n,
                count)) {
            return rows.toList();
        }
    }

    private static Segment segment(ResultSet row, int from) throws SQLException {
        return new Segment(
                row.getString(from),
                row.getString(from + 1),
                row.getString(from + 2),
                row.getString(from + 3),
                row.getInt(from + 4),
                row.getString(from + 5));
    }

    /**
     * Notes who writes the instructions that follow.
     *
     * @return its number
     */
    public long writer(String model, String adapter, String prompt, Sampling sampling) {
        database.update(
                "INSERT INTO writer (model, adapter, prompt, sampling, seed) VALUES (?, ?, ?, ?, ?)",
                model,
                adapter,
                prompt,
                json(sampling),
                sampling.seed());
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

    /** Notes what became of a segment: a candidate's id and instruction, or why there is none. */
    public void attempt(
            long n,
            long writer,
            String output,
            @Nullable String id,
            @Nullable String instruction,
            @Nullable Drop drop) {
        database.update(
                "INSERT INTO attempt VALUES (?, ?, ?, ?, ?, ?, ?)",
                n,
                writer,
                output,
                id,
                instruction,
                drop == null ? null : drop.reason().key(),
                drop == null ? null : drop.detail());
    }

    /** {@return how many attempts were dropped, by reason} */
    public Map<String, Long> droppedAttempts() {
        return counts("SELECT reason, count(*) FROM attempt WHERE reason IS NOT NULL GROUP BY reason ORDER BY reason");
    }

    // ---- judging

    /** {@return the next candidates after a segment's number; none that the IFD filter dropped, once it has run} */
    public List<Stored> candidatesAfter(long n, int count) {
        try (Stream<Stored> rows = candidates(n, "LIMIT " + count)) {
            return rows.toList();
        }
    }

    /** {@return all candidates in order; to be closed} */
    public Stream<Stored> candidates() {
        return candidates(-1, "");
    }

    private Stream<Stored> candidates(long after, String more) {
        return database.rows(
                CANDIDATE + "LEFT JOIN ifd i ON i.segment = a.segment WHERE a.segment > ? AND a.instruction IS NOT NULL"
                        + " AND i.reason IS NULL ORDER BY a.segment " + more,
                RunStore::stored,
                after);
    }

    /** {@return how many candidates there are to be judged} */
    public long candidateCount() {
        return candidateCount(-1);
    }

    /** {@return how many of them come after a segment's number} */
    public long candidateCount(long n) {
        return database.number(
                "SELECT count(*) FROM attempt a LEFT JOIN ifd i ON i.segment = a.segment"
                        + " WHERE a.segment > ? AND a.instruction IS NOT NULL AND i.reason IS NULL",
                n);
    }

    /**
     * What was asked about and is no candidate.
     *
     * @param segment itself
     * @param output what was written
     * @param drop why
     */
    public record Dropped(Segment segment, String output, Drop drop) {}

    /** {@return what was asked about and is no candidate, be it the IFD filter's doing, in order; to be closed} */
    public Stream<Dropped> dropped() {
        return database.rows(
                """
                SELECT s.id, s.source, s.title, s.header, s.position, s.text, a.output, coalesce(a.reason, i.reason),
                  coalesce(a.detail, i.detail)
                FROM attempt a JOIN segment s ON s.n = a.segment LEFT JOIN ifd i ON i.segment = a.segment
                WHERE a.reason IS NOT NULL OR i.reason IS NOT NULL ORDER BY a.segment""", row -> new Dropped(segment(row, 1), row.getString(7), drop(row.getString(8), row.getString(9))));
    }

    /**
     * {@return a candidate}
     *
     * @param n the number of its segment
     */
    public Stored candidate(long n) {
        return Objects.requireNonNull(database.first(CANDIDATE + "WHERE a.segment = ?", RunStore::stored, n));
    }

    private static Stored stored(ResultSet row) throws SQLException {
        Sampling sampling = sampling(row.getString(12)).seed(row.getLong(13));
        Candidate candidate = new Candidate(
                segment(row, 4),
                row.getString(3),
                new Candidate.Provenance(row.getString(10), row.getString(11), sampling));
        return new Stored(row.getLong(1), row.getString(2), candidate, row.getString(14));
    }

    /** Notes likelihoods of a response with and without its instruction. */
    public void ifd(long n, @Nullable Double conditioned, @Nullable Double alone, @Nullable Drop drop) {
        database.update(
                "INSERT INTO ifd VALUES (?, ?, ?, ?, ?)",
                n,
                conditioned,
                alone,
                drop == null ? null : drop.reason().key(),
                drop == null ? null : drop.detail());
    }

    /** {@return the last segment whose candidate was measured, -1 before the first} */
    public long lastIfd() {
        return database.number("SELECT coalesce(max(segment), -1) FROM ifd");
    }

    /** {@return how many candidates the IFD filter dropped, by reason} */
    public Map<String, Long> droppedByIfd() {
        return counts("SELECT reason, count(*) FROM ifd WHERE reason IS NOT NULL GROUP BY reason ORDER BY reason");
    }

    /** Notes who judges a round. */
    public void judge(int round, String model, String adapter, String prompt) {
        database.update("INSERT OR IGNORE INTO judge VALUES (?, ?, ?, ?)", round, model, adapter, prompt);
    }

    /** Notes what the judge said. */
    public void verdict(int round, Verdict verdict) {
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
                verdict.value() == null ? null : verdict.outside(),
                verdict.value() == null ? null : verdict.spread(),
                verdict.drop() == null ? null : verdict.drop().reason().key(),
                verdict.drop() == null ? null : verdict.drop().detail());
    }

    /** {@return the last segment whose candidate was judged in a round, -1 before the first} */
    public long lastVerdict(int round) {
        return database.number("SELECT coalesce(max(segment), -1) FROM score WHERE round = ?", round);
    }

    /** {@return how many candidates were judged in a round, dropped ones included} */
    public long verdicts(int round) {
        return database.number("SELECT count(*) FROM score WHERE round = ?", round);
    }

    /** {@return what the judge of a round said of a candidate, or null} */
    public @Nullable Verdict verdict(int round, long n) {
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
                    return new Verdict(
                            n,
                            judged ? row.getDouble(1) : null,
                            rated ? p : null,
                            row.getDouble(7),
                            row.getDouble(8),
                            judged ? null : drop(row.getString(9), row.getString(10)));
                },
                round,
                n);
    }

    private static Drop drop(String key, String detail) {
        for (Drop.Reason reason : Drop.Reason.values()) {
            if (reason.key().equals(key)) {
                return new Drop(reason, detail);
            }
        }
        throw new DataException("reason \"" + key + "\": expected one that this version knows");
    }

    /** {@return how many were not judged in a round, by reason} */
    public Map<String, Long> unjudged(int round) {
        return counts(
                "SELECT reason, count(*) FROM score WHERE round = ? AND reason IS NOT NULL GROUP BY reason ORDER BY reason",
                round);
    }

    // ---- curating

    /** {@return the judged of a round, in the order of the corpus or the best first; to be closed} */
    public Stream<Ranked> ranked(int round) {
        return database.rows(
                "SELECT c.segment, c.value, c.spread, length(s.text) FROM score c JOIN segment s ON s.n = c.segment"
                        + " WHERE c.round = ? AND c.value IS NOT NULL ORDER BY c.segment",
                row -> new Ranked(row.getLong(1), row.getDouble(2), row.getDouble(3), row.getInt(4)),
                round);
    }

    /** Begins a selection: forgets the one before it. */
    public void beginRanking() {
        database.update("CREATE TEMP TABLE IF NOT EXISTS ranking (segment INTEGER PRIMARY KEY, value REAL)");
        database.update("DELETE FROM ranking");
    }

    /** Adds a judged candidate with its corrected score. */
    public void rank(long n, double value) {
        database.update("INSERT INTO ranking VALUES (?, ?)", n, value);
    }

    /** {@return how many are in the selection} */
    public long rankedCount() {
        return database.number("SELECT count(*) FROM ranking");
    }

    /** {@return the selection, the best first, of equal ones those that come first in the corpus; to be closed} */
    public Stream<Ranked> best() {
        return database.rows(
                "SELECT segment, value FROM ranking ORDER BY value DESC, segment",
                row -> new Ranked(row.getLong(1), row.getDouble(2), 0, 0));
    }

    /** Keeps the best so many, in the order of the corpus. */
    public void pickBest(int round, long count) {
        database.update("""
                INSERT INTO pick SELECT ?, row_number() OVER (ORDER BY segment) - 1, segment, value
                FROM (SELECT segment, value FROM ranking ORDER BY value DESC, segment LIMIT ?)""", round, count);
    }

    /** Keeps what reaches a score, in the order of the corpus. */
    public void pickAtLeast(int round, double score) {
        database.update("""
                INSERT INTO pick SELECT ?, row_number() OVER (ORDER BY segment) - 1, segment, value
                FROM ranking WHERE value >= ?""", round, score);
    }

    /** Takes a candidate out of the selection, though its score would do. */
    public void passOver(int round, long n, Drop drop) {
        database.update(
                "INSERT INTO passed_over VALUES (?, ?, ?, ?)",
                round,
                n,
                drop.reason().key(),
                drop.detail());
        database.update("DELETE FROM ranking WHERE segment = ?", n);
    }

    /** {@return how many were passed over in a round, by reason} */
    public Map<String, Long> passedOver(int round) {
        return counts(
                "SELECT reason, count(*) FROM passed_over WHERE round = ? GROUP BY reason ORDER BY reason", round);
    }

    /** {@return why a candidate was passed over in a round, or null} */
    public @Nullable Drop passedOver(int round, long n) {
        return database.first(
                "SELECT reason, detail FROM passed_over WHERE round = ? AND segment = ?",
                row -> drop(row.getString(1), row.getString(2)),
                round,
                n);
    }

    /** {@return the least score, after corrections, that is kept in a round; null where none is} */
    public @Nullable Double leastPicked(int round) {
        return database.first(
                "SELECT min(value) FROM pick WHERE round = ? HAVING count(*) > 0", row -> row.getDouble(1), round);
    }

    /** {@return how many are kept in a round} */
    public long picks(int round) {
        return database.number("SELECT count(*) FROM pick WHERE round = ?", round);
    }

    /** {@return a kept candidate by its place, from 0} */
    public Stored pick(int round, long position) {
        return candidate(database.number("SELECT segment FROM pick WHERE round = ? AND position = ?", round, position));
    }

    /** {@return whether a candidate is kept in a round} */
    public boolean picked(int round, long n) {
        return database.number("SELECT count(*) FROM pick WHERE round = ? AND segment = ?", round, n) == 1;
    }

    /** {@return the kept candidates of a round, in the order of the corpus; to be closed} */
    public Stream<Stored> picked(int round) {
        return database.rows(
                CANDIDATE.replace("FROM attempt a", "FROM pick k JOIN attempt a ON a.segment = k.segment")
                        + "WHERE k.round = ? ORDER BY k.position",
                RunStore::stored,
                round);
    }

    // ---- data out

    /** Notes an exported file. */
    public void artifact(Artifact artifact) {
        database.update("INSERT INTO artifact VALUES (?, ?, ?)", artifact.name(), artifact.bytes(), artifact.sha256());
    }

    /** {@return the exported files, by name} */
    public List<Artifact> artifacts() {
        try (Stream<Artifact> rows = database.rows(
                "SELECT name, bytes, sha256 FROM artifact ORDER BY name",
                row -> new Artifact(row.getString(1), row.getLong(2), row.getString(3)))) {
            return rows.toList();
        }
    }

    /** {@return what SQLite finds wrong with the file and its references} */
    public List<String> faults() {
        List<String> faults = new ArrayList<>();
        try (Stream<String> rows = database.rows("PRAGMA integrity_check", row -> row.getString(1))) {
            rows.filter(row -> !row.equals("ok")).forEach(row -> faults.add(FILE + ": " + row));
        }
        try (Stream<String> rows = database.rows(
                "PRAGMA foreign_key_check",
                row -> row.getString(1) + " row " + row.getString(2) + ": no such " + row.getString(3))) {
            rows.forEach(row -> faults.add(FILE + ": " + row));
        }
        return faults;
    }

    private Map<String, Long> counts(String sql, @Nullable Object... values) {
        Map<String, Long> counts = new LinkedHashMap<>();
        try (Stream<Map.Entry<String, Long>> rows =
                database.rows(sql, row -> Map.entry(row.getString(1), row.getLong(2)), values)) {
            rows.forEach(row -> counts.put(row.getKey(), row.getValue()));
        }
        return counts;
    }

    /** Idempotent. */
    @Override
    public void close() {
        database.close();
        if (lock != null) {
            lock.close();
        }
    }
}
