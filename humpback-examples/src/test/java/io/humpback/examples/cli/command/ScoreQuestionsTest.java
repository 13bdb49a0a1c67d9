package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import io.humpback.testing.FakeLanguageModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code score --questions}. */
class ScoreQuestionsTest {

    private static final String[] YAML = {
        "fields: [context]",
        "questions:",
        "  - name: polite",
        "    ask: Is the response polite?",
        "  - {name: use, ask: How useful is it, from: 0, to: 2, levels: {0: not at all}}",
        "  - rubric: standard"
    };

    @TempDir
    private Path folder;

    private Path in;
    private Path out;
    private FakeLanguageModel model = model();

    private static FakeLanguageModel model() {
        return FakeLanguageModel.create().choosing((prompt, texts) -> {
            String text = FakeLanguageModel.text(prompt);
            return text.contains("polite?")
                    ? new double[] {.6, .2}
                    : text.contains("useful") ? new double[] {0, .5, .5} : new double[] {0, 0, 0, 1, 0};
        });
    }

    @BeforeEach
    void name() throws IOException {
        in = Ran.write(
                folder.resolve("pairs.jsonl"),
                "{\"id\": 7, \"instruction\": \"Why?\", \"response\": \"It is the light.\", \"context\": \"A sky.\"}",
                "{\"id\": 8, \"instruction\": \"Why?\", \"response\": \"Answer:\", \"context\": \"A sky.\"}",
                "{\"id\": 9, \"instruction\": \"Why?\", \"response\": \"Because.\"}");
        out = folder.resolve("answers.jsonl");
    }

    private Ran score(String name, String[] lines, Object... more) throws IOException {
        Object[] args = {
            "score", "--in", in, "--out", out, "--model", "m", "--questions", Ran.write(folder.resolve(name), lines)
        };
        return Ran.scripted(
                () -> model, Stream.of(args, more).flatMap(Arrays::stream).toArray());
    }

    private String refused(String... lines) throws IOException {
        Ran ran = score("q.yaml", lines);
        assertEquals(1, ran.status());
        return ran.err();
    }

    @Test
    void aQuestionIsAColumn() throws IOException {
        score("q.yaml", YAML).done();
        List<JsonNode> rows = Ran.rows(out);
        assertEquals(
                List.of(7, 9),
                rows.stream().map(row -> row.get("id").intValue()).toList());
        JsonNode row = rows.get(0);
        assertEquals("A sky.", row.get("context").textValue());
        assertEquals("Why?", row.get("instruction").textValue());
        assertEquals("yes", row.get("polite").get("answer").textValue());
        assertEquals(.75, row.get("polite").get("probabilities").get("yes").doubleValue(), 1e-12);
        assertEquals(.2, row.get("polite").get("outside").doubleValue(), 1e-12);
        assertFalse(row.get("polite").has("expectation"));
        assertEquals(1.5, row.get("use").get("expectation").doubleValue(), 1e-12);
        assertEquals(.5, row.get("use").get("spread").doubleValue(), 1e-12);
        assertEquals(4, row.get("standard").get("expectation").doubleValue(), 1e-12);
        assertEquals("fake", row.get("judge").get("model").textValue());
        assertFalse(row.has("score"));
        String prompt = FakeLanguageModel.text(model.prompts().get(0));
        assertTrue(prompt.contains("<context>\nA sky.\n</context>\n\n<instruction>\nWhy?\n</instruction>"), prompt);
        assertFalse(FakeLanguageModel.text(model.prompts().get(3)).contains("context"), "there is none");
    }

    @Test
    void otherQuestionsHaveAnotherId() throws IOException {
        score("q.yaml", YAML).done();
        String id = Ran.rows(out).get(0).get("judge").get("questions").textValue();
        String[] other = YAML.clone();
        other[3] = "    ask: Is the response really polite?";
        model = model(); // the command has closed the first one
        score("q.yaml", other).done();
        assertFalse(
                Ran.rows(out).get(0).get("judge").get("questions").textValue().equals(id));
    }

