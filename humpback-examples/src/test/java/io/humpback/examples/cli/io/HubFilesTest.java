package io.humpback.examples.cli.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.humpback.examples.cli.Ran;
import io.humpback.examples.nano.Nano;
import io.humpback.hub.Hub;
import io.humpback.hub.LoopbackHub;
import io.humpback.onnx.OnnxExport;
import io.humpback.onnx.Precision;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HubFilesTest {

    @TempDir
    Path temp;

    private LoopbackHub loopback;
    private Path pairs;

    @BeforeEach
    void start() throws IOException {
        loopback = new LoopbackHub();
        pairs = Ran.write(
                temp.resolve("pairs.jsonl"),
                "{\"instruction\": \"Who bakes in Tal?\", \"response\": \"Old Mara bakes in Tal.\"}",
                "{\"instruction\": \"Who fishes in Tal?\", \"response\": \"Nobody does.\"}");
    }

    @AfterEach
    void stop() {
        loopback.close();
    }

    private Hub hub() throws IOException {
        return Hub.of(Map.of(
                "HF_ENDPOINT", loopback.endpoint(),
                "HF_HOME", temp.resolve("home").toString()));
    }

    private Ran run(Object... args) throws IOException {
        return Ran.with(new OnnxModels(hub()), args);
    }

    private static Map<String, byte[]> files(Path folder) throws IOException {
        Map<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(folder)) {
            for (Path file : all.toList()) {
                files.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        return files;
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String scores(Path file) throws IOException {
        return Ran.rows(file).stream()
                .map(row -> row.get("score").toString())
                .toList()
                .toString();
    }

    @Test
    void aModelOnTheHubScoresAsTheSameOnDisk() throws IOException {
        Path nano = Nano.resolve(Path.of("nano"));
        loopback.repo("org/nano").commit("main", files(nano));
        Path here = temp.resolve("here.jsonl");
        Path there = temp.resolve("there.jsonl");
        run("score", "--model", nano, "--in", pairs, "--out", here).done();
        Ran first = run("score", "--model", "org/nano", "--in", pairs, "--out", there);
        assertEquals(0, first.status(), first.err());
        assertTrue(first.err().startsWith("org/nano: fetching "), first.err());
        assertEquals(scores(here), scores(there));
        loopback.takeRequests();
        run("score", "--model", "org/nano", "--in", pairs, "--out", there).done();
        assertEquals(List.of(), loopback.takeRequests());
        Ran inspected = run("inspect", "--model", "org/nano", "--json").done();
        assertTrue(inspected.summary().get("usable").booleanValue());
    }

    @Test
    void anExportedModelOnTheHubOpens() throws IOException {
        Path exported = temp.resolve("exported");
        OnnxExport.write(Nano.resolve(Path.of("nano")), exported, Precision.INT8);
        loopback.repo("org/exported").commit("main", files(exported));
        Ran ran = run("score", "--model", "org/exported", "--in", pairs, "--out", temp.resolve("out.jsonl"));
        assertEquals(0, ran.status(), ran.err());
    }

    @Test
    void whatCannotBeFetchedIsOneLine() throws IOException {
        Ran ran = run("score", "--model", "org/none", "--in", pairs, "--out", temp.resolve("out.jsonl"));
        assertEquals(1, ran.status());
        assertEquals(
                "humpback: org/none: no such path here, and no such model on " + loopback.endpoint()
                        + ", or a private one: check the name, or set HF_TOKEN to a token that may read it\n",
                ran.err());
        assertFalse(Files.exists(temp.resolve("out.jsonl")));
    }

    @Test
    void rowsComeFromADataSet() throws IOException {
        loopback.repo("datasets/org/rows")
                .commit(
                        "main",
                        Map.of(
                                "data/train.jsonl", Files.readAllBytes(pairs),
                                "data/test.jsonl", text("{\"instruction\": \"a\", \"response\": \"b\"}\n")));
        Path out = temp.resolve("out.jsonl");
        run("convert", "--in", "datasets/org/rows", "--out", out, "--json");
        assertEquals(2, Ran.rows(out).size());
        run("convert", "--in", "datasets/org/rows", "--split", "test", "--out", out, "--json");
        assertEquals("a", Ran.rows(out).get(0).get("instruction").asText());
        run("convert", "--in", "datasets/org/rows:data/train.jsonl", "--out", out, "--json");
        assertEquals(2, Ran.rows(out).size());
        Ran ran = run("convert", "--in", "datasets/org/rows", "--split", "dev", "--out", out);
        assertEquals("humpback: datasets/org/rows: found the splits test, train, expected dev\n", ran.err());
    }

    @Test
    void pagesComeFromADataSet() throws IOException {
        String page = "<html><body><h1>A</h1><p>" + "Some words of a page that is long enough to be kept. ".repeat(20)
                + "</p></body></html>";
        loopback.repo("datasets/org/pages")
                .commit(
                        "main",
                        Map.of(
                                "README.md", text("# A card\n\nIs no page."),
                                "one.html", text(page),
                                "two/three.html", text(page.replace("Some", "Other")),
                                "four.bin", text("x")));
        Path out = temp.resolve("out.jsonl");
        Ran ran = run("segment", "--in", "datasets/org/pages", "--out", out, "--json");
        assertEquals(0, ran.status(), ran.err());
        assertEquals(2, ran.summary().get("pages").asInt());
    }
}
