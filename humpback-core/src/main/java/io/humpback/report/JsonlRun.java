package io.humpback.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.quality.Drift;
import io.humpback.quality.Drop;
import io.humpback.quality.Labels;
import io.humpback.report.RunReport.Curve;
import io.humpback.report.RunReport.Drifted;
import io.humpback.report.RunReport.Judge;
import io.humpback.report.RunReport.Named;
import io.humpback.report.RunReport.Pair;
import io.humpback.report.RunReport.Step;
import io.humpback.report.RunReport.Verbs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads a report from a folder of row files: {@code segments.jsonl}, {@code candidates.jsonl}, {@code scores.jsonl} (one
 * of each round where there are several: {@code scores-0.jsonl}, {@code scores-1.jsonl}, ...) and {@code kept.jsonl}, with
 * what was dropped in {@code *.rejected.jsonl}, and {@code losses.jsonl} in folders below. Whatever is missing is
 * left out. Rows of scores with a {@code label} also show how far scores and labels agree.
 *
 * <p>Rows are read one at a time; kept in memory are 28 bytes for a score, and 4 for a kept pair.
 */
final class JsonlRun {

    private static final int SHOWN = 100;
    private static final int SHOWN_A_REASON = 20;

    private final Path folder;
    private final List<Step> funnel = new ArrayList<>();
    private final List<Named<Histogram>> scores = new ArrayList<>();
    private final List<Drifted> drifts = new ArrayList<>();
    private final List<Judge> judges = new ArrayList<>();
    private final List<Curve> losses = new ArrayList<>();
    private final List<Pair> pairs = new ArrayList<>();
    private final Map<String, String> settings = new LinkedHashMap<>();
    private final Map<String, String> fingerprints = new LinkedHashMap<>();
    private final Histogram instructions = Histogram.ofLengths();
    private final Histogram responses = Histogram.ofLengths();
    private final RootVerbs verbs = new RootVerbs();
    private long tagged;

    private final Labels given;

    private JsonlRun(Path folder, Labels given) {
        this.folder = folder;
        this.given = given;
    }

    /**
     * {@return the report of a folder that {@code pipeline} has filled, with labels for pairs whose rows hold none}
     *
     * @throws DataException if there is none of these files, or a row is not JSON
     */
    public static RunReport read(Path folder, Labels labels) throws IOException {
        return new JsonlRun(folder, labels).read();
    }

    private RunReport read() throws IOException {
        step("segments", "segments.jsonl");
        boolean candidates = step("candidates", "candidates.jsonl");
        List<Path> rounds = files(1, "scores(-[^.]*)?\\.jsonl");
        Set<Integer> kept = kept();
        boolean first = true;
        double[] before = {};
        String beforeName = "";
        for (Path round : rounds) {
            String name = round.getFileName().toString().replaceFirst("\\.jsonl$", "");
            boolean last = round.equals(rounds.get(rounds.size() - 1));
            double[] values = score(name, round, last ? kept : null, first && !candidates);
            if (!first && before.length == values.length) {
                drifts.add(new Drifted(beforeName, name, Drift.between(before, values, 4.5)));
            }
            before = values;
            beforeName = name;
            first = false;
        }
        Path keptFile = folder.resolve("kept.jsonl");
        if (Files.exists(keptFile)) {
            long scored = before.length;
            long count = rows(keptFile, row -> {});
            Map<String, Long> below = scored > count ? Map.of(Drop.Reason.SCORE_BELOW.key(), scored - count) : Map.of();
            funnel.add(new Step("kept", count, below));
        }
        for (Path file : files(3, "losses\\.jsonl")) {
            loss(file);
        }
        if (funnel.isEmpty() && losses.isEmpty()) {
            throw new DataException(
                    folder + ": found none of segments, candidates, scores, kept, losses.jsonl, expected at least one");
        }
        return new RunReport(
                String.valueOf(folder.toAbsolutePath().normalize().getFileName()),
                funnel,
                scores,
                drifts,
                judges,
                losses,
                List.of(new Named<>("instructions", instructions), new Named<>("responses", responses)),
                new Verbs(tagged, verbs.top(20, 5)),
                pairs,
                Map.of(),
                settings,
                fingerprints);
    }

    private List<Path> files(int depth, String name) throws IOException {
        try (Stream<Path> all = Files.walk(folder, depth)) {
            return all.filter(file -> file.getFileName().toString().matches(name))
                    .sorted()
                    .toList();
        }
    }

    private static long rows(Path file, Consumer<ObjectNode> each) throws IOException {
        try (Stream<Row> rows = JsonLines.read(file, Rejects.refuse())) {
            return rows.map(Row::fields).peek(each).mapToLong(row -> 1).sum();
        }
    }