    @Test
    void aListInJsonServesToo() throws IOException {
        score(
                        "q.json",
                        new String[] {
                            "[{\"name\": \"kind\", \"ask\": \"polite?\", \"options\": {\"ad\": \"it sells\", \"none\": \"\"}}]"
                        },
                        "--fields",
                        "context=id")
                .status();
        score("q.json", new String[] {"[{\"name\": \"kind\", \"ask\": \"polite?\", \"options\": [\"an ad\", \"none\"]}]"
                })
                .done();
        assertEquals("an ad", Ran.rows(out).get(0).get("kind").get("answer").textValue());
    }

    @Test
    void otherColumnsAreShownUnderTheNamesOfTheQuestions() throws IOException {
        Ran.write(in, "{\"q\": \"Why?\", \"a\": \"It is the light.\", \"passage\": \"A sky.\"}");
        score("q.yaml", YAML, "--fields", "instruction=q,response=a,context=passage")
                .done();
        assertTrue(FakeLanguageModel.text(model.prompts().get(0)).contains("<context>\nA sky.\n</context>"));
        Ran.write(in, "{\"instruction\": \"Why?\", \"response\": \"It is the light.\", \"passage\": \"A sky.\"}");
        Ran ran = score("q.yaml", YAML);
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("found the columns instruction, response, passage, expected context"), ran::err);
    }

    @Test
    void whatIsWrongInTheFileIsNamed() throws IOException {
        String file = folder.resolve("q.yaml").toString();
        assertTrue(refused("- {name: a, ask: b, option: [x, y]}")
                .contains(file + ": question 1: found the key option, expected name, ask, options, from, to, levels,"
                        + " rubric"));
        assertTrue(refused("- {name: a, ask: b}", "- {name: a, ask: c}")
                .contains("question 2: name: found a, expected one that no other question or column has"));
        assertTrue(refused("- {name: a, ask: b, options: [x, y], from: 1}")
                .contains("question 1: found the key from, expected name, ask, options"));
        assertTrue(refused("- {name: a, ask: b, from: 1, to: five}")
                .contains("question 1: to: found \"five\", expected a whole number"));
        assertTrue(refused("- {name: a, ask: b, from: 1, to: 5, levels: {6: x}}")
                .contains("question 1: question a: levels = [6]: expected numbers from 1 to 5"));
        assertTrue(refused("- {name: a}").contains("question 1: ask: missing, expected a text"));
        assertTrue(refused("- {name: response, ask: b}").contains("name: found response"));
        assertTrue(refused("- rubric: mine")
                .contains("question 1: rubric: found mine, expected one of [standard, purpose, steps]"));
        assertTrue(refused("question: []").contains("found the key question, expected fields, questions"));
        assertTrue(
                refused("fields: [Context]", "questions: [{name: a, ask: b}]").contains("fields: found \"Context\""));
        assertTrue(refused("questions: []").contains("questions: found [], expected a list of questions"));
        String flow = refused("- {name: a, ask: b");
        assertTrue(flow.contains(file + ": line 1: while parsing a flow mapping: expected"), flow);
        String twice = refused("- {name: a, name: b, ask: c}");
        assertTrue(twice.contains(file + ": line 1: Duplicate"), twice);
        assertEquals(0, model.calls());
    }

    @Test
    void questionsStandInPlaceOfARating() throws IOException {
        Ran ran = score("q.yaml", YAML, "--by", "gain");
        assertEquals(2, ran.status());
        assertTrue(ran.err().contains("--questions: found --by, --reasoned or --rubrics"), ran::err);
        assertFalse(Files.exists(out));
    }

    @Test
    void aMissingFileIsNamed() {
        Ran ran = Ran.scripted(
                () -> model,
                "score",
                "--in",
                in,
                "--out",
                out,
                "--model",
                "m",
                "--questions",
                folder.resolve("none.yaml"));
        assertEquals(1, ran.status());
        assertTrue(ran.err().contains("none.yaml"), ran::err);
    }
}
