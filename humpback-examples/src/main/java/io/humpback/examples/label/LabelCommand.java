package io.humpback.examples.label;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.Usage;
import io.humpback.internal.ContentId;
import io.humpback.internal.JsonFields;
import io.humpback.run.JudgedPair;
import io.humpback.run.JudgedPair.Verdict;
import io.humpback.run.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Scored pairs in, people's labels out. */
@Command(
        name = "label",
        sortOptions = false,
        description = "Shows a sample of scored pairs, one at a time and without their scores, on a page that only this"
                + " machine can open, and records what a person says of each. The sample is drawn from five strata of the"
                + " scores; the labels can be given to evaluate, report and curate.")
public final class LabelCommand extends ReportingCommand {

    @Option(names = "--dir", paramLabel = "D", description = "A run's folder; its last judge's scores are taken.")
    private @Nullable Path dir;

    @Option(
            names = "--in",
            paramLabel = "F",
            description = "Rows with instruction, response and score, in place of --dir.")
    private @Nullable Path in;

    @Option(
            names = "--out",
            paramLabel = "F",
            description =
                    "The labels, JSON Lines; D/labels.jsonl or labels.jsonl beside the input by default. Labels that"
                            + " are there are kept, and the work goes on.")
    private @Nullable Path out;

    @Option(
            names = "--with",
            paramLabel = "F",
            description =
                    "Another person's labels: also show how far the two agree; repeatable. With the same --seed both"
                            + " get the same pairs.")
    private List<Path> others = List.of();

    @Option(
            names = "--scale",
            paramLabel = "S",
            defaultValue = "good_bad",
            description = "good_bad or rating, from 1 to 5; good_bad by default.")
    private Scale scale = Scale.GOOD_BAD;

    @Option(
            names = "--count",
            paramLabel = "N",
            defaultValue = "100",
            description = "Pairs in the sample; 100 by default. A larger sample begins with the smaller one.")
    private int count;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Fixes the sample.")
    private long seed;

    @Option(names = "--port", paramLabel = "P", defaultValue = "0", description = "Of the page; a free one by default.")
    private int port;

    @Mixin
    private final Input input = new Input();

    @Override
    protected ObjectNode execute() throws IOException {
        Usage.check(command(), input::renames);
        if ((dir == null) == (in == null)) {
            throw wrongUse("expected one of --dir and --in");
        }
        if (count < 1) {
            throw wrongUse("--count = " + count + ": expected at least 1");
        }
        if (port < 0 || port > 65_535) {
            throw wrongUse("--port = " + port + ": expected 0 to 65535");
        }
        Path labels = labels();
        Draw draw = Draw.of(this::pairs, count, seed);
        if (draw.order().isEmpty()) {
            throw new DataException((dir == null ? in : dir) + ": found no pair with a score, expected at least one");
        }
        Map<String, Map<String, Double>> theirs = new LinkedHashMap<>();
        for (Path other : others) {
            theirs.put(String.valueOf(other.getFileName()), theirs(other));
        }
        Labelling labelling = new Labelling(draw, scale, LabelFile.open(labels), theirs, seed);
        try (LabelServer server = LabelServer.start(labelling, port)) {
            terminal().err().println("open " + server.address() + " in a browser; Ctrl-C or the page's button ends it");
            server.awaitFinish();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("labels up to here are in " + labels);
        }
        return JsonLines.row().put("out", labels.toString()).setAll(labelling.known());
    }

    private Path labels() {
        Path beside =
                dir == null ? Path.of(String.valueOf(in)).resolveSibling("labels.jsonl") : dir.resolve("labels.jsonl");
        Path file = out == null ? beside : out;
        Path folder = file.toAbsolutePath().getParent();
        if (folder == null || !Files.isDirectory(folder)) {
            throw new DataException(file + ": there is no folder " + folder + " to write it in");
        }
        if (Files.exists(file) && !Files.isRegularFile(file)) {
            throw new DataException(file + ": is no regular file, expected one or none");
        }
        return file;
    }

    private void pairs(Consumer<ScoredPair> to) throws IOException {
        if (dir != null) {
            try (Stream<JudgedPair> judged = RunResult.at(dir).candidates()) {
                judged.forEach(pair -> judged(pair, to));
            }
        } else {
            try (InputRows opened = input.open(Path.of(String.valueOf(in)));
                    Stream<Row> rows = opened.rows(Rejects.refuse())) {
                opened.require("score");
                opened.require("instruction");
                opened.require("response");
                rows.forEach(row -> scored(row.fields(), to));
            }
        }
    }

    private static void judged(JudgedPair pair, Consumer<ScoredPair> to) {
        List<Verdict> verdicts = pair.verdicts();
        double score = verdicts.isEmpty()
                ? Double.NaN
                : verdicts.get(verdicts.size() - 1).score();
        if (Double.isFinite(score)) {
            to.accept(new ScoredPair(
                    pair.id(),
                    pair.candidate().instruction(),
                    pair.candidate().segment().text(),
                    score));
        }
    }

    /** Takes a row with a score; one that was dropped has none. */
    private static void scored(ObjectNode row, Consumer<ScoredPair> to) {
        double score = JsonFields.number(row.get("score"));
        if (Double.isFinite(score)
                && row.path("instruction").isTextual()
                && row.path("response").isTextual()) {
            String instruction = row.get("instruction").textValue();
            String response = row.get("response").textValue();
            String id = row.hasNonNull("id") ? row.get("id").asText() : ContentId.of(instruction, response);
            to.accept(new ScoredPair(id, instruction, response, score));
        }
    }

    private Map<String, Double> theirs(Path file) throws IOException {
        Map<String, Double> labels = new LinkedHashMap<>();
        try (InputRows opened = InputRows.of(file);
                Stream<Row> rows = opened.rows(Rejects.refuse())) {
            opened.require("id");
            opened.require(scale.field());
            rows.forEach(row -> {
                double label = JsonFields.number(row.fields().get(scale.field()));
                if (label != Math.rint(label) || !scale.has((int) label)) {
                    throw new DataException(row.rejection(scale.field() + ": expected one of the scale "
                                    + scale.name().toLowerCase(Locale.ROOT))
                            .toString());
                }
                labels.put(row.fields().path("id").asText(), label);
            });
        }
        return labels;
    }
}
