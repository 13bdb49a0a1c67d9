package io.humpback.examples.label;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Serves the page on the loopback interface. The address holds a random token, which a page of another site does not know;
 * requests must name this server as their host, which a name that was pointed here does not, and as their origin. The page
 * loads nothing from elsewhere, and texts of pairs reach it as JSON, which its script puts in as text.
 */
final class LabelServer implements AutoCloseable {

    private static final int MAX_BODY = 64 << 10;

    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
            + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Map<String, String> FILES = Map.of(
            "", "label.html",
            "label.js", "label.js",
            "label.css", "label.css");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "css", "text/css; charset=utf-8");

    private final Labelling labelling;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final String token;
    private final CountDownLatch finished = new CountDownLatch(1);
    private final ObjectMapper mapper = new ObjectMapper();

    private LabelServer(Labelling labelling, HttpServer server, String token) {
        this.labelling = labelling;
        this.server = server;
        this.token = token;
    }

    /**
     * {@return a server that answers}
     *
     * @param port of the loopback interface, 0 for a free one
     */
    static LabelServer start(Labelling labelling, int port) throws IOException {
        byte[] random = new byte[16];
        new SecureRandom().nextBytes(random);
        InetAddress loopback = InetAddress.getByAddress("localhost", new byte[] {127, 0, 0, 1});
        HttpServer server = HttpServer.create(new InetSocketAddress(loopback, port), 0);
        LabelServer started = new LabelServer(labelling, server, HexFormat.of().formatHex(random));
        server.createContext("/", started::answer);
        server.setExecutor(started.threads);
        server.start();
        return started;
    }

    /** {@return the address of the page} */
    URI address() {
        return URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/" + token + "/");
    }

    /** Waits until the person says that the work is done. */
    void awaitFinish() throws InterruptedException {
        finished.await();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            Headers headers = exchange.getResponseHeaders();
            headers.set("Content-Security-Policy", POLICY);
            headers.set("X-Content-Type-Options", "nosniff");
            headers.set("Referrer-Policy", "no-referrer");
            headers.set("Cache-Control", "no-store");
            headers.set("Cross-Origin-Resource-Policy", "same-origin");
            try {
                route(exchange);
            } catch (IllegalArgumentException e) {
                send(exchange, 400, "text/plain; charset=utf-8", String.valueOf(e.getMessage()));
            } catch (IOException | UncheckedIOException e) { // such as a full disk: the label is not recorded
                send(exchange, 500, "text/plain; charset=utf-8", String.valueOf(e.getMessage()));
            }
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        String rest = rest(path);
        boolean posted = exchange.getRequestMethod().equals("POST");
        if (!isOwnHost(exchange) || rest == null || posted && !isOwnOrigin(exchange)) {
            send(exchange, 403, "text/plain; charset=utf-8", "not the address that was printed");
        } else if (posted) {
            post(exchange, rest);
        } else if (!exchange.getRequestMethod().equals("GET")) {
            send(exchange, 405, "text/plain; charset=utf-8", "expected GET or POST");
        } else if (rest.equals("state")) {
            send(exchange, 200, "application/json", labelling.state().toString());
        } else if (FILES.containsKey(rest)) {
            String name = Objects.requireNonNull(FILES.get(rest));
            String type = Objects.requireNonNull(TYPES.get(name.substring(name.indexOf('.') + 1)));
            send(exchange, 200, type, resource(name));
        } else {
            send(exchange, 404, "text/plain; charset=utf-8", "no such page");
        }
    }

    private void post(HttpExchange exchange, String what) throws IOException {
        JsonNode body = body(exchange);
        String id = body.path("id").asText();
        switch (what) {
            case "label" -> {
                JsonNode label = body.path("label");
                if (!label.isInt()) {
                    throw new IllegalArgumentException("label: expected a whole number");
                }
                double seconds =
                        Math.max(0, Math.min(86_400, body.path("seconds").asDouble()));
                labelling.label(id, label.intValue(), body.path("note").asText(), seconds);
            }
            case "skip" -> labelling.skip(id);
            case "undo" -> labelling.undo();
            case "finish" -> finished.countDown();
            default -> throw new IllegalArgumentException("expected label, skip, undo or finish");
        }
        send(exchange, 200, "application/json", labelling.state().toString());
    }

    private JsonNode body(HttpExchange exchange) throws IOException {
        if (!"application/json".equals(exchange.getRequestHeaders().getFirst("Content-Type"))) {
            throw new IllegalArgumentException("expected JSON");
        }
        byte[] body = exchange.getRequestBody().readNBytes(MAX_BODY + 1);
        if (body.length > MAX_BODY) {
            throw new IllegalArgumentException("expected at most " + MAX_BODY + " bytes");
        }
        try {
            return mapper.readTree(body);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("expected JSON", e);
        }
    }

    /** {@return what follows the token; null if that is not there} */
    private @Nullable String rest(String path) {
        int slash = path.indexOf('/', 1);
        if (slash < 0) {
            return null;
        }
        byte[] given = path.substring(1, slash).getBytes(StandardCharsets.UTF_8);
        return MessageDigest.isEqual(given, token.getBytes(StandardCharsets.UTF_8)) ? path.substring(slash + 1) : null;
    }

    private boolean isOwnHost(HttpExchange exchange) {
        String host = exchange.getRequestHeaders().getFirst("Host");
        return host != null && hosts().contains(host);
    }

    private boolean isOwnOrigin(HttpExchange exchange) {
        String origin = exchange.getRequestHeaders().getFirst("Origin");
        return origin != null && hosts().stream().anyMatch(host -> origin.equals("http://" + host));
    }

    private List<String> hosts() {
        int port = server.getAddress().getPort();
        return List.of("127.0.0.1:" + port, "localhost:" + port);
    }

    private static String resource(String name) throws IOException {
        try (InputStream text = Objects.requireNonNull(LabelServer.class.getResourceAsStream(name), name)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static void send(HttpExchange exchange, int status, String type, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    /** Stops answering, after the answers that are under way. */
    @Override
    public void close() {
        server.stop(1);
        threads.shutdown();
    }
}
