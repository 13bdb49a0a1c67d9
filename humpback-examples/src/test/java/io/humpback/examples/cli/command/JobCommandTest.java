package io.humpback.examples.cli.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.bench.job.StubServer;
import io.humpback.examples.bench.job.StubServer.Mode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JobCommandTest {

    @TempDir
    private Path folder;

    private Path pairs() throws IOException {
        return Ran.write(
                folder.resolve("pairs.csv"),
                "question,answer,human",
                "Who built the mill?,The old miller built it by the river.,4",
                "\"Who, then?\",\"- The baker, who sold bread.\",2",
                "Who slept?,Nobody did.,1");
    }

    private static Ran job(Object... words) {
        List<Object> all = new ArrayList<>(List.of("bench", "job"));
        all.addAll(List.of(words));
        return Ran.onnx(all.toArray());
    }

    private static Ran job(List<Object> words, Mode mode) throws IOException {
        URI url = StubServer.free();
        List<Object> all = new ArrayList<>(words);
        all.addAll(List.of("--server", url, "--"));
        all.addAll(StubServer.command(url, mode));
        return job(all.toArray());
    }

    @Test
    void aServerIsGivenThePromptsOfTheScorer() throws IOException {
        Path figures = folder.resolve("figures.json");
        Ran ran = job(
                List.of(
                        "--job",
                        "score",
                        "--model",
                        "nano",
                        "--in",
                        pairs(),
                        "--fields",
                        "question,answer",
                        "--rows",
                        2,
                        "--clients",
                        "1,3",
                        "--json",
                        figures),
                Mode.COUNTS);
        assertEquals(0, ran.status(), ran.err());
        List<String> lines = ran.out().lines().toList();
        assertEquals(4, lines.size(), ran.out());
        assertTrue(lines.get(0).matches("humpback +[0-9.]+ pairs/s .*\"rows\":2,.*"), ran.out());
        assertTrue(lines.get(1).matches("server_1 +[0-9.]+ pairs/s .*\"ratings\":2.*"), ran.out());
        assertTrue(lines.get(2).matches("server_3 +[0-9.]+ pairs/s .*"), ran.out());
        assertTrue(lines.get(3).matches("humpback +[0-9.]+ times the rate of server_[13]"), ran.out());
        JsonNode json = Ran.read(Files.readString(figures));
        assertEquals("score", json.get("job").textValue());
        assertEquals("nano", json.get("model").textValue());
        assertEquals("fp32", json.get("humpback").get("precision").textValue());
        assertFalse(json.get("server_1").has("precision"));
        assertEquals(
                json.get("humpback").get("prompt_tokens").longValue(),
                json.get("server_3").get("prompt_tokens").longValue());
        assertEquals(1, json.get("humpback").get("seconds").size());
        assertTrue(json.get("ratio").get("value").doubleValue() > 0);
    }

    @Test
    void otherTokensOfAServerAreTold() throws IOException {
        Path pages = Files.writeString(
                folder.resolve("pages.html"), SegmentCommandTest.page("Kettles", SegmentCommandTest.text("kettle")));
        Ran ran = job(
                List.of(
                        "--job",
                        "write",
                        "--model",
                        "nano",
                        "--pages",
                        pages,
                        "--segments",
                        1,
                        "--max-tokens",
                        4,
                        "--clients",
                        2),
                Mode.WORDS);
        assertEquals(0, ran.status(), ran.err());
        List<String> lines = ran.out().lines().toList();
        assertEquals(5, lines.size(), ran.out());
        assertTrue(lines.get(0).matches("humpback +[0-9.]+ tokens/s .*\"tokens\":4}"), ran.out());
        assertTrue(lines.get(3).matches("server_2: prompt_tokens \\d+, where humpback has \\d+"), ran.out());
        assertEquals("server_2: tokens 1, where humpback has 4", lines.get(4));
    }

    @Test
    void fewerRowsThanAskedForAreRefused() throws IOException {
        Path in = pairs();
        Ran ran = job("--job", "score", "--model", "nano", "--in", in, "--fields", "question,answer", "--rows", 9);
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: " + in + ": found 3 rows, expected --rows = 9",
                ran.err().strip());
    }

    @Test
    void aServerThatDiesEndsItWithOneLine() throws IOException {
        List<Object> words = List.of(
                "--job", "score", "--model", "nano", "--in", pairs(), "--fields", "question,answer", "--clients", 1);
        Ran ran = job(words, Mode.DIES);
        assertEquals(1, ran.status());
        assertEquals(1, ran.err().lines().count(), ran.err());
        assertTrue(ran.err().contains("its command has ended with 9: out of memory in slot 0"), ran.err());
        assertEquals("", ran.out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--job score",
                "--job score --model nano",
                "--job write --model nano",
                "--job sing --model nano",
                "--job loop --model nano",
                "--job loop --server http://127.0.0.1:1 -- x",
                "--job score --model nano --in x --reps 0",
                "--job score --model nano --in x --rows 0",
                "--job score --model nano --in x --clients 0",
                "--job score --model nano --in x --clients 1,many",
                "--job score --model nano --in x --server http://127.0.0.1:1",
                "--job score --model nano --in x -- llama-server",
                "--job score --model nano --in x --server https://127.0.0.1:1 -- x",
                "--job score --model nano --in x --server http://127.0.0.1:1/v1 -- x",
                "--job score --model nano --in x --fields question"
            })
    void wrongUseIsToldBeforeAnythingIsStarted(String line) {
        Ran ran = Ran.command((Object[]) ("bench job " + line).strip().split(" "));
        assertEquals(2, ran.status(), ran.err());
        assertEquals(1, ran.err().lines().count(), ran.err());
    }
}
