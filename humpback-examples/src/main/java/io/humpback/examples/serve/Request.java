package io.humpback.examples.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.http.LocalExchange;
import io.humpback.examples.http.Refusal;
import java.io.IOException;

/** A request on its way: answered once, then counted. */
final class Request {

    private static final String JSON = "application/json";

    private final LocalExchange exchange;
    private final Metrics metrics;
    private final Runnable over;
    private final long start = System.nanoTime();
    private boolean ended;
    private String path = "other"; // what is no path of this server is counted together

    /** @param over runs once, when the request is answered or given up */
    Request(LocalExchange exchange, Metrics metrics, Runnable over) {
        this.exchange = exchange;
        this.metrics = metrics;
        this.over = over;
    }

    /** Says which of the server's paths this is. */
    void at(String known) {
        path = known;
    }

    void send(int status, String type, String text) throws IOException {
        exchange.send(status, type, text);
        done(status);
    }

    /** Answers for a single pair. */
    void answer(Outcome outcome, ObjectNode answer, ObjectNode provenance) {
        metrics.pair(outcome.counted());
        try {
            send(outcome.status(), JSON, outcome.into(answer, provenance).toString());
        } catch (IOException e) {
            abandon();
        }
    }

    /** Says why not; the connection ends, since the rest of the request may still be on it. */
    void refuse(Refusal refusal) {
        try {
            exchange.endConnection();
            String message = Failure.oneLine(refusal.getMessage());
            send(refusal.status(), JSON, JsonLines.row().put("error", message).toString());
        } catch (IOException e) {
            abandon();
        }
    }

    /**
     * Gives the request up, as its client is gone or was too slow. An interrupted thread closes the channel instead of writing
     * to it: a part of an answer must not look like the whole.
     */
    void abandon() {
        Thread.currentThread().interrupt();
        end("aborted");
        Thread.interrupted();
    }

    void done(int status) {
        end(Integer.toString(status));
    }

    private void end(String status) {
        exchange.close();
        if (ended) {
            return;
        }
        ended = true;
        metrics.request(path, status, (System.nanoTime() - start) / 1e9);
        over.run();
    }
}
