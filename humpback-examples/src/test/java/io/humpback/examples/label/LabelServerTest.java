package io.humpback.examples.label;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LabelServerTest {

    private static final String SCRIPT = "<script>alert(1)</script>";

    @TempDir
    private Path folder;

    private final HttpClient client = HttpClient.newHttpClient();
    private LabelServer server;
    private URI page;

    @BeforeEach
    void start() throws IOException {
        List<ScoredPair> pairs = IntStream.range(0, 10)
                .mapToObj(i -> new ScoredPair("p" + i, SCRIPT, "r" + i, i))
                .toList();
        server = LabelServer.start(
                new Labelling(
                        Draw.of(pairs::forEach, 10, 1),
                        Scale.GOOD_BAD,
                        LabelFile.open(folder.resolve("labels.jsonl")),
                        Map.of(),
                        1),
                0);
        page = server.address();
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpResponse<String> get(URI address) throws Exception {
        return client.send(HttpRequest.newBuilder(address).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String what, String body, String origin, String type) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(page.resolve(what))
                .header("Content-Type", type)
                .POST(BodyPublishers.ofString(body));
        if (!origin.isEmpty()) {
            request.header("Origin", origin);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String what, String body) throws Exception {
        return post(what, body, "http://" + page.getAuthority(), "application/json");
    }

    private JsonNode state() throws Exception {
        return new ObjectMapper().readTree(get(page.resolve("state")).body());
    }

    @Test
    void itListensOnTheLoopbackInterfaceAlone() {
        assertEquals("127.0.0.1", page.getHost());
    }

    @Test
    void allThatThePageNeedsComesFromHereAndNothingElseMayLoad() throws Exception {
        for (String part : List.of("", "label.js", "label.css")) {
            HttpResponse<String> answer = get(page.resolve(part));
            assertEquals(200, answer.statusCode(), part);
            String policy =
                    answer.headers().firstValue("Content-Security-Policy").orElseThrow();
            assertTrue(policy.startsWith("default-src 'none'"), policy);
            assertFalse(policy.contains("unsafe"), policy);
            assertFalse(answer.body().contains("http:") || answer.body().contains("https:"), part);
            assertFalse(answer.body().contains("innerHTML"), part);
        }
    }

    @Test
    void withoutTheTokenThereIsNothing() throws Exception {
        URI root = URI.create("http://" + page.getAuthority() + "/");
        String other = "0".repeat(32);
        for (String path : List.of("", "state", "label.js", other + "/", other + "/state", "../" + other)) {
            HttpResponse<String> answer = get(root.resolve(path));
            assertEquals(403, answer.statusCode(), path);
            assertFalse(answer.body().contains("r0"));
        }
    }

    /** It is not sent: who still sends when the connection is closed may see a reset in place of the answer. */
    @Test
    void aBodyThatIsTooLongIsRefusedBeforeItIsRead() throws Exception {
        String root = "http://" + page.getAuthority();
        String answer = raw("POST " + page.getPath() + "label HTTP/1.1\r\nHost: " + page.getAuthority() + "\r\nOrigin: "
                + root + "\r\nContent-Type: application/json\r\nContent-Length: 70000\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 413"), answer);
    }

    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", page.getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8))
                    .readLine();
        }
    }

    @Test
    void aNameThatWasPointedHereIsRefused() throws Exception {
        String answer = raw("GET " + page.getPath() + "state HTTP/1.1\r\nHost: evil.example:" + page.getPort()
                + "\r\nConnection: close\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
    }

    @Test
    void pagesOfOtherSitesCannotLabel() throws Exception {
        String body = "{\"id\": \"" + state().get("pair").get("id").textValue() + "\", \"label\": 1}";
        assertEquals(
                403,
                post("label", body, "http://evil.example", "application/json").statusCode());
        assertEquals(403, post("label", body, "null", "application/json").statusCode());
        assertEquals(403, post("label", body, "", "application/json").statusCode());
        assertEquals(
                415,
                post("label", body, "http://" + page.getAuthority(), "text/plain")
                        .statusCode(),
                "what a form could send");
        assertEquals(0, state().get("done").intValue());
        assertEquals(200, post("label", body).statusCode());
        assertEquals(1, state().get("done").intValue());
    }

    @Test
    void badRequestsAreToldAndRecordNothing() throws Exception {
        for (String body : List.of(
                "",
                "{",
                "[]",
                "{\"id\": \"p1\"}",
                "{\"id\": \"p1\", \"label\": 7}",
                "{\"id\": \"p1\", \"label\": \"1\"}",
                "{\"id\": \"x\", \"label\": 1}")) {
            assertEquals(400, post("label", body).statusCode(), body);
        }
        assertEquals(400, post("nonsense", "{}").statusCode());
        assertFalse(Files.exists(folder.resolve("labels.jsonl")));
    }

    @Test
    void aLabelIsInTheFileBeforeItIsAnswered() throws Exception {
        post("label", "{\"id\": \"p3\", \"label\": 1, \"note\": \"n\", \"seconds\": 1.5}");
        assertTrue(Files.readString(folder.resolve("labels.jsonl")).contains("\"id\":\"p3\""));
        post("undo", "{}");
        assertEquals("", Files.readString(folder.resolve("labels.jsonl")));
    }

    @Test
    void theButtonEndsTheWork() throws Exception {
        assertEquals(200, post("finish", "{}").statusCode());
        server.awaitFinish(); // would wait for ever
    }
}
