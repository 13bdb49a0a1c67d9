package io.humpback.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.data.web.Corpus;
import io.humpback.internal.Folders;
import io.humpback.run.store.RunStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs whose folder was changed by something else than the run. */
class DamagedRunTest {

    @TempDir
    private Path folder;

    private Path directory;
    private Path corpus;

    @BeforeEach
    void corpus() throws IOException {
        directory = folder.resolve("run");
        corpus = ScriptedLoop.corpus(folder.resolve("segments.jsonl"), 40);
    }

    private Humpback run() {
        return Humpback.at(directory)
                .base(new ScriptedLoop())
                .seed(ScriptedLoop.seed(7))
                .corpus(Corpus.segments(corpus))
                .rounds(1)
                .keepTopShare(0.3)
                .batch(8);
    }

    /** Lets a run stop where a stage begins. */
    private void stopAt(String stage) {
        RunListener stopping = new RunListener() {
            @Override
            public void began(String begun) {
                if (begun.equals(stage)) {
                    throw new CancellationException();
                }
            }
        };
        assertThrows(RunStoppedException.class, () -> run().listener(stopping).run());
    }

    private String refusal() {
        return assertThrows(DataException.class, () -> run().run()).getMessage();
    }

    private static void sql(Path directory, String statement) {
        try (Connection database = DriverManager.getConnection("jdbc:sqlite:" + directory.resolve(RunStore.FILE));
                Statement change = database.createStatement()) {
            assertTrue(change.executeUpdate(statement) > 0, statement);
        } catch (SQLException e) {
            throw new AssertionError(e);
        }
    }

    private interface Change {
        void of(Path directory) throws IOException;
    }

    private enum Damage {
        PAGE("damaged", run -> {
            byte[] bytes = Files.readAllBytes(run.resolve(RunStore.FILE));
            java.util.Arrays.fill(bytes, bytes.length / 8192 * 4096, bytes.length / 8192 * 4096 + 4096, (byte) 0);
            Files.write(run.resolve(RunStore.FILE), bytes);
        }),
        SCORE("manifest.json", run -> sql(run, "UPDATE score SET value = value + 1e-9 WHERE segment = 0")),
        LOSS("manifest.json", run -> sql(run, "UPDATE loss SET loss = loss + 1 WHERE step = 2")),
        LOSSES("M_0: found losses of 0 steps", run -> sql(run, "DELETE FROM loss WHERE model = 'M_0'")),
        ADAPTER("adapters/M_1", run -> change(run.resolve("adapters/M_1/adapter_model.safetensors"))),
        SETTINGS("adapters/M_yx", run -> change(run.resolve("adapters/M_yx/adapter_config.json"))),
        NO_ADAPTER("adapters/M_0", run -> Folders.delete(run.resolve("adapters/M_0"))),
        SWAPPED("adapters/M_0", run -> {
            Files.move(run.resolve("adapters/M_0"), run.resolve("adapters/other"));
            Files.move(run.resolve("adapters/M_1"), run.resolve("adapters/M_0"));
            Files.move(run.resolve("adapters/other"), run.resolve("adapters/M_1"));
        }),
        EXPORT("export/curated.jsonl: found", run -> change(run.resolve("export/curated.jsonl"))),
        NO_EXPORT("export/A_4.jsonl: not found", run -> Files.delete(run.resolve("export/A_4.jsonl"))),
        CARD("export/hub/README.md: found", run -> change(run.resolve("export/hub/README.md"))),
        MANIFEST("manifest.json", run -> change(run.resolve("manifest.json")));

        final String told;
        final Change change;

        Damage(String told, Change change) {
            this.told = told;
            this.change = change;
        }

