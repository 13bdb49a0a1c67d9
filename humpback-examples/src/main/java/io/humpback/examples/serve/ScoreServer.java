package io.humpback.examples.serve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.humpback.Judge;
import io.humpback.Scored;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.http.LocalExchange;
import io.humpback.examples.http.PatientThreads;
import io.humpback.examples.http.Refusal;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Answers {@code POST /score} with the score of one pair and {@code POST /scores} with those of JSON Lines, in their order, and
 * {@code GET /health}, {@code /ready} and {@code /metrics} with how it does. A single pair holds no thread while it waits. It is for
 * programs: whatever a browser's page sends is refused, and on the loopback interface whatever names another host.
 */
final class ScoreServer implements AutoCloseable {

    private static final String JSON = "application/json";
    private static final List<String> LINES =
            List.of("application/x-ndjson", "application/jsonl", "application/x-jsonlines");

    /** Bytes of a request for one pair: its texts may have 400,000 characters each, which hardly any model can take. */
    private static final int MAX_BODY = 4 << 20;

    private static final int MAX_ID = 200;

    private static final Pattern SECONDS = Pattern.compile("\\d{1,6}(\\.\\d{1,3})?");

    private static final Map<String, String> METHODS =
            Map.of("/score", "POST", "/scores", "POST", "/health", "GET", "/ready", "GET", "/metrics", "GET");

    private static final Set<String> WORK = Set.of("/score", "/scores");

    private final HttpServer server;
    private final Limits limits;
    private final Metrics metrics;
    private final PatientThreads threads;
    private final PatientThreads answering;
    private final Semaphore streams;
    private final boolean local;
    private final AtomicInteger working = new AtomicInteger();
    private volatile @Nullable Work work;
    private volatile boolean stopping;

    /** Who scores. */
    private record Work(ScoreQueue queue, ObjectNode provenance) {}

    private ScoreServer(HttpServer server, Limits limits, Metrics metrics, boolean local) {
        this.server = server;
        this.limits = limits;
        this.metrics = metrics;
        this.local = local;
        threads = new PatientThreads(limits.threads(), limits.patience());
        answering = new PatientThreads(2, limits.patience());
        streams = new Semaphore(limits.streams());
    }

    /**
     * {@return a server that answers, and is not ready before it is {@linkplain #open opened}}
     *
     * @param port 0 for a free one
     */
    static ScoreServer start(InetAddress address, int port, Limits limits, Metrics metrics) throws IOException {
        HttpServer server = LocalExchange.listen(address, port);
        ScoreServer started = new ScoreServer(server, limits, metrics, address.isLoopbackAddress());
        server.createContext("/", started::answer);
        server.setExecutor(started.threads);
        metrics.gauge("humpback_ready", () -> started.isReady() ? 1 : 0);
        metrics.gauge("humpback_queue_pairs", () -> {
            Work now = started.work;
            return now == null ? 0 : now.queue.waiting();
        });
        metrics.gauge("humpback_queue_limit", limits::queue);
        server.start();
        return started;
    }

