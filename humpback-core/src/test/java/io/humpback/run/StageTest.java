package io.humpback.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.web.Corpus;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.run.Humpback.JudgedBy;
import io.humpback.run.store.FaultHook;
import io.humpback.run.store.RunStore;
import io.humpback.run.store.Settings.Setting;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageTest {

    @TempDir
    private Path folder;

    private static final Corpus EMPTY = new Corpus() {
        @Override
        public Stream<Segment> segments(Rejects rejects, SegmentFunnel funnel) {
            return Stream.empty();
        }

        @Override
        public String fingerprint() {
            return "empty";
        }
    };

    private Humpback run() {
        return Humpback.at(folder)
                .base(new ScriptedLoop())
                .seed(ScriptedLoop.seed(1))
                .corpus(EMPTY);
    }

    private static List<String> names(Humpback run) {
        return Stage.of(run.settings()).stream().map(Stage::name).toList();
    }

    @Test
    void theSettingsDecideWhichStagesThereAre() {
        assertEquals(
                List.of(
                        "seed",
                        "segments",
                        "train-M_yx",
                        "augment",
                        "train-M_0",
                        "ifd",
                        "score-1",
                        "curate-1",
                        "train-M_1",
                        "export"),
                names(run().rounds(1).ifd(1)));
        assertEquals(
                List.of("seed", "segments", "train-M_yx", "augment", "train-M_0", "curate-1", "train-M_1", "export"),
                names(run().rounds(1).judge(JudgedBy.NONE)));
    }

    @Test
    void aSettingBelongsToTheFirstStageThatUsesIt() throws IOException {
        RunSettings settings = run().settings();
        Map<String, Setting> all = Stage.settingsOf(Stage.of(settings), settings);
        assertEquals("train-M_yx", all.get("base").usedFrom());
        assertEquals(new Setting("off", "score-1"), all.get("ifd"));
        assertEquals("score-1", all.get("judge").usedFrom());
        assertEquals(new Setting("best share 0.2", "curate-1"), all.get("keep"));
        settings = run().ifd(1.5).settings();
        all = Stage.settingsOf(Stage.of(settings), settings);
        assertEquals(new Setting("below 1.5", "ifd"), all.get("ifd"));
    }

    @Test
    void storedStagesAreFoundInTheOrderOfTheMethod() throws IOException {
        try (RunStore store = RunStore.open(folder, FaultHook.NONE)) {
            List<String> order = List.of("seed", "augment", "ifd", "score-2", "curate-2", "train-M_2", "export");
            List.of("export", "curate-2", "ifd", "augment", "train-M_2", "seed", "score-2")
                    .forEach(name -> store.stages.addSeconds(name, 1));
            assertEquals(order, Stage.begun(store).stream().map(Stage::name).toList());
            store.stages.addSeconds("distil-1", 1);
            String message =
                    assertThrows(DataException.class, () -> Stage.begun(store)).getMessage();
            assertTrue(message.contains("distil-1"), message);
        }
    }

    @Test
    void aFilterThatIsAddedIsRefusedFromALaterStage() throws IOException {
        assertNothingNew(run().rounds(1)); // an empty corpus
        String message = assertThrows(
                        DataException.class,
                        () -> run().rounds(1).ifd(1.5).fromStage("score-1").run())
                .getMessage();
        assertTrue(message.contains("ifd: found below 1.5, expected off"), message);
        assertTrue(message.contains("start again from stage ifd"), message);
        assertNothingNew(run().rounds(1).ifd(1.5).fromStage("ifd"));
    }

    private static void assertNothingNew(Humpback run) {
        String message = assertThrows(DataException.class, run::run).getMessage();
        assertTrue(message.contains("M_1 has nothing new to learn"), message);
    }
}
