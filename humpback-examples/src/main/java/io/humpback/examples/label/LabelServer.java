package io.humpback.examples.label;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.humpback.examples.http.LocalExchange;
import io.humpback.examples.http.Refusal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
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

    private static final String TEXT = "text/plain; charset=utf-8";

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
        HttpServer server = LocalExchange.listen(LocalExchange.loopback(), port);
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

    private void answer(HttpExchange http) throws IOException {
        try (LocalExchange exchange = new LocalExchange(http)) {
            exchange.header("Content-Security-Policy", POLICY);
            exchange.header("Referrer-Policy", "no-referrer");
            try {
                route(exchange);
            } catch (Refusal e) {
                exchange.send(e.status(), TEXT, String.valueOf(e.getMessage()));
            } catch (IllegalArgumentException e) {
                exchange.send(400, TEXT, String.valueOf(e.getMessage()));
            } catch (IOException | UncheckedIOException e) { // such as a full disk: the label is not recorded
                exchange.send(500, TEXT, String.valueOf(e.getMessage()));
            }
        }
    }

    private void route(LocalExchange exchange) throws IOException, Refusal {
        String rest = rest(exchange.path());
        boolean posted = exchange.method().equals("POST");
        if (!exchange.isToThisMachine() || rest == null || posted && !exchange.isFromOwnPage()) {
            throw new Refusal(403, "not the address that was printed");
        } else if (posted) {
            post(exchange, rest);
        } else if (!exchange.method().equals("GET")) {
            throw new Refusal(405, "expected GET or POST");
        } else if (rest.equals("state")) {
            exchange.send(200, "application/json", labelling.state().toString());
        } else if (FILES.containsKey(rest)) {
            String name = Objects.requireNonNull(FILES.get(rest));
            String type = Objects.requireNonNull(TYPES.get(name.substring(name.indexOf('.') + 1)));
            exchange.send(200, type, resource(name));
        } else {
            throw new Refusal(404, "no such page");
        }
    }

    private void post(LocalExchange exchange, String what) throws IOException, Refusal {
        exchange.requireBody(List.of("application/json"));
        JsonNode body = body(exchange.body(MAX_BODY));
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
        exchange.send(200, "application/json", labelling.state().toString());
    }

    private JsonNode body(String json) {
        try {
            return mapper.readTree(json);
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

    private static String resource(String name) throws IOException {
        try (InputStream text = Objects.requireNonNull(LabelServer.class.getResourceAsStream(name), name)) {
            return new String(text.readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    /** Stops answering, after the answers that are under way. */
    @Override
    public void close() {
        server.stop(1);
        threads.shutdown();
    }
}
