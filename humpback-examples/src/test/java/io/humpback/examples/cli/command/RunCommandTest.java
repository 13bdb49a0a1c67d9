package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.run.RunResult;
import io.humpback.run.ScriptedLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunCommandTest {

    @TempDir
    private Path folder;

    @Test
    void aFolderThatIsNoRunIsNamed() {
        Ran ran = Ran.command("verify", "--dir", folder);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("run.db: not found"), ran.err());
    }

    @Test
    void settingsThatAreOutOfRangeAreWrongUse() {
        Ran ran = Ran.command("run", "--dir", folder, "--model", "m", "--seed", "s", "--pages", "p", "--rounds", "0");
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("rounds = 0: expected at least 1"), ran.err());
    }

    @Test
    void theStrictStopAtASeedRowThatCannotBeRead() throws IOException {
        Path seed = folder.resolve("seed.jsonl");
        Files.writeString(seed, "{\"instruction\": \"a?\", \"response\": \"b\"}\n{\"response\": \"b\"}\n");
        Path dir = folder.resolve("run");
        Ran ran = Ran.command("run", "--dir", dir, "--model", "m", "--seed", seed, "--pages", "p", "--strict");
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("seed.jsonl: line 2: instruction: "), ran.err());
    }

    private Path alpaca() throws IOException {
        return Ran.write(
                folder.resolve("alpaca.json"),
                "[{\"instruction\": \"Why is the sky blue?\", \"input\": \"\", \"output\": \"It scatters.\"},",
                "{\"instruction\": \"Name a fish.\", \"output\": \"Trout.\"},",
                "{\"instruction\": \"Name another.\"}]");
    }

    private Ran run(Object... more) throws IOException {
        List<Object> args = new ArrayList<>(List.of("run", "--dir", folder.resolve("run"), "--model", "m"));
        args.addAll(List.of("--pages", ScriptedLoop.corpus(folder.resolve("c.jsonl"), 40)));
        args.addAll(List.of("--json", "--top-share", "0.3"));
        args.addAll(List.of(more));
        if (!args.contains("--seed")) {
            args.addAll(List.of("--seed", alpaca()));
        }
        return Ran.with((path, options) -> new ScriptedLoop(), args.toArray());
    }

    @Test
    void aRunReadsAnySeedAndLeavesItsReport() throws IOException {
        Ran ran = run("--rounds", "1", "--batch", "4", "--held-out", "0.5", "--backward-steps", "9");
        assertEquals(0, ran.status(), ran.err());
        assertEquals("alpaca", ran.summary().get("seed").get("from").textValue());
        assertEquals(2, ran.summary().get("seed").get("rows").intValue());
        assertEquals(1, ran.summary().get("seed").get("rejected").intValue());
        Path dir = folder.resolve("run");
        assertEquals(1, Ran.rows(dir.resolve("seed.rejected.jsonl")).size());
        assertEquals(
                dir.resolve("report.html").toString(),
                ran.summary().get("report").textValue());
        assertTrue(Files.readString(dir.resolve("report.html")).contains("kept for M_1"));
        RunResult result = RunResult.at(dir);
        assertTrue(result.settings().get("plan").contains("batch=4"), result.settings()::toString);
        assertTrue(result.settings().get("plan").contains("heldOut=0.5"), result.settings()::toString);
        assertTrue(result.settings().get("backward plan").contains("steps=9"), result.settings()::toString);
    }

    @Test
    void aRewardModelJudgesARunOnce() throws IOException {
        Path reward = Ran.shared("data/golden/families/reward-qwen3");
        Ran ran = run("--judge", "reward", "--reward-model", reward);
        assertEquals(0, ran.status(), ran.err());
        RunResult result = RunResult.at(folder.resolve("run"));
        assertEquals(1, result.rounds());
        assertTrue(ran.summary().get("score-1").get("out").intValue() > 10, ran.out());
        assertTrue(Files.readString(result.directory().resolve("report.html")).contains("judged by the reward model"));
        assertEquals(0, Ran.command("verify", "--dir", result.directory()).status());
        assertEquals(2, run("--judge", "reward").status());
        assertEquals(2, run("--reward-model", reward).status());
    }

    @Test
    void aSeedMayBeATableWithColumnsOfItsOwnNames() throws IOException {
        Path seed = Ran.write(
                folder.resolve("seed.csv"),
                "no;question;answer",
                "1;Why is it blue?;It scatters.",
                "2;Name a fish.;Eel.");
        Path dir = folder.resolve("run");
        Files.createDirectories(dir);
        Path left = Files.createFile(dir.resolve(".seed.jsonl.01234567-89ab-cdef-0123-456789abcdef.part"));
        Path others = Files.createFile(dir.resolve(".seed.jsonl.11234567-89ab-cdef-0123-456789abcdef.part"));
        Files.setLastModifiedTime(left, FileTime.from(Instant.now().minusSeconds(100)));
        Ran ran = run("--seed", seed, "--fields", "instruction=question,response=answer", "--dry-run");
        assertEquals(0, ran.status(), ran.err());
        assertEquals(2, ran.summary().get("seed").get("rows").intValue());
        assertEquals(
                "Why is it blue?",
                Ran.rows(dir.resolve("seed.jsonl")).get(0).get("instruction").textValue());
        assertFalse(Files.exists(left));
        assertTrue(Files.exists(others), "which may be another process's");
        ran = run("--seed", seed, "--fields", "instruction=asked,response=answer");
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("seed.csv: found the columns no, question, answer, expected asked"), ran.err());
    }

    @Test
    void aWriterAndAJudgeAreOpenedAsTheyAreNamed() throws IOException {
        List<String> opened = new ArrayList<>();
        Object[] args = {
            "run",
            "--dir",
            folder.resolve("run"),
            "--model",
            "base",
            "--precision",
            "int8",
            "--writer",
            "poet",
            "--judge-model",
            "critic",
            "--judge-precision",
            "fp32",
            "--judge-adapter",
            "tuned",
            "--top-share",
            "0.3",
            "--seed",
            alpaca(),
            "--pages",
            ScriptedLoop.corpus(folder.resolve("c.jsonl"), 40),
            "--json"
        };
        Ran ran = Ran.with(
                (path, options) -> {
                    opened.add(path + " " + options.precision() + " " + options.adapter());
                    return new ScriptedLoop(path.toString());
                },
                args);
        assertEquals(0, ran.status(), ran.err());
        assertEquals(
                List.of("critic FP32 Optional[tuned]", "poet INT8 Optional.empty", "base INT8 Optional.empty"), opened);
        RunResult result = RunResult.at(folder.resolve("run"));
        assertEquals(1, result.rounds());
        assertEquals("critic", result.settings().get("judge model"));
        assertEquals("poet", result.settings().get("writer"));
        assertEquals("base", result.settings().get("base"));
        assertTrue(Files.readString(folder.resolve("run/report.html")).contains("judge model"));
    }

    @Test
    void aJudgeThatWouldRateTheSameTwiceIsWrongUse() throws IOException {
        assertEquals(2, run("--judge-model", "j", "--rounds", "2").status());
        assertEquals(2, run("--judge-model", "j", "--judge", "none").status());
        assertEquals(
                2,
                run("--judge-model", "j", "--judge", "reward", "--reward-model", "r")
                        .status());
        Ran ran = run("--judge-precision", "int8");
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("found no --judge-model"), ran.err());
    }

    @Test
    void aReportIsMadeAnewWithLabels() throws IOException {
        assertEquals(0, run().status());
        Path dir = folder.resolve("run");
        StringBuilder rows = new StringBuilder("pair,stars\n");
        for (JsonNode row : Ran.rows(dir.resolve("export/candidates.jsonl"))) {
            rows.append(row.get("id").textValue() + "," + (rows.length() % 5 + 1) + "\n");
        }
        Path labels = Files.writeString(folder.resolve("labels.csv"), rows + "x,2\n");
        Path page = folder.resolve("page.html");
        JsonNode told = Ran.command(
                        "report",
                        "--dir",
                        dir,
                        "--labels",
                        labels,
                        "--fields",
                        "id=pair,label=stars",
                        "--out",
                        page,
                        "--json")
                .done()
                .summary();
        assertEquals(1, told.get("unmatched").intValue());
        assertTrue(Files.readString(page).contains("AUC of M_1"));
    }

    @Test
    void aDryRunTellsWhatIsUnknown() throws IOException {
        JsonNode told = run("--dry-run").summary();
        JsonNode export = told.get("export");
        assertTrue(export.get("seconds").isNull() && export.get("peak_bytes").isNull(), export::toString);
        assertTrue(export.get("disk_bytes").longValue() > 0, export::toString);
        long tokens = 0;
        for (JsonNode part : told) {
            tokens += part.has("items") ? part.get("tokens").longValue() : 0;
        }
        assertEquals(tokens, told.get("all").get("tokens").longValue());
        assertTrue(told.get("all").get("disk_bytes").longValue()
                > export.get("disk_bytes").longValue());
    }
}
