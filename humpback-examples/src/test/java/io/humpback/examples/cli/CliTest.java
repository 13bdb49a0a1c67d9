package io.humpback.examples.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.cli.io.Models;
import io.humpback.model.ModelException;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

class CliTest {

    private static final String PAIR = "{\"instruction\": \"Why is the sky blue?\", \"response\": \"Light scatters.\"}";

    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pipeline",
                "segment",
                "augment",
                "score",
                "curate",
                "generate",
                "likelihood",
                "export",
                "inspect",
                "bench",
                "bench make-checkpoint",
                "bench job",
                "bench gpu"
            })
    void everyCommandExplainsItself(String command) {
        Ran ran = Ran.command((Object[]) (command + " --help").split(" ")).done();
        assertTrue(ran.out().startsWith("Usage: humpback " + command + " "), ran.out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "frobnicate",
                "score --in x.jsonl",
                "score --in x --out y --model m --colour red",
                "score --in x --out y",
                "score --in x --out y --model m --rubrics 9",
                "score --in x --out y --model m --precision int3",
                "score --in x --out y --model m --threads many",
                "curate --in x --out y --threshold NaN",
                "curate --in x --out y --threshold 4 --budget 3",
                "generate --in x --out y --model m --temperature -1",
                "generate --in x --out y --model m --greedy --top-p 0.5",
                "bench --model m --only score",
                "bench --model m --only prefill_513",
                "bench --model m --reps 0",
                "bench make-checkpoint --out d --tokenizer t --like gpt-5",
                "bench gpu --like gpt-5",
                "bench gpu --number -1"
            })
    void wrongUseEndsWithTwoAndOneLineThatNamesTheHelp(String line) {
        Ran ran = Ran.command(line.isEmpty() ? new Object[0] : (Object[]) line.split(" "));
        assertEquals(2, ran.status(), ran.err());
        assertEquals("", ran.out());
        assertEquals(1, ran.err().lines().count(), ran.err());
        assertTrue(ran.err().matches("(?s)humpback[ a-z-]*: .*--help\\)\\R"), ran.err());
    }

    @ParameterizedTest
    @ValueSource(strings = {"gpu", "cuda:x", "cpu:1", "cuda --threads 2", "cpu --threads 0"})
    void devicesThatAreNoneAreWrongUse(String device) throws IOException {
        Path in = Ran.write(folder.resolve("in.jsonl"), PAIR);
        String line = "score --in " + in + " --out " + folder.resolve("out.jsonl") + " --model m --device " + device;
        Ran ran = Ran.command((Object[]) line.split(" "));
        assertEquals(2, ran.status(), ran.err());
        assertEquals(1, ran.err().lines().count(), ran.err());
        assertTrue(isEmptyButFor("in.jsonl"));
    }

    @Test
    void aFailureEndsWithOneAndOneLineWithoutAStackTrace() throws IOException {
        Path in = Ran.write(folder.resolve("in.jsonl"), PAIR);
        Models broken = (path, options) -> {
            throw new ModelException("model.gguf: tensor x:\n shape [1], expected [2]");
        };
        Ran ran = Ran.with(broken, "score", "--in", in, "--out", folder.resolve("out.jsonl"), "--model", "m");
        assertEquals(1, ran.status());
        assertEquals("humpback: model.gguf: tensor x: shape [1], expected [2]\n", unix(ran.err()));
        assertEquals("", ran.out());
        assertTrue(isEmptyButFor("in.jsonl"));
    }

    @Test
    void aFolderWithoutRowsIsRefused() throws IOException {
        Path none = Files.createDirectory(folder.resolve("none"));
        Ran ran = Ran.command("curate", "--in", none, "--out", folder.resolve("out.jsonl"));
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + none + ": no .parquet, .jsonl, .json, .csv or .tsv in this folder",
                ran.err().strip());
        assertFalse(Files.exists(folder.resolve("out.jsonl")));
    }

    @Test
    void debugAddsTheStackTraceWhereverItStands() throws IOException {
        Path missing = folder.resolve("none.jsonl");
        Path out = folder.resolve("out.jsonl");
        for (Ran ran : new Ran[] {
            Ran.command("--debug", "curate", "--in", missing, "--out", out),
            Ran.command("curate", "--in", missing, "--out", out, "--debug")
        }) {
            assertEquals(1, ran.status());
            assertTrue(ran.err().startsWith("humpback: " + missing + ": no such file or folder"), ran.err());
            assertTrue(ran.err().contains("\tat "), ran.err());
        }
    }

    @Test
    void anInterruptedCommandEndsWith130AndLeavesNothing() throws IOException {
        Path in = Ran.write(folder.resolve("in.jsonl"), PAIR, "not JSON", PAIR);
        Ran ran = Ran.scripted(
                () -> FakeLanguageModel.create().choosing((prompt, texts) -> {
                    throw new CancellationException("interrupted");
                }),
                "score",
                "--in",
                in,
                "--out",
                folder.resolve("out.jsonl"),
                "--model",
                "m");
        assertEquals(130, ran.status());
        assertEquals("humpback: stopped\n", unix(ran.err()));
        assertTrue(isEmptyButFor("in.jsonl"));
    }

    @Test
    void anInterruptionWhileReadingIsNotTakenForDamage() throws IOException {
        Path in = Ran.write(folder.resolve("in.jsonl"), "{\"score\": 5}");
        Thread.currentThread().interrupt();
        Ran ran = Ran.command("curate", "--in", in, "--out", folder.resolve("out.jsonl"));
        assertTrue(Thread.interrupted());
        assertEquals(130, ran.status(), ran.err());
        assertTrue(isEmptyButFor("in.jsonl"));
    }

    @Test
    void anOutOfMemoryErrorIsOneLineToo() throws IOException {
        Path in = Ran.write(folder.resolve("in.jsonl"), PAIR);
        Models huge = (path, options) -> {
            throw new OutOfMemoryError("Java heap space");
        };
        Ran ran = Ran.with(huge, "score", "--in", in, "--out", folder.resolve("out.jsonl"), "--model", "m");
        assertEquals(1, ran.status());
        assertTrue(ran.err().startsWith("humpback: out of memory (Java heap space): the heap may grow to "), ran.err());
        assertEquals(1, ran.err().lines().count());
    }

    private boolean isEmptyButFor(String name) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).toList().equals(List.of(name));
        }
    }

    private static String unix(String text) {
        assertFalse(text.isEmpty());
        return text.replace("\r\n", "\n");
    }

    @Test
    void whatIsReadIsNotWrittenOver(@TempDir Path folder) throws IOException {
        String row = "{\"instruction\":\"a\",\"response\":\"b\",\"score\":5}\n";
        Path rows = Files.writeString(folder.resolve("a.rejected.jsonl"), row);
        for (String command : List.of("curate", "convert", "segment")) {
            for (String out : List.of("a.rejected.jsonl", "a.jsonl")) {
                Ran ran = Ran.command(command, "--in", rows, "--out", folder.resolve(out));
                assertEquals(1, ran.status(), command);
                assertTrue(ran.err().contains(rows + ": would be written over by "), ran.err());
                assertEquals(row, Files.readString(rows));
            }
        }
    }

    @Test
    void noOptionTakesAnEmptyPathAndOnlySomeAHyphen() {
        CommandLine root = assertThrows(ParameterException.class, () -> Cli.parse("frobnicate"))
                .getCommandLine();
        Set<String> standard = new TreeSet<>();
        Deque<CommandLine> commands = new ArrayDeque<>(root.getSubcommands().values());
        int paths = 0;
        while (!commands.isEmpty()) {
            CommandSpec command = commands.remove().getCommandSpec();
            commands.addAll(command.subcommands().values());
            for (OptionSpec option : command.options()) {
                if (option.type() == Path.class
                        || List.of(option.auxiliaryTypes()).contains(Path.class)) {
                    paths++;
                    String name = command.qualifiedName().substring("humpback ".length());
                    String empty = refusal(name + " " + option.longestName(), "");
                    assertTrue(empty.contains("'" + option.longestName() + "'"), empty);
                    assertTrue(empty.contains("found an empty name, expected that of"), empty);
                    if (!refusal(name + " " + option.longestName(), "-").contains("found -, expected the name of")) {
                        standard.add(name + " " + option.longestName());
                    }
                }
            }
        }
        assertTrue(paths > 30, () -> "only some of the options");
        assertEquals(
                "attack --in, augment --in, augment --out, bench --json, bench --pairs, bench job --json, convert --in, convert --out,"
                        + " curate --in, curate --out, evaluate --earlier, evaluate --labels, evaluate --scores,"
                        + " generate --in, generate --out, likelihood --in, likelihood --out, report --labels,"
                        + " score --in, score --out, segment --out, tokenize --in, tokenize --out,"
                        + " train --data",
                String.join(", ", standard));
        Ran against = Ran.command("bench", "--model", "m", "--against", "adapter=");
        assertTrue(against.err().contains("adapter=: found an empty name"), against.err());
    }

    /** What is wrong with a command, which is not run. */
    private static String refusal(String words, String last) {
        try {
            Cli.parse(
                    Stream.concat(Stream.of(words.split(" ")), Stream.of(last)).toArray(String[]::new));
            return "";
        } catch (ParameterException e) {
            return String.valueOf(e.getMessage());
        }
    }

    @Test
    void aMisspelledCommandIsToldWhatIsNearIt() {
        Ran ran = Ran.command("scor");
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("'scor'; near it: ") && ran.err().contains("score"), ran.err());
    }
}
