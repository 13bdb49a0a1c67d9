package io.humpback.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.RowSource;
import io.humpback.data.format.Examples;
import io.humpback.data.web.Corpus;
import io.humpback.internal.AtomicFiles;
import io.humpback.quality.FunnelStep;
import io.humpback.run.Humpback.JudgedBy;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ExportTest {

    private static final List<String> FILES = List.of(
            "A_4.jsonl",
            "A_5.jsonl",
            "candidates.jsonl",
            "curated-alpaca.jsonl",
            "curated-messages.jsonl",
            "curated-prompt-completion.jsonl",
            "curated-sharegpt.jsonl",
            "curated.jsonl",
            "hub");

    @TempDir
    private static Path folder;

    private Path corpus;

    @BeforeEach
    void corpus() throws IOException {
        corpus = ScriptedLoop.corpus(folder.resolve("segments.jsonl"), 60);
    }

    private static Humpback run(Path directory, Path corpus) {
        return Humpback.at(directory)
                .base(new ScriptedLoop())
                .seed(ScriptedLoop.seed(7))
                .corpus(Corpus.segments(corpus))
                .rounds(1)
                .keepTopShare(0.3);
    }

    private RunResult run(String name) throws IOException {
        return run(folder.resolve(name), corpus).run();
    }

    private static List<Example> read(Path file) throws IOException {
        try (Stream<Example> examples = Examples.read(file, Rejects.refuse())) {
            return examples.toList();
        }
    }

    private static List<String> names(Path of) throws IOException {
        try (Stream<Path> files = Files.list(of)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void everyFormatHoldsTheKeptPairs() throws IOException {
        RunResult result = run("formats");
        List<Example> kept;
        try (Stream<KeptPair> pairs = result.kept()) {
            kept = pairs.map(pair -> pair.candidate().example()).toList();
        }
        Path export = result.directory().resolve("export");
        assertEquals(FILES, names(export));
        assertFalse(kept.isEmpty());
        for (String name : FILES) {
            if (name.startsWith("curated") || name.equals("hub")) {
                assertEquals(kept, read(export.resolve(name)), name);
            }
        }
        String alpaca =
                Files.readAllLines(export.resolve("curated-alpaca.jsonl")).get(0);
        assertTrue(alpaca.startsWith("{\"instruction\":\"Explain"), alpaca);
    }

    @Test
    void aShareOfTheKeptPairsIsTheTestSplit() throws IOException {
        RunResult result = run(folder.resolve("split"), corpus)
                .keepTopShare(0.9)
                .testShare(0.3)
                .run();
        Path hub = result.directory().resolve("export/hub");
        List<List<String>> splits = new ArrayList<>();
        for (String name : List.of("train", "test")) {
            try (Stream<JsonLines.Row> rows = RowSource.of(hub).splits(name).read(Rejects.refuse())) {
                splits.add(rows.map(row -> row.fields().get("id").textValue()).toList());
            }
        }
        long kept = result.funnel().get(3).out();
        int tested = splits.get(1).size();
        assertEquals(kept, splits.get(0).size() + tested);
        assertTrue(tested > 0.1 * kept && tested < 0.5 * kept, tested + " of " + kept);
        assertTrue(Files.readString(hub.resolve("README.md")).contains("| test share | 0.3 |"));
        assertEquals(List.of(), Humpback.verify(result.directory()));
        String refusal = assertThrows(DataException.class, () -> run(folder.resolve("split"), corpus)
                        .keepTopShare(0.9)
                        .run())
                .getMessage();
        assertTrue(refusal.contains("test share: found 0.0, expected 0.3"), refusal);
        assertTrue(refusal.contains("start again from stage export"), refusal);
    }

    @Test
    void theCardTellsHowTheDataCameAbout() throws IOException {
        RunResult result = run("card");
        String card = Files.readString(result.directory().resolve("export/hub/README.md"));
        FunnelStep augment = result.funnel().get(1);
        for (String part : List.of(
                "path: data/train-*",
                "  - name: \"prompt\"\n    list:\n    - name: \"role\"\n",
                "  - name: \"score\"\n    dtype: float64\n",
                "    num_examples: " + result.funnel().get(3).out() + "\n",
                "| base | scripted |",
                "| keep | best share 0.3 |",
                "| seed pairs | 7 |",
                "| unreadable pages and rows | 1 |",
                "| segments | 60 | near duplicate 6 | 54 |",
                "| augment | 54 | empty " + augment.dropped().get("empty") + ", response copied "
                        + augment.dropped().get("response copied") + " | " + augment.out() + " |",
                "| M\\_1 | 3 | ",
                result.adapter("M_1").fingerprint())) {
            assertTrue(card.contains(part), () -> part + " in " + card);
        }
        assertFalse(card.contains(folder.toString()), card);
    }

    @Test
    void theCardTellsHowManyOfTheKeptAreGoodOnceSomeHaveLabels() throws IOException {
        RunResult result = run("labelled");
        Path card = result.directory().resolve("export/hub/README.md");
        assertFalse(Files.readString(card).contains("What people say"));
        StringBuilder labels = new StringBuilder();
        int given = 0;
        try (Stream<JudgedPair> pairs = result.candidates()) {
            for (JudgedPair pair : pairs.toList()) {
                boolean good = pair.verdicts().get(0).kept();
                labels.append("{\"id\": \"" + pair.id() + "\", \"label\": " + good + ", \"drawn_with\": 0.5}\n");
                if (++given == 20) {
                    break;
                }
            }
        }
        Files.writeString(result.directory().resolve("labels.jsonl"), labels);
        run(result.directory(), corpus).fromStage("export").run();
        String written = Files.readString(card);
        assertTrue(written.contains("## What people say of a sample\n"), written);
        assertTrue(written.contains("| all judged | " + result.candidateCount() + " | 20 | 0."), written);
        assertTrue(written.contains("| kept | " + result.funnel().get(3).out() + " | "), written);
        assertEquals(List.of(), Humpback.verify(result.directory()));
    }

    @Test
    void verifyCoversTheFolderOfTheHub() throws IOException {
        Path directory = run("verified").directory();
        assertEquals(List.of(), Humpback.verify(directory));
        Files.writeString(directory.resolve("export/hub/README.md"), "# other\n");
        Files.delete(directory.resolve("export/hub/data/train-00000-of-00001.parquet"));
        Files.delete(directory.resolve("export/curated-sharegpt.jsonl"));
        List<String> faults = Humpback.verify(directory);
        assertEquals(3, faults.size(), faults::toString);
        assertEquals("export/curated-sharegpt.jsonl: not found", faults.get(0));
        assertTrue(faults.get(1).startsWith("export/hub/README.md: found "), faults::toString);
        assertEquals("export/hub/data/train-00000-of-00001.parquet: not found", faults.get(2));
    }

    @Test
    void whatALaterExportDoesNotHaveIsGone() throws IOException {
        Path directory = run("again").directory();
        Path half = Files.createFile(AtomicFiles.temporary(directory.resolve("export/hub/data/rows")));
        run(directory, corpus).judge(JudgedBy.LIKELIHOOD).fromStage("score-1").run();
        List<String> left =
                FILES.stream().filter(name -> !name.startsWith("A_")).toList();
        assertEquals(left, names(directory.resolve("export")));
        assertFalse(Files.exists(half));
        assertEquals(List.of(), Humpback.verify(directory));
    }

    /** The child, without DuckDB. */
    public static void main(String[] args) throws IOException {
        run(Path.of(args[0]), Path.of(args[1])).run();
    }

    @Test
    void withoutDuckDbTheFolderOfTheHubHoldsJsonLines() throws IOException, InterruptedException {
        Path directory = folder.resolve("plain");
        String classPath = Stream.of(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator))
                .filter(entry -> !entry.contains("duckdb"))
                .collect(Collectors.joining(File.pathSeparator));
        Process child = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        classPath,
                        ExportTest.class.getName(),
                        directory.toString(),
                        corpus.toString())
                .inheritIO()
                .start();
        assertEquals(0, child.waitFor());
        Path hub = directory.resolve("export/hub");
        assertEquals(List.of("train-00000-of-00001.jsonl"), names(hub.resolve("data")));
        assertEquals(
                read(directory.resolve("export/curated.jsonl")), read(hub.resolve("data/train-00000-of-00001.jsonl")));
        assertTrue(Files.readString(hub.resolve("README.md")).contains("load_dataset(\"json\", "));
        assertEquals(List.of(), Humpback.verify(directory));
    }
}
