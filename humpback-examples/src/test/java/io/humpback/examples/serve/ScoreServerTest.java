package io.humpback.examples.serve;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.http.LocalExchange;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScoreServerTest {

    private static final String JSON = "application/json";
    private static final String LINES = "application/x-ndjson";
    private static final Limits LIMITS = new Limits(4, 8, 1, Duration.ofSeconds(20), 100_000, Duration.ofSeconds(1));

    private final HttpClient client = HttpClient.newHttpClient();
    private final GatedJudge judge = new GatedJudge();
    private final Metrics metrics = new Metrics();
    private ScoreServer server;

    @BeforeEach
    void start() throws IOException {
        server = ScoreServer.start(LocalExchange.loopback(), 0, LIMITS, metrics);
        judge.gate.release();
        server.open(judge, JsonLines.row().put("model", "m"));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(server.address().resolve(path)).timeout(Duration.ofSeconds(30));
    }

    private HttpResponse<String> get(String path) throws Exception {
        return client.send(to(path).build(), BodyHandlers.ofString());
    }

    private HttpRequest post(String path, String type, String body) {
        return to(path).header("Content-Type", type)
                .POST(BodyPublishers.ofString(body))
                .build();
    }

    private HttpResponse<String> send(HttpRequest request) throws Exception {
        return client.send(request, BodyHandlers.ofString());
    }

    private CompletableFuture<HttpResponse<String>> begin(HttpRequest request) {
        return client.sendAsync(request, BodyHandlers.ofString());
    }

    private static String pair(String response) {
        return "{\"instruction\": \"i\", \"response\": \"" + response + "\"}";
    }

    private static JsonNode json(String text) throws IOException {
        return new ObjectMapper().readTree(text);
    }

    /** What comes back on a connection of its own until the server ends it. */
    private String raw(String request) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", server.address().getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private void awaitWaiting(int pairs) throws Exception {
        for (int i = 0; i < 400 && !get("/metrics").body().contains("humpback_queue_pairs " + pairs + "\n"); i++) {
            Thread.sleep(20);
        }
    }

    @Test
    void onePairIsAnsweredWithItsScoreItsIdAndItsJudge() throws Exception {
        judge.gate.release();
        HttpResponse<String> answer =
                send(post("/score", JSON, "{\"id\": 7, \"instruction\": \"i\", \"response\": \"four\"}"));
        assertEquals(200, answer.statusCode());
        assertEquals(json("{\"id\":7,\"score\":4.0,\"judge\":{\"model\":\"m\"}}"), json(answer.body()));
        assertEquals("no-store", answer.headers().firstValue("Cache-Control").orElseThrow());
    }

    @Test
    void rowsAreAnsweredInTheirOrderAndABadOneIsAnErrorInItsPlace() throws Exception {
        judge.gate.release(100);
        String rows = String.join(
                "\n", pair("a"), "no row", pair(""), pair("fail"), "{\"instruction\": \"i\"}", "[1]", pair("bb"), "");
        HttpResponse<String> answer = send(post("/scores", LINES, rows));
        assertEquals(200, answer.statusCode());
        List<String> lines = answer.body().lines().toList();
        assertEquals(7, lines.size(), answer.body());
        for (int i = 0; i < 7; i++) {
            assertEquals(i + 1, json(lines.get(i)).get("row").intValue());
        }
        assertEquals(1.0, json(lines.get(0)).get("score").doubleValue());
        assertTrue(json(lines.get(1)).get("error").textValue().startsWith("not JSON"), lines.get(1));
        assertEquals(
                "empty: response has no text", json(lines.get(2)).get("error").textValue());
        assertTrue(json(lines.get(3)).get("error").textValue().contains("failed on purpose"), lines.get(3));
        assertEquals(
                "response: missing, expected a text",
                json(lines.get(4)).get("error").textValue());
        assertTrue(json(lines.get(5)).get("error").textValue().contains("expected an object"), lines.get(5));
        assertEquals(2.0, json(lines.get(6)).get("score").doubleValue());
    }

    @Test
    void rowsComeBackWhileOthersAreComputed() throws Exception {
        judge.gate.release(1);
        String rows =
                IntStream.range(0, 40).mapToObj(i -> pair("x".repeat(i + 1))).collect(Collectors.joining("\n"));
        HttpResponse<java.util.stream.Stream<String>> answer =
                client.send(post("/scores", LINES, rows), BodyHandlers.ofLines());
        var lines = answer.body().iterator();
        assertEquals(1.0, json(lines.next()).get("score").doubleValue()); // no other batch is let through
        judge.gate.release(100);
        for (int i = 1; i < 40; i++) {
            assertEquals(i + 1.0, json(lines.next()).get("score").doubleValue());
        }
        assertFalse(lines.hasNext());
    }

    @Test
    void aFullQueueIsToldWithTheTimeToComeBack() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> waiting = new ArrayList<>();
        for (int i = 0; i < 5; i++) { // one is worked on, four wait
            waiting.add(begin(post("/score", JSON, pair("a".repeat(i + 1)))));
            awaitWaiting(i);
        }
        HttpResponse<String> refused = send(post("/score", JSON, pair("b")));
        assertEquals(503, refused.statusCode());
        assertTrue(Integer.parseInt(refused.headers().firstValue("Retry-After").orElseThrow()) >= 1);
        judge.gate.release(100);
        for (int i = 0; i < 5; i++) {
            HttpResponse<String> answer = waiting.get(i).get(20, TimeUnit.SECONDS);
            assertEquals(200, answer.statusCode());
            assertEquals(i + 1.0, json(answer.body()).get("score").doubleValue());
        }
    }

    @Test
    void moreStreamsThanMayBeAreRefused() throws Exception {
        CompletableFuture<HttpResponse<String>> first = begin(post("/scores", LINES, pair("a")));
        awaitWaiting(0);
        for (int i = 0; judge.batches.size() < 2 && i < 1000; i++) {
            Thread.sleep(10);
        }
        HttpResponse<String> second = send(post("/scores", LINES, pair("b")));
        assertEquals(503, second.statusCode());
        assertTrue(second.headers().firstValue("Retry-After").isPresent());
        judge.gate.release(100);
        assertEquals(200, first.get(20, TimeUnit.SECONDS).statusCode());
    }

    @Test
    void aDeadlineEndsTheWaitingAndThePairIsNotComputed() throws Exception {
        CompletableFuture<HttpResponse<String>> first = begin(post("/score", JSON, pair("first")));
        for (int i = 0; judge.batches.size() < 2 && i < 1000; i++) {
            Thread.sleep(10);
        }
        HttpRequest hurried = to("/score")
                .header("Content-Type", JSON)
                .header("Deadline-Seconds", "0.2")
                .POST(BodyPublishers.ofString(pair("hurried")))
                .build();
        assertEquals(504, send(hurried).statusCode());
        judge.gate.release(100);
        assertEquals(200, first.get(20, TimeUnit.SECONDS).statusCode());
        assertEquals(200, send(post("/score", JSON, pair("after"))).statusCode());
        assertTrue(judge.batches.stream().noneMatch(batch -> batch.contains("hurried")), judge.batches::toString);
    }

    @Test
    void rowsThatTheDeadlineFindsWithoutAScoreAreErrors() throws Exception {
        HttpRequest hurried = to("/scores")
                .header("Content-Type", LINES)
                .header("Deadline-Seconds", "0.3")
                .POST(BodyPublishers.ofString((pair("a") + "\n").repeat(50)))
                .build();
        List<String> lines = send(hurried).body().lines().toList();
        assertEquals(50, lines.size());
        assertTrue(lines.get(49).contains("no score before the deadline"), lines.get(49));
    }

    @Test
    void whatIsNoPairIsRefusedWithAReason() throws Exception {
        for (String body : List.of(
                "",
                "{",
                "[]",
                "null",
                "{}",
                "{\"instruction\": 1, \"response\": \"r\"}",
                pair("a") + " " + pair("b"),
                "{\"instruction\": \"i\", \"instruction\": \"j\", \"response\": \"r\"}",
                "{\"id\": [1], \"instruction\": \"i\", \"response\": \"r\"}",
                "{\"id\": \"" + "x".repeat(201) + "\", \"instruction\": \"i\", \"response\": \"r\"}",
                "{\"instruction\": \"i\", \"response\": \"raw \u0001 control\"}",
                "[".repeat(100_000))) {
            HttpResponse<String> answer = send(post("/score", JSON, body));
            assertEquals(400, answer.statusCode(), body);
            assertFalse(json(answer.body()).get("error").textValue().isBlank(), body);
        }
        assertEquals(1, judge.batches.size(), "the judge saw its warm-up alone");
    }

    @Test
    void escapedControlCharactersAreTextLikeAnyOther() throws Exception {
        judge.gate.release();
        HttpResponse<String> answer = send(post("/score", JSON, pair("\\u0000\\u001b\\ud83d\\ude00")));
        assertEquals(4.0, json(answer.body()).get("score").doubleValue());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "text/plain",
                "application/x-www-form-urlencoded",
                "multipart/form-data",
                "application/json; charset=utf-16",
                "application/jsonx"
            })
    void otherTypesAreRefused(String type) throws Exception {
        assertEquals(415, send(post("/score", type, pair("a"))).statusCode());
        assertEquals(415, send(post("/scores", type, pair("a"))).statusCode());
    }

    @Test
    void packedBodiesAndBytesThatAreNotUtf8AreRefused() throws Exception {
        HttpRequest packed = to("/score")
                .header("Content-Type", JSON)
                .header("Content-Encoding", "gzip")
                .POST(BodyPublishers.ofString(pair("a")))
                .build();
        assertEquals(415, send(packed).statusCode());
        for (byte[] body : List.of(
                pair("\u00e4").getBytes(StandardCharsets.ISO_8859_1), pair("a").getBytes(StandardCharsets.UTF_16))) {
            HttpRequest request = to("/score")
                    .header("Content-Type", JSON)
                    .POST(BodyPublishers.ofByteArray(body))
                    .build();
            assertEquals(400, send(request).statusCode());
        }
    }

    @Test
    void bodiesThatAreTooLongAreRefusedBeforeTheyAreRead() throws Exception {
        String head = "POST /scores HTTP/1.1\r\nHost: 127.0.0.1:"
                + server.address().getPort() + "\r\nContent-Type: " + LINES + "\r\n";
        assertTrue(raw(head + "Content-Length: 100001\r\n\r\n").startsWith("HTTP/1.1 413"));
        assertTrue(raw(head + "Content-Length: 9000000000000000000\r\n\r\n").startsWith("HTTP/1.1 413"));
        String chunked =
                head + "Transfer-Encoding: chunked\r\n\r\n" + "20000\r\n" + "x".repeat(0x20000) + "\r\n0\r\n\r\n";
        assertTrue(raw(chunked).startsWith("HTTP/1.1 413"));
    }

    @Test
    void aClientThatSendsAllOfATooLongBodyFirstReadsWhyItWasRefused() throws Exception {
        String body = "x".repeat(12 << 20);
        String head = "POST /scores HTTP/1.1\r\nHost: 127.0.0.1:"
                + server.address().getPort() + "\r\nContent-Type: " + LINES + "\r\n";
        assertTrue(raw(head + "Content-Length: " + body.length() + "\r\n\r\n" + body)
                .startsWith("HTTP/1.1 413"));
    }

    @Test
    void aClientThatSendsTooSlowlyIsCutOff() throws Exception {
        for (String slow : List.of(
                "POST /score HTT",
                "POST /score HTTP/1.1\r\nHost: 127.0.0.1:" + server.address().getPort() + "\r\nContent-Type: " + JSON
                        + "\r\nContent-Length: 50\r\n\r\n{\"instr")) {
            long start = System.nanoTime();
            assertEquals("", raw(slow));
            assertTrue(System.nanoTime() - start < 15_000_000_000L, "cut off after the second that it has");
        }
        judge.gate.release();
        assertEquals(200, send(post("/score", JSON, pair("a"))).statusCode());
    }

    @Test
    void aClientThatHasSentHalfAndHangsUpIsForgotten() throws Exception {
        for (int i = 0; i < 50; i++) {
            try (Socket socket = new Socket("127.0.0.1", server.address().getPort())) {
                socket.getOutputStream()
                        .write(("POST /score HTTP/1.1\r\nHost: 127.0.0.1:"
                                        + server.address().getPort() + "\r\nContent-Type: " + JSON
                                        + "\r\nContent-Length: 50\r\n\r\n{\"instr")
                                .getBytes(StandardCharsets.US_ASCII));
                if (i % 2 == 0) {
                    socket.shutdownOutput();
                }
            }
        }
        judge.gate.release();
        assertEquals(200, send(post("/score", JSON, pair("a"))).statusCode());
        assertEquals(2, judge.batches.size());
    }

    @Test
    void aStreamWhoseClientReadsNothingEndsAndMakesRoom() throws Exception {
        judge.gate.release(1_000_000);
        String rows = "{\"id\":\"" + "x".repeat(190) + "\",\"response\":1}\n";
        String body = rows.repeat(99_000 / rows.length());
        try (Socket socket = new Socket()) {
            socket.setReceiveBufferSize(1024);
            socket.connect(
                    new java.net.InetSocketAddress("127.0.0.1", server.address().getPort()));
            for (int i = 0; i < 200; i++) { // more answers than the buffers between the two hold
                try {
                    socket.getOutputStream()
                            .write(("POST /scores HTTP/1.1\r\nHost: 127.0.0.1:"
                                            + server.address().getPort() + "\r\nContent-Type: " + LINES
                                            + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                                    .getBytes(StandardCharsets.US_ASCII));
                } catch (IOException e) {
                    break; // the server has had enough
                }
            }
            for (int i = 0; i < 500 && !metrics.text().contains("status=\"aborted\""); i++) {
                Thread.sleep(20);
            }
            assertTrue(metrics.text().contains("{path=\"/scores\",status=\"aborted\"} 1"), metrics::text);
        }
        assertEquals(200, send(post("/scores", LINES, pair("a"))).statusCode());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"/", "/scor", "/score/", "/score/../metrics", "/..%2fetc/passwd", "/%00", "/SCORE", "/score%3Fx"
            })
    void otherPathsAreNotFound(String path) throws Exception {
        String answer = raw("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:"
                + server.address().getPort() + "\r\nConnection: close\r\n\r\n");
        assertTrue(answer.startsWith("HTTP/1.1 404"), answer);
        assertFalse(answer.contains("root:"), answer);
        String counted = "humpback_requests_total{path=\"other\",status=\"404\"} 1";
        for (int i = 0; i < 400 && !metrics.text().contains(counted); i++) { // after the answer is sent
            Thread.sleep(20);
        }
        assertTrue(metrics.text().contains(counted), metrics::text);
    }

    @Test
    void otherMethodsAreRefused() throws Exception {
        assertEquals(405, get("/score").statusCode());
        assertEquals("POST", get("/scores").headers().firstValue("Allow").orElseThrow());
        assertEquals(405, send(post("/metrics", JSON, "{}")).statusCode());
    }

    @Test
    void pagesOfBrowsersAndNamesThatWerePointedHereAreRefused() throws Exception {
        HttpRequest page = to("/score")
                .header("Content-Type", JSON)
                .header("Origin", "http://127.0.0.1:" + server.address().getPort())
                .POST(BodyPublishers.ofString(pair("a")))
                .build();
        assertEquals(403, send(page).statusCode());
        for (String host : List.of("evil.example:" + server.address().getPort(), "127.0.0.1", "")) {
            String answer = raw("GET /metrics HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
            assertTrue(answer.startsWith("HTTP/1.1 403"), answer);
        }
    }

    @Test
    void itIsAliveBeforeItIsReady() throws Exception {
        try (ScoreServer opening = ScoreServer.start(LocalExchange.loopback(), 0, LIMITS, new Metrics())) {
            URI there = opening.address();
            assertEquals(
                    200,
                    send(HttpRequest.newBuilder(there.resolve("/health")).build())
                            .statusCode());
            assertEquals(
                    503,
                    send(HttpRequest.newBuilder(there.resolve("/ready")).build())
                            .statusCode());
            HttpResponse<String> early = send(HttpRequest.newBuilder(there.resolve("/score"))
                    .header("Content-Type", JSON)
                    .POST(BodyPublishers.ofString(pair("a")))
                    .build());
            assertEquals(503, early.statusCode());
            assertTrue(early.headers().firstValue("Retry-After").isPresent());
        }
        assertEquals(200, get("/ready").statusCode());
        assertEquals("m", json(get("/ready").body()).at("/judge/model").textValue());
    }

    @Test
    void whenItStopsWhatWasTakenOnIsAnsweredAndNothingElse() throws Exception {
        CompletableFuture<HttpResponse<String>> taken = begin(post("/score", JSON, pair("taken")));
        for (int i = 0; judge.batches.size() < 2 && i < 1000; i++) {
            Thread.sleep(10);
        }
        Thread stop = new Thread(() -> server.drain(Duration.ofSeconds(20)));
        stop.start();
        for (int i = 0; i < 400 && get("/ready").statusCode() == 200; i++) {
            Thread.sleep(10);
        }
        assertEquals(503, send(post("/score", JSON, pair("late"))).statusCode());
        judge.gate.release(100);
        assertEquals(200, taken.get(20, TimeUnit.SECONDS).statusCode());
        stop.join(20_000);
        assertFalse(stop.isAlive());
    }

    @Test
    void whatTakesLongerThanTheGraceIsToldThatItStops() throws Exception {
        CompletableFuture<HttpResponse<String>> one = begin(post("/score", JSON, pair("one")));
        CompletableFuture<HttpResponse<String>> rows = begin(post("/scores", LINES, pair("a") + "\n" + pair("b")));
        for (int i = 0; judge.batches.size() < 2 && i < 1000; i++) {
            Thread.sleep(10);
        }
        awaitWaiting(2);
        server.drain(Duration.ofMillis(100));
        assertEquals(503, one.get(20, TimeUnit.SECONDS).statusCode());
        List<String> lines = rows.get(20, TimeUnit.SECONDS).body().lines().toList();
        assertEquals(2, lines.size());
        assertEquals("the service stops", json(lines.get(1)).get("error").textValue());
    }
}
