package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.model.Prompt;
import io.humpback.model.Sampling;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GenerateCommandTest {

    @TempDir
    private Path folder;

    private Path in;
    private Path out;

    @BeforeEach
    void name() {
        in = folder.resolve("prompts.jsonl");
        out = folder.resolve("completions.jsonl");
    }

    @Test
    void eachFormOfPromptIsContinued() throws IOException {
        Ran.write(
                in,
                "{\"id\": 1, \"messages\": [{\"role\": \"system\", \"content\": \"Be brief.\"}, {\"role\": \"user\", \"content\": \"Hi\"}]}",
                "{\"id\": 2, \"prompt\": \"Once upon\"}",
                "{\"id\": 3, \"prompt_ids\": [5, 6, 7]}");
        List<Prompt> asked = new ArrayList<>();
        List<Sampling> samplings = new ArrayList<>();
        Ran ran = Ran.scripted(
                () -> FakeLanguageModel.create().writing((prompt, item, sampling) -> {
                    asked.add(prompt);
                    samplings.add(sampling);
                    return item == 1 ? "a time there was" : "fine";
                }),
                "generate",
                "--model",
                "m",
                "--in",
                in,
                "--out",
                out,
                "--json",
                "--greedy",
                "--max-tokens",
                3,
                "--stop",
                "###",
                "--stop",
                "END",
                "--stop-token",
                7,
                "--seed",
                9,
                "--ignore-eos");
        assertEquals(5, ran.done().summary().get("completion_tokens").intValue());
        List<JsonNode> rows = Ran.rows(out);
        assertEquals(
                List.of("fine", "a time there", "fine"),
                rows.stream().map(row -> row.get("completion").textValue()).toList());
        assertEquals(
                List.of("stop", "length", "stop"),
                rows.stream().map(row -> row.get("finish").textValue()).toList());
        assertEquals(3, rows.get(1).get("completion_ids").size());
        assertEquals(2, ((Prompt.Chat) asked.get(0)).messages().size());
        assertEquals(Prompt.text("Once upon"), asked.get(1));
        assertEquals(Prompt.ids(List.of(5, 6, 7)), asked.get(2));
        assertEquals(
                Sampling.greedy()
                        .maxTokens(3)
                        .stopStrings("###", "END")
                        .stopTokens(7)
                        .seed(9)
                        .ignoreEnd(true),
                samplings.get(0));
    }

    @Test
    void rowsThatAreNoPromptsAreListedWithTheReason() throws IOException {
        Ran.write(
                in,
                "{}",
                "{\"prompt\": \"x\", \"prompt_ids\": [1]}",
                "{\"prompt\": \"\"}",
                "{\"prompt_ids\": [1, -2]}",
                "{\"prompt_ids\": [1, 2.5]}",
                "{\"prompt_ids\": []}",
                "{\"messages\": []}",
                "{\"messages\": [{\"role\": \"root\", \"content\": \"x\"}]}",
                "{\"messages\": [{\"role\": \"user\"}]}",
                "{\"prompt\": \"one two three four five six\"}",
                "{\"prompt\": \"fits\"}");
        JsonNode summary = Ran.scripted(
                        () -> FakeLanguageModel.create().contextLength(6),
                        "generate",
                        "--model",
                        "m",
                        "--in",
                        in,
                        "--out",
                        out,
                        "--json")
                .done()
                .summary();
        assertEquals(1, summary.get("rows").intValue());
        List<String> reasons = Ran.rows(folder.resolve("completions.rejected.jsonl")).stream()
                .map(row -> row.get("line") + " " + row.get("reason").textValue())
                .toList();
        assertEquals(
                List.of(
                        "1 no prompt, expected one of messages, prompt, prompt_ids",
                        "2 prompt and prompt_ids, expected one of messages, prompt, prompt_ids",
                        "3 prompt: empty, expected a text",
                        "4 prompt_ids[1]: found -2, expected a token id",
                        "5 prompt_ids[1]: found 2.5, expected a token id",
                        "6 prompt_ids: found [], expected a list of token ids",
                        "7 messages: found [], expected a list of objects with role and content",
                        "8 messages[0]: role \"root\": expected system, user or assistant",
                        "9 messages[0]: content: missing, expected a text",
                        "10 prompt and completion need 7 tokens, expected at most 6"),
                reasons);
    }

    @Test
    void greedyIdsOfARealModelAreTheReferences() throws IOException {
        Path model = Ran.shared("data/golden/tiny-llama3");
        JsonNode goldens =
                Ran.JSON.readTree(model.resolve("goldens.json").toFile()).get("greedy40");
        StringBuilder rows = new StringBuilder();
        for (JsonNode golden : goldens) {
            rows.append("{\"prompt_ids\": ").append(golden.get("prompt_ids")).append("}\n");
        }
        Files.writeString(in, rows);
        Ran.onnx("generate", "--model", model, "--in", in, "--out", out, "--greedy", "--max-tokens", 40, "--ignore-eos")
                .done();
        List<JsonNode> written = Ran.rows(out);
        assertEquals(goldens.size(), written.size());
        for (int i = 0; i < written.size(); i++) { // every gap is above the tolerance of 1e-3
            assertEquals(goldens.get(i).get("new_ids"), written.get(i).get("completion_ids"));
        }
    }

    @Test
    void greedyIdsWithAnAdapterAreThoseOfPeft() throws IOException {
        Path model = Ran.shared("data/golden/tiny-llama3");
        Path training = Ran.shared("data/golden/training");
        JsonNode golden =
                Ran.JSON.readTree(training.resolve("lora.json").toFile()).get("greedy40");
        Ran.write(in, "{\"prompt_ids\": " + golden.get("prompt_ids") + "}");
        Ran.onnx(
                        "generate",
                        "--model",
                        model,
                        "--adapter",
                        training.resolve("lora-adapter"),
                        "--in",
                        in,
                        "--out",
                        out,
                        "--greedy",
                        "--max-tokens",
                        40,
                        "--ignore-eos")
                .done();
        assertEquals(golden.get("new_ids"), Ran.rows(out).get(0).get("completion_ids"));
    }

    @Test
    void anAdapterThatIsNoneEndsWithOneLine() throws IOException {
        Path model = Ran.shared("data/golden/tiny-llama3");
        Ran.write(in, "{\"prompt_ids\": [5]}");
        Ran ran = Ran.onnx("generate", "--model", model, "--adapter", folder, "--in", in, "--out", out);
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + folder + ": found neither adapter_config.json nor config.json, expected an adapter",
                ran.err().strip());
    }
}
