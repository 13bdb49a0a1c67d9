package io.humpback.examples.serve;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.ScoreOptions;
import io.humpback.examples.http.LocalExchange;
import io.humpback.model.Listener;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Pairs in over HTTP, scores out. */
@Command(
        name = "serve",
        sortOptions = false,
        subcommands = LoadCommand.class,
        description = {
            "Scores pairs over HTTP until it is stopped. POST /score takes one pair as JSON (instruction, response,"
                    + " perhaps id); POST /scores takes JSON Lines (application/x-ndjson) and answers them in their order."
                    + " Pairs of all clients are scored in batches. Where too many wait, the answer is 503 with"
                    + " Retry-After; a request may say for how long it waits (Deadline-Seconds: 2.5), and is answered 504"
                    + " after that.",
            "GET /health, /ready and /metrics (Prometheus) say how it does. Ctrl-C or SIGTERM has it finish what it has"
                    + " taken on. There is no encryption and no login: let a proxy do that where others can reach it."
        })
public final class ServeCommand extends ReportingCommand {

    /** Signals end the process after 30 seconds. */
    private static final int MAX_GRACE = 25;

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final ScoreOptions options = new ScoreOptions();

    @Option(
            names = "--host",
            paramLabel = "A",
            description = "The address to listen on; by default 127.0.0.1, which this machine alone can reach.")
    private @Nullable String host;

    @Option(
            names = "--port",
            paramLabel = "P",
            defaultValue = "8080",
            description = "${DEFAULT-VALUE} by default, 0 for a free one.")
    private int port;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "256",
            description = "Single pairs that may wait; ${DEFAULT-VALUE} by default.")
    private int queue;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "64",
            description = "Most pairs that are scored at once; ${DEFAULT-VALUE} by default. A slow model gets fewer.")
    private int batch;

    @Option(
            names = "--streams",
            paramLabel = "N",
            defaultValue = "4",
            description = "Requests with many rows that are worked on at a time; ${DEFAULT-VALUE} by default.")
    private int streams;

    @Option(
            names = "--deadline",
            paramLabel = "S",
            defaultValue = "30",
            description = "Most seconds that a single pair waits for its score; ${DEFAULT-VALUE} by default.")
    private double deadline;

    @Option(
            names = "--max-body",
            paramLabel = "MB",
            defaultValue = "256",
            description = "Most megabytes of a request with many rows; ${DEFAULT-VALUE} by default.")
    private int maxBody;

    @Option(
            names = "--grace",
            paramLabel = "S",
            defaultValue = "20",
            description =
                    "Seconds that requests under way have when the service is stopped; ${DEFAULT-VALUE} by default.")
    private int grace;

    @Override
    protected ObjectNode execute() throws IOException {
        models.require();
        options.check(command());
        require("--port", port, 0, 65_535);
        require("--queue", queue, 1, 100_000);
        require("--batch", batch, 1, 1024);
        require("--streams", streams, 1, 64);
        require("--deadline", deadline, 0.001, 86_400);
        require("--max-body", maxBody, 1, 100_000);
        require("--grace", grace, 0, MAX_GRACE);
        InetAddress address = address();
        Limits limits = new Limits(
                queue,
                batch,
                streams,
                Duration.ofMillis(Math.round(1000 * deadline)),
                1_000_000L * maxBody,
                Limits.standard().patience());
        Metrics metrics = new Metrics();
        try (ScoreServer server = ScoreServer.start(address, port, limits, metrics)) {
            tell("listening on " + server.address() + (address.isLoopbackAddress() ? "" : ", for whoever can reach it")
                    + "; opening the model");
            options.judge(models, Listener.NONE, fingerprint -> {}, (judge, provenance) -> {
                try {
                    server.open(judge, provenance);
                    tell("ready; Ctrl-C ends it");
                    new CountDownLatch(1).await();
                } catch (InterruptedException e) {
                    tell("stopping");
                } finally {
                    server.drain(Duration.ofSeconds(grace)); // before the model is closed
                }
            });
        }
        return JsonLines.row()
                .put("requests", metrics.total("humpback_requests_total"))
                .put("scored", metrics.total("humpback_pairs_total{outcome=\"scored\""));
    }

    private void require(String option, double value, double least, double most) {
        if (!(value >= least && value <= most)) {
            throw wrongUse(option + " = " + plain(value) + ": expected " + plain(least) + " to " + plain(most));
        }
    }

    private static String plain(double number) {
        return Double.isFinite(number)
                ? BigDecimal.valueOf(number).stripTrailingZeros().toPlainString()
                : Double.toString(number);
    }

    private InetAddress address() {
        try {
            return host == null ? LocalExchange.loopback() : InetAddress.getByName(host);
        } catch (UnknownHostException e) {
            throw wrongUse("--host = " + host + ": expected an address of this machine");
        }
    }

    private void tell(String line) {
        terminal().err().println(line);
        terminal().err().flush();
    }
}
