package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.examples.cli.terminal.RunProgress;
import io.humpback.model.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TrainCommandTest {

    @TempDir
    private Path folder;

    private Path data() throws IOException {
        return Ran.write(
                folder.resolve("seed.jsonl"),
                "{\"id\": \"a\", \"instruction\": \"Say hello.\", \"response\": \"Hello there!\"}",
                "{\"instruction\": \"Say nothing.\", \"response\": \" \"}",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"Name a colour.\"},"
                        + " {\"role\": \"assistant\", \"content\": \"Blue.\"}]}",
                "{\"prompt_ids\": [507, 10, 327], \"completion_ids\": [98, 511]}",
                "{\"messages\": [{\"role\": \"user\", \"content\": \"And now?\"}]}");
    }

    private Ran train(Path out, Object... more) throws IOException {
        Object[] args = {
            "train",
            "--model",
            Ran.shared("data/golden/tiny-llama3"),
            "--data",
            data(),
            "--out",
            out,
            "--threads",
            2,
            "--json"
        };
        Object[] all = java.util.Arrays.copyOf(args, args.length + more.length);
        System.arraycopy(more, 0, all, args.length, more.length);
        return Ran.onnx(all);
    }

    @Test
    void anAdapterIsLeftAndTakenByOtherCommands() throws IOException {
        Path out = folder.resolve("forward");
        JsonNode summary = train(out, "--direction", "forward", "--rank", 2, "--steps", 3, "--learning-rate", 0.01)
                .done()
                .summary();
        assertEquals(3, summary.get("examples").intValue());
        assertEquals(2, summary.get("rejected").intValue());
        assertEquals(3, summary.get("steps").intValue());
        assertEquals(2, Ran.rows(out.resolve("examples.rejected.jsonl")).size());
        assertEquals(3, Ran.rows(out.resolve("losses.jsonl")).size());
        Path in = Ran.write(folder.resolve("in.jsonl"), "{\"prompt_ids\": [507, 10], \"completion_ids\": [98, 251]}");
        Ran.onnx(
                        "likelihood",
                        "--model",
                        Ran.shared("data/golden/tiny-llama3"),
                        "--adapter",
                        out,
                        "--in",
                        in,
                        "--out",
                        folder.resolve("out.jsonl"))
                .done();
    }

    @Test
    void whatConvertWritesIsLearnt() throws IOException {
        Path pairs = Ran.write(
                folder.resolve("pairs.jsonl"),
                "{\"instruction\": \"Say hello.\", \"response\": \"Hello there!\"}",
                "{\"instruction\": \"Name a colour.\", \"context\": \"One.\", \"response\": \"Blue.\"}");
        for (String to : List.of("pairs", "alpaca", "sharegpt", "messages", "prompt-completion")) {
            for (String name : List.of("x.jsonl", "x.json", "x.csv", "x.parquet", "hub")) {
                Path data = folder.resolve(to + "-" + name);
                Ran.command("convert", "--in", pairs, "--to", to, "--out", data).done();
                JsonNode summary = Ran.onnx(
                                "train",
                                "--model",
                                Ran.shared("data/golden/tiny-llama3"),
                                "--data",
                                data,
                                "--out",
                                folder.resolve("t-" + to + "-" + name),
                                "--direction",
                                "forward",
                                "--rank",
                                2,
                                "--steps",
                                1,
                                "--threads",
                                2,
                                "--json")
                        .done()
                        .summary();
                assertEquals(2, summary.get("examples").intValue(), to + " " + name);
                assertEquals(0, summary.get("rejected").intValue(), to + " " + name);
            }
        }
        Ran ran = Ran.onnx(
                "train",
                "--model",
                Ran.shared("data/golden/tiny-llama3"),
                "--data",
                Ran.shared("cases/train-rejects-own-export/prompt-completion.jsonl"),
                "--out",
                folder.resolve("case"),
                "--direction",
                "forward",
                "--rank",
                2,
                "--steps",
                1,
                "--json");
        assertEquals(4, ran.done().summary().get("examples").intValue());
    }

    @Test
    void backwardTakesPairsAlone() throws IOException {
        Path plan = Files.writeString(
                folder.resolve("plan.json"), "{\"lora\": {\"rank\": 2, \"targets\": [\"q_proj\"]}, \"steps\": 1}");
        JsonNode summary = train(folder.resolve("backward"), "--direction", "backward", "--plan", plan)
                .done()
                .summary();
        assertEquals(2, summary.get("examples").intValue());
        assertEquals(3, summary.get("rejected").intValue());
    }

    @Test
    void aPlanWithAnUnknownSettingIsWrongUse() throws IOException {
        Path plan = Files.writeString(folder.resolve("plan.json"), "{\"learning_rat\": 1}");
        Ran ran = train(folder.resolve("out"), "--direction", "forward", "--plan", plan);
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("unknown setting learning_rat"), ran.err());
    }

    @Test
    void frozenWeightsIn8BitsAreAskedForByTheirOwnOption() throws IOException {
        Path out = folder.resolve("int8");
        train(out, "--direction", "forward", "--rank", 2, "--steps", 1, "--frozen", "int8")
                .done();
        Ran changed = train(out, "--direction", "forward", "--rank", 2, "--steps", 1);
        assertTrue(changed.err().contains("begun with frozen INT8, found FP32"), changed.err());
        Ran full = train(folder.resolve("full"), "--direction", "forward", "--full", "--frozen", "int8");
        assertEquals(2, full.status());
        assertTrue(full.err().contains("frozen INT8: expected FP32 where every weight is trained"), full.err());
        Ran precision = train(folder.resolve("none"), "--direction", "forward", "--precision", "int8");
        assertEquals(2, precision.status());
        assertTrue(precision.err().contains("--precision = int8: expected none, or --frozen"), precision.err());
    }

    @Test
    void aChangedPlanIsRefusedByName() throws IOException {
        Path out = folder.resolve("out");
        train(out, "--direction", "forward", "--rank", 2, "--steps", 1).done();
        Ran ran = train(out, "--direction", "forward", "--rank", 4, "--steps", 1);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("begun with lora rank 2, found 4"), ran.err());
    }

    @Test
    void whatIsLearntAndWhatIsNotIsTold() {
        assertEquals(
                "94 rows, 10 held out, 8 left out as too long, 2 without a token to learn, 3 cut; goes on after step"
                        + " 19 of 48",
                RunProgress.rows(new TrainingListener.Start(94, 10, 3, 8, 2, 19, 48, 1000)));
        assertEquals("5 rows, 0 held out", RunProgress.rows(new TrainingListener.Start(5, 0, 0, 0, 0, 0, 3, 1000)));
    }

    @Test
    void aFileWithNothingToLearnIsNamed() throws IOException {
        Path data = Ran.write(folder.resolve("empty.jsonl"), "{\"instruction\": \"Why?\", \"response\": \" \"}");
        Ran ran = Ran.onnx(
                "train",
                "--model",
                Ran.shared("data/golden/tiny-llama3"),
                "--data",
                data,
                "--direction",
                "forward",
                "--out",
                folder.resolve("out"));
        assertEquals(1, ran.status());
        assertTrue(
                ran.err()
                        .contains(data + ": no row to learn, 1 that cannot be read (see "
                                + folder.resolve("out/examples.rejected.jsonl") + "); expected at least one"),
                ran.err());
    }
}
