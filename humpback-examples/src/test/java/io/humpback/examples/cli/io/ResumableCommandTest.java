package io.humpback.examples.cli.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.examples.cli.Ran;
import io.humpback.model.ModelException;
import io.humpback.model.Prompt;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Work that is stopped again and again, against the same work in one go. */
class ResumableCommandTest {

    private static final int ROWS = 1_300;

    @TempDir
    private Path folder;

    private Path rows;

    /** Rows that every command can read, but for some; among all there are numbers and texts that could be written in other ways. */
    @BeforeEach
    void write() throws IOException {
        rows = folder.resolve("rows.jsonl");
        List<String> lines = new ArrayList<>();
        for (int i = 0; i < ROWS; i++) {
            String text = "kettle" + i + " ";
            String row = "{\"n\": " + i + ", \"small\": 1.20e-5, \"half\": \"\\ud83d\", \"text\": \"" + text.repeat(20)
                    + "\", \"instruction\": \"Why " + i + "?\", \"response\": \"Since " + i
                    + " is so.\", \"prompt\": \""
                    + text + "\", \"completion\": \"boils " + i + "\"}";
            lines.add(
                    i % 100 == 63
                            ? "no row"
                            : i % 100 == 64 ? row.replaceAll("Since \\d+ is so.|boils \\d+", "") : row);
        }
        Files.write(rows, lines);
    }

    /** Draws by the number of an item, and ends in a fault when it was asked so often. */
    private static FakeLanguageModel model(AtomicLong left, RuntimeException fault) {
        return FakeLanguageModel.create()
                .writing((prompt, item, sampling) -> {
                    asked(left, fault);
                    return "How does one look after a kettle of kind " + item + "?";
                })
                .rating(prompt -> {
                    asked(left, fault);
                    return 1 + hash(prompt) % 4001 / 1000.0;
                })
                .likelihood((prompt, id) -> {
                    asked(left, fault);
                    return -0.001 * (hash(prompt) % 5000 + 1);
                });
    }

    private static void asked(AtomicLong left, RuntimeException fault) {
        if (left.decrementAndGet() < 0) {
            throw fault;
        }
    }

    private static int hash(Prompt prompt) {
        return FakeLanguageModel.text(prompt).hashCode() & Integer.MAX_VALUE;
    }

    private static Ran run(long questions, RuntimeException fault, Path out, Object... args) {
        Object[] all = Stream.concat(Arrays.stream(args), Stream.of("--model", "m", "--out", out, "--json"))
                .toArray();
        return Ran.scripted(() -> model(new AtomicLong(questions), fault), all);
    }

    private static Ran whole(Path out, Object... args) {
        return run(Long.MAX_VALUE, new CancellationException(), out, args).done();
    }

