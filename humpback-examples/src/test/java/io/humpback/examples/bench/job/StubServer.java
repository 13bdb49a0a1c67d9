package io.humpback.examples.bench.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.Ran;
import io.humpback.examples.cli.command.check.TextSide;
import io.humpback.examples.nano.Nano;
import io.humpback.onnx.text.Tokenizer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/** A server of completions in a JVM of its own: it counts tokens, and rates everything with 3. */
public final class StubServer {

    private static final AtomicInteger STATES = new AtomicInteger();
    private static final AtomicInteger COMPLETIONS = new AtomicInteger();

    private StubServer() {}

    /** How it behaves. */
    public enum Mode {
        /** Counts nano's tokens, is loading at first, and knows /health. */
        COUNTS,
        /** Counts the words of prompts, writes fewer tokens than it is told to, and knows no /health. */
        WORDS,
        /** Answers 500. */
        FAILS,
        /** Answers something else. */
        BABBLES,
        /** Ends before it listens. */
        REFUSES,
        /** Ends at its third completion. */
        DIES
    }

    /** {@return an address where nothing listens} */
    public static URI free() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return URI.create("http://127.0.0.1:" + socket.getLocalPort());
        }
    }

    /** {@return the words that start it} */
    public static List<String> command(URI url, Mode mode) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                StubServer.class.getName(),
                Integer.toString(url.getPort()),
                mode.name(),
                ServerSide.CLIENTS);
    }

    public static void main(String[] words) throws IOException {
        Mode mode = Mode.valueOf(words[1]);
        if (mode == Mode.REFUSES) {
            System.err.println("loading");
            System.err.println("no such model");
            System.exit(3);
        }
        Path nano = Nano.resolve(Path.of(Nano.NAME));
        Tokenizer tokenizer = TextSide.open(nano).tokenizer(); // is closed with the JVM
        HttpServer http = HttpServer.create(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(words[0])), 0);
        http.setExecutor(Executors.newCachedThreadPool());
        http.createContext("/health", exchange -> {
            int status = mode == Mode.COUNTS ? STATES.incrementAndGet() < 3 ? 503 : 200 : 404;
            answer(exchange, status, "{}");
        });
        http.createContext(
                "/v1/models", exchange -> answer(exchange, 200, "{\"data\": [{\"id\": \"stub\"}], \"clients\": 1}"));
        http.createContext("/v1/completions", exchange -> {
            if (mode == Mode.DIES && COMPLETIONS.incrementAndGet() == 3) {
                System.err.println("out of memory in slot 0");
                Runtime.getRuntime().halt(9);
            } else if (mode == Mode.FAILS) {
                System.err.println("slot 0 failed");
                answer(exchange, 500, "{\"error\": \"KV cache is full\"}");
            } else if (mode == Mode.BABBLES) {
                answer(exchange, 200, "{\"choices\": []}");
            } else {
                String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
                answer(exchange, 200, complete(mode, tokenizer, Ran.read(body)));
            }
        });
        http.start();
    }

    private static String complete(Mode mode, Tokenizer tokenizer, JsonNode asked) {
        String prompt = asked.path("prompt").textValue();
        int most = asked.path("max_tokens").intValue();
        boolean whole =
                asked.path("ignore_eos").asBoolean() && asked.path("min_tokens").intValue() == most;
        boolean right = asked.path("model").asText().equals("stub")
                && asked.path("temperature").asDouble(1) == 0
                && asked.path("repeat_penalty").asDouble(1.1) == 1
                && asked.path("cache_prompt").asBoolean()
                && whole == most > 1;
        ObjectNode answer = JsonLines.row();
        answer.putArray("choices").addObject().put("text", right && most == 1 ? "3" : "How?");
        answer.putObject("usage")
                .put(
                        "prompt_tokens",
                        mode == Mode.COUNTS ? tokenizer.encodePrompt(prompt).length : prompt.split(" ").length)
                .put("completion_tokens", mode == Mode.COUNTS ? most : 1);
        return answer.toString();
    }

    private static void answer(HttpExchange exchange, int status, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/json");
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }
}
