package io.humpback.examples.serve;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.ReportingCommand;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** A service in, how it bears load out. */
@Command(
        name = "load",
        sortOptions = false,
        description =
                "Asks a running service for the scores of pairs that are known, over many connections, and says how"
                        + " long the answers take, whether each is that of its pair, and how much memory the service"
                        + " takes.")
public final class LoadCommand extends ReportingCommand {

    @Option(
            names = "--url",
            paramLabel = "U",
            defaultValue = "http://127.0.0.1:8080",
            description = "${DEFAULT-VALUE} by default.")
    private URI url = URI.create("http://127.0.0.1:8080");

    @Option(
            names = "--in",
            required = true,
            paramLabel = "F",
            description = "What the command score wrote with the same model.")
    private Path in;

    @Option(
            names = "--requests",
            paramLabel = "N",
            defaultValue = "10000",
            description = "${DEFAULT-VALUE} by default.")
    private int requests;

    @Option(
            names = "--connections",
            paramLabel = "N",
            defaultValue = "16",
            description = "Open at a time; ${DEFAULT-VALUE} by default.")
    private int connections;

    @Option(
            names = "--rate",
            paramLabel = "R",
            defaultValue = "0",
            description =
                    "Requests a second, each timed from when it was due; 0, the default, sends the next when one is"
                            + " answered.")
    private double rate;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "1",
            description = "Pairs a request: with more than 1, JSON Lines; 1 by default.")
    private int rows;

    @Option(
            names = "--abort",
            paramLabel = "SHARE",
            defaultValue = "0",
            description = "The share of requests whose client hangs up before the answer; 0 by default.")
    private double abort;

    @Override
    protected ObjectNode execute() throws IOException {
        if (requests < 1 || connections < 1 || connections > 4096 || rows < 1) {
            throw wrongUse(
                    "--requests, --connections and --rows: expected at least 1 of each, and at most 4096 connections");
        }
        if (!(rate >= 0) || !(abort >= 0 && abort <= 1)) {
            throw wrongUse("--rate and --abort: expected at least 0, and a share of at most 1");
        }
        if (!"http".equals(url.getScheme()) || url.getHost() == null || url.getPort() < 1) {
            throw wrongUse("--url = " + url + ": expected one such as http://127.0.0.1:8080");
        }
        List<Load.Known> known = known();
        Load load = new Load(url, known, requests, connections, rate, rows, abort);
        try {
            load.run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("stopped");
        }
        ObjectNode summary = JsonLines.row().put("seconds", load.seconds());
        summary.put("requests a second", load.answered() / load.seconds());
        summary.put("pairs a second", load.scored() / load.seconds());
        ObjectNode answers = summary.putObject("answers");
        load.answers().forEach(answers::put);
        summary.put("scored", load.scored()).put("wrong", load.wrong()).put("lost", load.lost());
        ObjectNode latency = summary.putObject("milliseconds");
        load.percentiles().forEach(latency::put);
        ArrayNode memory = summary.putArray("resident MiB");
        load.memory().forEach(bytes -> memory.add(bytes >> 20));
        return summary;
    }

    private List<Load.Known> known() throws IOException {
        List<Load.Known> known = new ArrayList<>();
        try (Stream<Row> read = JsonLines.read(in, Rejects.refuse())) {
            read.limit(100_000).forEach(row -> {
                try {
                    known.add(new Load.Known(
                            Fields.example(row.fields()),
                            row.fields().path("score").asDouble(Double.NaN)));
                } catch (BadRow e) {
                    throw new DataException(
                            row.rejection(String.valueOf(e.getMessage())).toString());
                }
            });
        }
        if (known.isEmpty()) {
            throw new DataException(in + ": found no row, expected at least one");
        }
        return known;
    }
}