    /** {@return such as {@code http://127.0.0.1:8080/}} */
    URI address() {
        InetAddress address = server.getAddress().getAddress();
        String host = address.getHostAddress();
        return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":"
                + server.getAddress().getPort() + "/");
    }

    /**
     * Begins to score.
     *
     * @param judge asked by one thread
     * @param provenance who judges, and by what
     */
    void open(Judge judge, ObjectNode provenance) {
        judge.score("Why is the sky blue?", "Air scatters short waves of light the most."); // the first is slow
        work = new Work(new ScoreQueue(judge, limits.queue(), limits.batch(), metrics), provenance);
    }

    private boolean isReady() {
        return work != null && !stopping;
    }

    private void answer(HttpExchange http) {
        LocalExchange exchange = new LocalExchange(http);
        Request request = new Request(exchange, metrics, working::decrementAndGet);
        working.incrementAndGet();
        try {
            route(request, exchange);
        } catch (Refusal e) {
            request.refuse(e);
        } catch (BadRow | DataException e) {
            request.refuse(new Refusal(400, Failure.line(e)));
        } catch (IOException | UncheckedIOException e) {
            request.abandon();
        } catch (RuntimeException | Error e) { // a handler that throws leaves its client without an answer
            request.refuse(new Refusal(500, Failure.line(e)));
        }
    }

    private void route(Request request, LocalExchange exchange) throws IOException, Refusal, BadRow {
        String path = exchange.path();
        String method = METHODS.get(path);
        if (local && !exchange.isToThisMachine()) {
            throw new Refusal(403, "Host = " + exchange.requestHeader("Host") + ": expected this machine's address");
        } else if (exchange.isFromPage()) {
            throw new Refusal(403, "Origin: found one, expected none; no page of a browser is answered");
        } else if (method == null) {
            throw new Refusal(
                    404,
                    "no such path, expected one of "
                            + METHODS.keySet().stream().sorted().toList());
        }
        request.at(path);
        if (!exchange.method().equals(method)) {
            exchange.header("Allow", method);
            throw new Refusal(405, "expected " + method);
        }
        Work open = work;
        if (WORK.contains(path) && (open == null || stopping)) {
            exchange.header("Retry-After", "5");
            throw new Refusal(503, stopping ? "the service stops" : "the model is being opened");
        }
        switch (path) {
            case "/score" -> one(request, exchange, Objects.requireNonNull(open));
            case "/scores" -> many(request, exchange, Objects.requireNonNull(open));
            case "/health" -> request.send(200, JSON, "{\"status\":\"up\"}");
            case "/ready" -> ready(request, exchange);
            default -> request.send(200, Metrics.TYPE, metrics.text());
        }
    }

    private void ready(Request request, LocalExchange exchange) throws IOException {
        Work now = work;
        ObjectNode state = JsonLines.row().put("ready", isReady());
        if (now != null) {
            state.set("judge", now.provenance);
        } else {
            exchange.header("Retry-After", "5");
        }
        request.send(isReady() ? 200 : 503, JSON, state.toString());
    }

    private void one(Request request, LocalExchange exchange, Work open) throws IOException, Refusal, BadRow {
        exchange.requireBody(List.of(JSON));
        ObjectNode row = JsonLines.row(exchange.body(MAX_BODY));
        ObjectNode answer = identified(row);
        Example pair = Fields.example(row);
        Duration deadline = deadline(exchange, limits.deadline());
        CompletableFuture<Scored<Example>> score = open.queue.offer(pair);
        if (score == null) {
            exchange.header("Retry-After", Long.toString(open.queue.secondsToWait()));
            throw new Refusal(503, "more than " + limits.queue() + " pairs wait");
        }
        score.orTimeout(deadline.toMillis(), TimeUnit.MILLISECONDS)
                .whenCompleteAsync(
                        (scored, fault) -> request.answer(Outcome.of(scored, fault), answer, open.provenance),
                        answering);
    }

    private void many(Request request, LocalExchange exchange, Work open) throws IOException, Refusal {
        exchange.requireBody(LINES);
        Duration deadline = deadline(exchange, Duration.ofDays(365));
        if (!streams.tryAcquire()) {
            exchange.header("Retry-After", Long.toString(open.queue.secondsToWait()));
            throw new Refusal(503, limits.streams() + " requests with many rows are worked on");
        }
        OutputStream rows;
        try {
            rows = new RowStream(exchange, open.queue, open.provenance, threads, metrics, deadline)
                    .answer(limits.body());
        } finally {
            streams.release(); // before the client learns that it may send the next
        }
        rows.close();
        request.done(200);
    }

    /** {@return the beginning of an answer: what the row is known by to its sender} */
    static ObjectNode identified(ObjectNode row) throws BadRow {
        ObjectNode answer = JsonLines.row();
        JsonNode id = row.get("id");
        if (id != null && !id.isNull()) {
            if (id.isContainerNode() || id.asText().length() > MAX_ID) {
                throw new BadRow("id: expected a text of at most " + MAX_ID + " characters, or a number");
            }
            answer.set("id", id);
        }
        return answer;
    }

    /** {@return how long the client waits, which is no longer than it may} */
    private static Duration deadline(LocalExchange exchange, Duration most) throws Refusal {
        String seconds = exchange.requestHeader("Deadline-Seconds");
        if (seconds.isEmpty()) {
            return most;
        }
        if (!SECONDS.matcher(seconds).matches()) {
            throw new Refusal(400, "Deadline-Seconds: expected a number such as 2.5");
        }
        Duration asked = Duration.ofMillis(Math.round(1000 * Double.parseDouble(seconds)));
        return asked.compareTo(most) < 0 ? asked : most;
    }

    /**
     * Stops in an orderly way: takes nothing on any more, and waits until what is under way is answered.
     *
     * @param patience after which the rest is told that the service stops
     */
    void drain(Duration patience) {
        stopping = true;
        long end = System.nanoTime() + patience.toNanos();
        boolean interrupted = false;
        while (working.get() > 0 && System.nanoTime() - end < 0) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                interrupted = true; // told again of what it is doing
            }
        }
        Work now = work;
        if (now != null) {
            now.queue.close();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Stops listening and ends what is under way. */
    @Override
    public void close() {
        drain(Duration.ZERO);
        server.stop(working.get() > 0 ? 1 : 0);
        threads.close();
        answering.close();
    }
}
