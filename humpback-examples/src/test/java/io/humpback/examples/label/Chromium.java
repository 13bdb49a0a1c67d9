package io.humpback.examples.label;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A headless browser that a test drives through the DevTools protocol. */
public final class Chromium implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final WebSocket socket;
    private final BlockingQueue<String> received;
    private int asked;

    private Chromium(Process process, WebSocket socket, BlockingQueue<String> received) {
        this.process = process;
        this.socket = socket;
        this.received = received;
    }

    public static boolean isThere() {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, "chromium")));
    }

    /** {@return a browser that shows a page} */
    public static Chromium open(URI page, Path profile) throws Exception {
        Process process = new ProcessBuilder(
                        "chromium",
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--remote-debugging-port=0",
                        "--user-data-dir=" + profile,
                        "about:blank")
                .redirectErrorStream(true)
                .start();
        try {
            URI devTools = devTools(process);
            HttpRequest open = HttpRequest.newBuilder(
                            URI.create("http://" + devTools.getAuthority() + "/json/new?" + page))
                    .PUT(BodyPublishers.noBody())
                    .build();
            HttpClient client = HttpClient.newHttpClient();
            JsonNode tab =
                    JSON.readTree(client.send(open, BodyHandlers.ofString()).body());
            BlockingQueue<String> received = new LinkedBlockingQueue<>();
            WebSocket socket = client.newWebSocketBuilder()
                    .buildAsync(URI.create(tab.get("webSocketDebuggerUrl").textValue()), listener(received))
                    .get(20, TimeUnit.SECONDS);
            return new Chromium(process, socket, received);
        } catch (Exception e) {
            process.destroyForcibly();
            throw e;
        }
    }

    private static URI devTools(Process process) throws IOException {
        BufferedReader lines = process.inputReader();
        for (String line; (line = lines.readLine()) != null; ) {
            if (line.startsWith("DevTools listening on ")) {
                return URI.create(line.substring("DevTools listening on ".length()));
            }
        }
        throw new IOException("chromium ended");
    }

    private static WebSocket.Listener listener(BlockingQueue<String> received) {
        StringBuilder text = new StringBuilder();
        return new WebSocket.Listener() {
            @Override
            public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
                text.append(part);
                if (last) {
                    received.add(text.toString());
                    text.setLength(0);
                }
                from.request(1);
                return null;
            }
        };
    }

    private JsonNode ask(String method, ObjectNode params) throws Exception {
        ObjectNode message = JSON.createObjectNode().put("id", ++asked).put("method", method);
        message.set("params", params);
        socket.sendText(message.toString(), true).get(20, TimeUnit.SECONDS);
        while (true) {
            String answer = received.poll(20, TimeUnit.SECONDS);
            if (answer == null) {
                throw new IOException("chromium does not answer " + method);
            }
            JsonNode node = JSON.readTree(answer);
            if (node.path("id").asInt() == asked) {
                return node.path("result");
            }
        }
    }

    /** {@return the value of an expression in the page} */
    public JsonNode value(String expression) throws Exception {
        ObjectNode params =
                JSON.createObjectNode().put("expression", expression).put("returnByValue", true);
        return ask("Runtime.evaluate", params).path("result").path("value");
    }

    /** Waits until an expression is true. */
    public void await(String expression) throws Exception {
        for (int i = 0; i < 400; i++) {
            if (value(expression).asBoolean()) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("not true after 20 s: " + expression);
    }

    /** Presses a key that writes a character. */
    void press(String key) throws Exception {
        ObjectNode params =
                JSON.createObjectNode().put("type", "keyDown").put("key", key).put("text", key);
        ask("Input.dispatchKeyEvent", params);
        ask(
                "Input.dispatchKeyEvent",
                JSON.createObjectNode().put("type", "keyUp").put("key", key));
    }

    @Override
    public void close() throws Exception {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        process.waitFor(10, TimeUnit.SECONDS);
    }
}
