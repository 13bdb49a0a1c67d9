package io.humpback.examples.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.humpback.examples.cli.Ran;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ServeCommandTest {

    private static final String[] ROWS = {
        "{\"id\": \"a\", \"instruction\": \"What is the river?\", \"response\": \"The river is near the mill.\"}",
        "{\"id\": \"b\", \"instruction\": \"Who built the mill?\", \"response\": \"Bread.\"}",
        "{\"id\": \"c\", \"instruction\": \"Who built the mill?\", \"response\": \"The old miller built it by the"
                + " river.\"}"
    };

    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--model nano --port -1",
                "--model nano --queue 0",
                "--model nano --batch 0",
                "--model nano --streams 65",
                "--model nano --deadline 0",
                "--model nano --deadline NaN",
                "--model nano --grace 26",
                "--model nano --host no.such.host.invalid",
                "load",
                "load --in x --connections 0",
                "load --in x --abort 2",
                "load --in x --url https://127.0.0.1:1"
            })
    void wrongUseIsToldBeforeAnythingIsOpened(String line) {
        Ran ran = Ran.command((Object[]) ("serve " + line).strip().split(" "));
        assertEquals(2, ran.status(), ran.err());
        assertEquals(1, ran.err().lines().count(), ran.err());
    }

    @Test
    void aPortInUseIsNamedBeforeTheModelIsOpened() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Ran ran = Ran.command("serve", "--model", "nano", "--port", taken.getLocalPort());
            assertEquals(1, ran.status());
            assertTrue(ran.err().contains("--port = " + taken.getLocalPort() + ": is in use"), ran.err());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private boolean isReady(URI service) throws Exception {
        try {
            return send(HttpRequest.newBuilder(service.resolve("/ready"))).statusCode() == 200;
        } catch (IOException e) {
            return false; // it does not listen yet
        }
    }

    @Test
    void itScoresAsTheCommandDoesAndEndsWhenItIsInterrupted() throws Exception {
        Path scores = folder.resolve("scores.jsonl");
        Ran.onnx("score", "--model", "nano", "--in", Ran.write(folder.resolve("in.jsonl"), ROWS), "--out", scores);
        List<JsonNode> expected = Ran.rows(scores);
        URI service = URI.create("http://127.0.0.1:" + freePort());
        CompletableFuture<Ran> ended = new CompletableFuture<>();
        Thread serving = new Thread(
                () -> ended.complete(Ran.onnx("serve", "--model", "nano", "--port", service.getPort(), "--json")));
        serving.start();
        try {
            for (int i = 0; i < 600 && !isReady(service) && !ended.isDone(); i++) {
                Thread.sleep(100);
            }
            for (int i = 0; i < ROWS.length; i++) {
                HttpResponse<String> answer = send(HttpRequest.newBuilder(service.resolve("/score"))
                        .header("Content-Type", "application/json")
                        .POST(BodyPublishers.ofString(ROWS[i])));
                assertSame(expected.get(i), Ran.read(answer.body()));
            }
            HttpResponse<String> answer = send(HttpRequest.newBuilder(service.resolve("/scores"))
                    .header("Content-Type", "application/x-ndjson")
                    .POST(BodyPublishers.ofString(String.join("\n", ROWS))));
            List<String> lines = answer.body().lines().toList();
            assertEquals(ROWS.length, lines.size());
            for (int i = 0; i < ROWS.length; i++) {
                assertSame(expected.get(i), Ran.read(lines.get(i)));
            }
            Ran load = Ran.command(
                    "serve", "load", "--url", service, "--in", scores, "--requests", 30, "--connections", 3, "--json");
            assertEquals(30, load.done().summary().get("scored").intValue());
        } finally {
            serving.interrupt();
        }
        Ran ran = ended.get(60, TimeUnit.SECONDS);
        assertEquals(0, ran.status(), ran.err());
        assertEquals(36, ran.summary().get("scored").intValue());
        assertTrue(ran.err().contains("ready; Ctrl-C ends it"), ran.err());
    }

    private static void assertSame(JsonNode expected, JsonNode found) {
        assertEquals(expected.get("id"), found.get("id"));
        assertEquals(expected.get("score").doubleValue(), found.get("score").doubleValue(), 1e-4);
        assertEquals(expected.get("judge"), found.get("judge"));
        assertEquals(5, found.get("distribution").size());
    }
}