    private static Map<String, byte[]> files(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.walk(folder)) {
            for (Path file : all.filter(Files::isRegularFile).toList()) {
                files.put(folder.relativize(file).toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    /** What a summary counts, without times. */
    private static JsonNode counts(JsonNode summary) {
        if (summary instanceof ObjectNode object) {
            object.remove(List.of("seconds", "rows_per_second"));
            object.forEach(ResumableCommandTest::counts);
        }
        return summary;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "score s.jsonl", "score s.jsonl.gz --rubrics 2", "score s.csv --by gain", "augment c.jsonl",
                "augment c.json --trained", "generate g.parquet", "likelihood l.jsonl", "curate k.jsonl --budget 100"
            })
    void stoppedAgainAndAgainTheOutputHasTheSameBytes(String line) throws IOException {
        List<String> words = new ArrayList<>(List.of(line.split(" ")));
        Path out = Files.createDirectory(folder.resolve("out")).resolve(words.remove(1));
        words.addAll(List.of("--in", rows.toString()));
        same(out, out.getParent(), words.toArray());
    }

    @Test
    void aPipelineGoesOnInItsStep() throws IOException {
        Path pages = folder.resolve("pages.html");
        StringBuilder html = new StringBuilder();
        for (int i = 0; i < 700; i++) {
            html.append("<h2>Kettle ").append(i).append("</h2><p>");
            for (int word = 0; word < 120; word++) {
                html.append("kettle")
                        .append(i * 1000 + word)
                        .append(" w")
                        .append((i * 31 + word * word) % 977)
                        .append(' ');
            }
            html.append("</p>");
        }
        Files.writeString(pages, html);
        Path out = folder.resolve("made");
        same(out, out, "pipeline", "--pages", pages, "--seed", 3);
    }

    private static void same(Path out, Path made, Object... args) throws IOException {
        JsonNode expected = counts(whole(out, args).summary());
        Map<String, byte[]> files = files(made);
        for (String file : files.keySet()) {
            Files.delete(made.resolve(file));
        }
        CancellationException stop = new CancellationException("interrupted");
        int stops = 0;
        Ran ran = run(400, stop, out, args);
        while (ran.status() == 130) {
            stops++;
            assertTrue(stops < 50, ran.err());
            ran = run(700, stop, out, args);
        }
        assertTrue(stops > 1, "stopped " + stops + " times");
        assertEquals(expected, counts(ran.done().summary()));
        Map<String, byte[]> again = files(made);
        assertEquals(files.keySet(), again.keySet());
        files.forEach((name, bytes) -> assertArrayEquals(bytes, again.get(name), name));
    }

    @Test
    void aStopSaysWhatIsDoneAndAFailureToo() throws IOException {
        Path out = folder.resolve("s.jsonl");
        String goesOn = " after 128 rows; started again, the same command goes on there\n";
        assertEquals(
                "humpback: stopped: score was interrupted" + goesOn,
                run(150, new CancellationException(), out, "score", "--in", rows)
                        .err());
        String failed = run(10, new ModelException("no more"), out, "score", "--in", rows)
                .err();
        assertEquals("score failed" + goesOn + "humpback: no more\n", failed);
        assertEquals(
                "humpback: stopped\n",
                run(50, new CancellationException(), folder.resolve("t.jsonl"), "score", "--in", rows)
                        .err());
        assertTrue(Files.notExists(folder.resolve("t.jsonl.unfinished")));
    }

    @Test
    void whatHasChangedIsRefusedByNameBeforeAModelIsLoadedUnlessAllBeginsAnew() throws IOException {
        Path out = folder.resolve("s.jsonl");
        CancellationException stop = new CancellationException();
        run(300, stop, out, "score", "--in", rows, "--rubrics", 2);
        String place = "humpback: " + folder.resolve("s.jsonl.unfinished") + ": ";
        String then = ", with which the work there was begun; --restart begins anew\n";
        assertEquals(
                place + "--rubrics: found none, expected 2" + then,
                Ran.command("score", "--model", "m", "--out", out, "--in", rows).err());
        assertEquals(
                place + "--threads: found 3, expected none" + then,
                Ran.command("score", "--model", "m", "--out", out, "--in", rows, "--rubrics", 2, "--threads", 3)
                        .err());
        assertEquals(
                place + "command: found augment, expected score" + then,
                Ran.command("augment", "--model", "m", "--out", out, "--in", rows)
                        .err());
        Files.writeString(rows, "{\"n\": 5}\n", StandardOpenOption.APPEND);
        String changed = Ran.command("score", "--model", "m", "--out", out, "--in", rows, "--rubrics", 2)
                .err();
        assertTrue(
                changed.matches(place + "--in: found content [0-9a-f]{20}, expected content [0-9a-f]{20}" + then),
                changed);
        JsonNode summary = whole(out, "score", "--in", rows, "--restart").summary();
        assertEquals(ROWS - 26, summary.get("rows").intValue());
        assertTrue(Files.notExists(folder.resolve("s.jsonl.unfinished")));
    }

    @Test
    void aPipeGoesThroughInOneGoOnly() throws IOException {
        Ran stopped = run(150, new CancellationException(), Path.of("-"), "score", "--in", rows);
        assertEquals(
                "humpback: stopped: score was interrupted after 128 rows, of which nothing is kept: they come from a pipe"
                        + " or go to standard output\n",
                stopped.err());
    }

    @Test
    void aStepWhoseFileHasChangedSinceIsRefused() throws IOException {
        Path pages = Files.writeString(
                folder.resolve("pages.html"), "<h2>Kettles</h2><p>" + "kettles are for water. ".repeat(50) + "</p>");
        Path made = folder.resolve("made");
        run(0, new CancellationException(), made, "pipeline", "--pages", pages);
        Path segments = made.resolve("segments.jsonl");
        Files.writeString(segments, "{\"text\": \"other\"}\n");
        assertEquals(
                "humpback: " + segments + ": found other rows than segment wrote, expected them for the steps that are"
                        + " left; --restart begins anew\n",
                run(9, new CancellationException(), made, "pipeline", "--pages", pages)
                        .err());
    }
}
