package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LikelihoodCommandTest {

    @TempDir
    private Path folder;

    @Test
    void aCompletionIsTakenAsIdsOrAsText() throws IOException {
        Path in = Ran.write(
                folder.resolve("in.jsonl"),
                "{\"prompt\": \"a b\", \"completion\": \"c d e\"}",
                "{\"prompt_ids\": [1], \"completion\": \"ignored\", \"completion_ids\": [8, 9]}",
                "{\"prompt\": \"a b\", \"completion\": \"\"}",
                "{\"prompt\": \"a b\", \"completion\": \"1 2 3 4 5 6 7 8 9\"}");
        Path out = folder.resolve("out.jsonl");
        JsonNode summary = Ran.scripted(
                        () -> FakeLanguageModel.create().contextLength(10),
                        "likelihood",
                        "--model",
                        "m",
                        "--in",
                        in,
                        "--out",
                        out,
                        "--json")
                .done()
                .summary();
        List<JsonNode> rows = Ran.rows(out);
        assertEquals(2, rows.size());
        assertEquals(3, rows.get(0).get("token_logprobs").size());
        assertEquals(Ran.read("[-0.5, -1.5]"), rows.get(1).get("token_logprobs"));
        assertEquals(-2.0, rows.get(1).get("log_likelihood").doubleValue());
        assertEquals(2, summary.get("rejected").intValue());
        assertEquals(5, summary.get("completion_tokens").intValue());
        double sum = rows.get(0).get("log_likelihood").doubleValue() - 2;
        assertEquals(Math.exp(-sum / 5), summary.get("perplexity").doubleValue(), 1e-9);
    }

    @Test
    void likelihoodsOfARealModelAreTheReferences() throws IOException {
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode goldens =
                Ran.JSON.readTree(model.resolve("goldens.json").toFile()).get("completion_logprobs");
        StringBuilder rows = new StringBuilder();
        goldens.forEach(golden -> rows.append(golden).append('\n'));
        Path in = Files.writeString(folder.resolve("in.jsonl"), rows);
        Path out = folder.resolve("out.jsonl");
        Ran.onnx("likelihood", "--model", model, "--in", in, "--out", out).done();
        for (JsonNode row : Ran.rows(out)) {
            assertEquals(row.get("sum").doubleValue(), row.get("log_likelihood").doubleValue(), 1e-3);
            assertEquals(
                    row.get("completion_ids").size(), row.get("token_logprobs").size());
        }
    }
}