    private boolean step(String name, String file) throws IOException {
        Path path = folder.resolve(file);
        if (!Files.exists(path)) {
            return false;
        }
        boolean pairs = name.equals("candidates");
        long items = rows(path, row -> {
            if (pairs) {
                tally(row);
            }
        });
        funnel.add(new Step(name, items, dropped(path)));
        return true;
    }

    private void tally(ObjectNode row) {
        instructions.addLength(text(row, "instruction").length());
        responses.addLength(text(row, "response").length());
        tagged += verbs.add(text(row, "instruction"));
    }

    /** Counts what was dropped before a file was written, and shows some of it. */
    private Map<String, Long> dropped(Path file) throws IOException {
        Path rejected = file.resolveSibling(file.getFileName().toString().replaceFirst("\\.jsonl$", ".rejected.jsonl"));
        Map<String, Long> reasons = new TreeMap<>();
        if (Files.exists(rejected)) {
            rows(rejected, row -> {
                String why = text(row, "reason");
                String reason = Arrays.stream(Drop.Reason.values())
                        .map(Drop.Reason::key)
                        .filter(key -> why.startsWith(key + ": "))
                        .findFirst()
                        .orElse("unreadable");
                long count = reasons.merge(reason, 1L, Long::sum);
                if (count <= SHOWN_A_REASON && row.get("row") instanceof ObjectNode of) {
                    pairs.add(pair(of, false, why));
                }
            });
        }
        return reasons;
    }

    private double[] score(String name, Path file, @Nullable Set<Integer> kept, boolean tally) throws IOException {
        DoubleStream.Builder values = DoubleStream.builder();
        JudgedRows judged = new JudgedRows();
        long[] shown = new long[2];
        rows(file, row -> {
            double score = Labels.number(row, "score");
            values.add(score);
            boolean keeps = kept != null && kept.contains(key(row));
            add(judged, row, score, keeps);
            if (row.get("judge") instanceof ObjectNode judge) {
                fingerprints.putIfAbsent("judge of " + name, text(judge, "model"));
                settings.putIfAbsent("judge of " + name, judge.without("model").toString());
            }
            if (tally) {
                tally(row);
            }
            if (kept != null && shown[keeps ? 1 : 0]++ < SHOWN) {
                pairs.add(pair(row, keeps, keeps ? "" : Drop.Reason.SCORE_BELOW.key()));
            }
        });
        double[] each = values.build().toArray();
        double[] all = Arrays.stream(each).filter(score -> !Double.isNaN(score)).toArray();
        funnel.add(new Step(name, all.length, dropped(file)));
        scores.add(new Named<>(name, Histogram.ofScores(each)));
        judged.judge(name, kept != null && !kept.isEmpty()).ifPresent(judges::add);
        return all;
    }

    private void add(JudgedRows judged, ObjectNode row, double score, boolean keeps) {
        double label = Labels.of(row);
        if (Double.isNaN(label)) {
            String[] pair = {text(row, "id"), text(row, "instruction"), text(row, "response")};
            judged.add(score, keeps, given.of(pair[0], pair[1], pair[2]), given.drawnWith(pair[0], pair[1], pair[2]));
        } else {
            judged.add(score, keeps, label, Labels.drawnWith(row));
        }
    }

    private Set<Integer> kept() throws IOException {
        Set<Integer> kept = new HashSet<>();
        Path file = folder.resolve("kept.jsonl");
        if (Files.exists(file)) {
            rows(file, row -> kept.add(key(row)));
        }
        return kept;
    }

    private static int key(ObjectNode row) {
        return 31 * text(row, "instruction").hashCode() + text(row, "response").hashCode();
    }

    private static Pair pair(ObjectNode row, boolean kept, String reason) {
        List<Double> distribution = new ArrayList<>();
        row.path("distribution").forEach(p -> distribution.add(p.doubleValue()));
        JsonNode source = row.has("page") ? row.get("page") : row.path("source");
        return new Pair(
                text(row, "instruction"),
                row.has("response") ? text(row, "response") : text(row, "text"),
                source.asText(""),
                Labels.number(row, "score"),
                distribution.size() == 5 ? distribution : null,
                kept,
                reason);
    }

    private void loss(Path file) throws IOException {
        DoubleStream.Builder steps = DoubleStream.builder();
        DoubleStream.Builder values = DoubleStream.builder();
        rows(file, row -> {
            if (!Double.isNaN(Labels.number(row, "step")) && !Double.isNaN(Labels.number(row, "loss"))) {
                steps.add(Labels.number(row, "step"));
                values.add(Labels.number(row, "loss"));
            }
        });
        Path parent = folder.relativize(file.getParent());
        String name =
                parent.toString().isEmpty() ? "loss" : parent.getFileName().toString();
        losses.add(new Curve(name, steps.build().toArray(), values.build().toArray()));
    }

    private static String text(ObjectNode row, String name) {
        return row.path(name).asText("");
    }
}
