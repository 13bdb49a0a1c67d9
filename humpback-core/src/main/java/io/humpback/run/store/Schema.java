package io.humpback.run.store;

/**
 * The tables of {@code run.db}. Version {@value #VERSION}, kept in SQLite's {@code user_version}.
 *
 * <p>Every item has an id derived from its content: a segment's from its source, header and text, a seed pair's from
 * instruction and response, a candidate's from its segment's id, the instruction and who wrote it. {@code n} numbers
 * the segments in the order of the corpus; all batches are cut along it, so that they depend on the inputs alone.
 *
 * <pre>
 *   setting      what the run was begun with, and the first stage that uses it
 *   stage        the stages begun; done is 1 when nothing is left to do, and seal is the hash of all that was stored then
 *   model        M_yx, M_0, ...: the adapter's folder below the run's directory, and its fingerprint
 *   loss         a row an optimizer step            held_out   a row a measurement on held-out examples
 *   seed         the seed pairs
 *   segment      what the corpus gave, near-duplicates left out
 *   counted      what became of pages and sections that left no row: counts by reason
 *   rejection    pages and rows that could not be read
 *   writer       who wrote instructions: fingerprints of model, adapter and prompt, the sampling and its seed
 *   attempt      a row a segment that was asked about: output, and the candidate (id, instruction) or reason and detail
 *   ifd          a row a candidate, where that filter is on: mean log-likelihood of the response with and without the
 *                instruction; a reason where the filter dropped it
 *   judge        who judged a round: fingerprints of model, adapter and prompt
 *   score        a row a candidate and round: value, distribution p1 to p5, outside, spread; or reason and detail
 *   pick         a row a kept candidate and round, in order; value is the score after corrections
 *   passed_over  a row a candidate and round whose score sufficed and that was left out nevertheless, with the reason;
 *                scored candidates in neither table have a score that is too low
 *   artifact     the exported files: size and SHA-256
 * </pre>
 */
final class Schema {

    static final int VERSION = 2;

    /** Marks an SQLite file as a run of this library: "hmpb". */
    static final int APPLICATION = 0x686d7062;

    static final String[] TABLES = {
        """
        CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL, used_from TEXT NOT NULL) WITHOUT ROWID""", """
        CREATE TABLE stage (name TEXT PRIMARY KEY, seconds REAL NOT NULL DEFAULT 0, done INTEGER NOT NULL DEFAULT 0,
          seal TEXT) WITHOUT ROWID""", """
        CREATE TABLE model (name TEXT PRIMARY KEY, folder TEXT NOT NULL, fingerprint TEXT NOT NULL) WITHOUT ROWID""", """
        CREATE TABLE loss (model TEXT, step INTEGER, loss REAL NOT NULL, learning_rate REAL NOT NULL,
          gradient_norm REAL NOT NULL, tokens INTEGER NOT NULL, PRIMARY KEY (model, step)) WITHOUT ROWID""", """
        CREATE TABLE held_out (model TEXT, step INTEGER, loss REAL NOT NULL, PRIMARY KEY (model, step)) WITHOUT ROWID""", """
        CREATE TABLE seed (n INTEGER PRIMARY KEY, id TEXT NOT NULL, instruction TEXT NOT NULL, response TEXT NOT NULL)""", """
        CREATE TABLE segment (n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT NOT NULL, title TEXT NOT NULL,
          header TEXT NOT NULL, position INTEGER NOT NULL, text TEXT NOT NULL)""", """
        CREATE TABLE counted (stage TEXT, position INTEGER, reason TEXT NOT NULL, count INTEGER NOT NULL,
          PRIMARY KEY (stage, position)) WITHOUT ROWID""", """
        CREATE TABLE rejection (n INTEGER PRIMARY KEY, stage TEXT NOT NULL, source TEXT NOT NULL, place TEXT NOT NULL,
          reason TEXT NOT NULL)""", """
        CREATE TABLE writer (n INTEGER PRIMARY KEY, model TEXT NOT NULL, adapter TEXT NOT NULL, prompt TEXT NOT NULL,
          sampling TEXT NOT NULL, seed INTEGER NOT NULL)""", """
        CREATE TABLE attempt (segment INTEGER PRIMARY KEY REFERENCES segment, writer INTEGER NOT NULL REFERENCES writer,
          output TEXT NOT NULL, id TEXT, instruction TEXT, reason TEXT, detail TEXT,
          CHECK ((instruction IS NULL) <> (reason IS NULL)), CHECK ((instruction IS NULL) = (id IS NULL)))""", """
        CREATE TABLE ifd (segment INTEGER PRIMARY KEY REFERENCES attempt, conditioned REAL, alone REAL, reason TEXT,
          detail TEXT)""", """
        CREATE TABLE judge (round INTEGER PRIMARY KEY, model TEXT NOT NULL, adapter TEXT NOT NULL,
          prompt TEXT NOT NULL)""", """
        CREATE TABLE score (round INTEGER REFERENCES judge, segment INTEGER REFERENCES attempt, value REAL, p1 REAL,
          p2 REAL, p3 REAL, p4 REAL, p5 REAL, outside REAL, spread REAL, reason TEXT, detail TEXT,
          PRIMARY KEY (round, segment), CHECK ((value IS NULL) <> (reason IS NULL))) WITHOUT ROWID""", """
        CREATE TABLE pick (round INTEGER, position INTEGER, segment INTEGER NOT NULL REFERENCES attempt, value REAL,
          PRIMARY KEY (round, position), UNIQUE (round, segment)) WITHOUT ROWID""", """
        CREATE TABLE passed_over (round INTEGER, segment INTEGER REFERENCES attempt, reason TEXT NOT NULL,
          detail TEXT NOT NULL, PRIMARY KEY (round, segment)) WITHOUT ROWID""", """
        CREATE TABLE artifact (name TEXT PRIMARY KEY, bytes INTEGER NOT NULL, sha256 TEXT NOT NULL) WITHOUT ROWID""",
    };

    private Schema() {}
}