        private static void change(Path file) throws IOException {
            byte[] bytes = Files.readAllBytes(file);
            bytes[bytes.length / 2] ^= 2;
            Files.write(file, bytes);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFinishedRunThatWasChangedIsNotDone(Damage damage) throws IOException {
        run().run();
        damage.change.of(directory);
        String message = refusal();
        assertTrue(message.contains(damage.told), message);
        if (damage != Damage.PAGE) {
            assertFalse(Humpback.verify(directory).isEmpty());
        }
    }

    @Test
    void whatWasChangedIsMadeAnew() throws IOException {
        Map<String, String> whole = HumpbackTest.exports(run().run().directory());
        Damage.EXPORT.change.of(directory);
        run().fromStage("export").run();
        assertEquals(whole, HumpbackTest.exports(directory));
        Damage.ADAPTER.change.of(directory);
        Damage.SCORE.change.of(directory);
        run().fromStage("score-1").run();
        assertEquals(whole, HumpbackTest.exports(directory));
    }

    @Test
    void aLostManifestIsWrittenAgain() throws IOException {
        Map<String, String> whole = HumpbackTest.exports(run().run().directory());
        Files.delete(directory.resolve("manifest.json"));
        run().run();
        assertEquals(whole, HumpbackTest.exports(directory));
    }

    @Test
    void aLostDatabaseIsFilledAgainFromTheTrainings() throws IOException {
        RunResult result = run().run();
        Map<String, String> whole = HumpbackTest.exports(directory);
        Map<Integer, Double> losses = result.losses("M_0");
        Files.delete(directory.resolve(RunStore.FILE));
        run().run();
        assertEquals(whole, HumpbackTest.exports(directory));
        assertEquals(losses, result.losses("M_0"));
        assertEquals(List.of(), Humpback.verify(directory));
    }

    @Test
    void anOlderDatabaseGoesOnToTheSameEnd() throws IOException {
        stopAt("score-1");
        Path older = Files.copy(directory.resolve(RunStore.FILE), folder.resolve("older"));
        Map<String, String> whole = HumpbackTest.exports(run().run().directory());
        Files.move(older, directory.resolve(RunStore.FILE), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        run().run();
        assertEquals(whole, HumpbackTest.exports(directory));
        assertEquals(List.of(), Humpback.verify(directory));
    }

    @ParameterizedTest
    @EnumSource(names = {"PAGE", "LOSSES", "SETTINGS", "NO_ADAPTER"})
    void anUnfinishedRunThatWasChangedStopsThere(Damage damage) throws IOException {
        stopAt("curate-1");
        damage.change.of(directory);
        String message = refusal();
        assertTrue(message.contains(damage.told), message);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "score-1 > augment > UPDATE attempt SET output = output || 1 WHERE segment = 3",
                "score-1 > train-M_yx > UPDATE loss SET loss = loss + 1 WHERE step = 1 AND model = 'M_yx'",
                "score-1 > segments > UPDATE segment SET title = title || 1 WHERE n = 2",
                "train-M_1 > score-1 > UPDATE score SET value = value + 0.25 WHERE segment = 3",
                "train-M_1 > curate-1 > UPDATE pick SET value = value + 1 WHERE position = 0"
            })
    void aNumberThatWasChangedInAnUnfinishedRunIsFound(String change) {
        String[] parts = change.split(" > ");
        stopAt(parts[0]);
        sql(directory, parts[2]);
        String refusal = refusal();
        assertTrue(
                refusal.contains("run.db: what stage " + parts[1] + " has stored was changed since; put back"),
                refusal);
    }

    @Test
    void aStageInTheMidstOfItsWorkDoesNotBreakTheSealOfTheOthers() throws IOException {
        RunListener stopping = new RunListener() {
            @Override
            public void advanced(String stage, long done, OptionalLong total, double secondsLeft) {
                if (stage.equals("score-1") && done < total.orElseThrow()) {
                    throw new CancellationException();
                }
            }
        };
        assertThrows(RunStoppedException.class, () -> run().listener(stopping).run());
        run().run();
        assertEquals(List.of(), Humpback.verify(directory));
    }

    @Test
    void theLogOfTheDatabaseIsTakenInAtTheEnd() throws IOException {
        RunResult result = run().run();
        result.funnel();
        Humpback.verify(directory);
        try (Stream<Path> files = Files.list(directory)) {
            assertEquals(
                    List.of("adapters", "export", "manifest.json", "run.db", "run.lock"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }
}
