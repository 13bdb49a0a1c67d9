package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.PairedNumbers;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.PositiveOption;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.cli.option.WorthOptions;
import io.humpback.quality.Agreement;
import io.humpback.quality.Bootstrap;
import io.humpback.quality.Bootstrap.Interval;
import io.humpback.quality.Detection;
import io.humpback.quality.Detection.Bin;
import io.humpback.quality.Detection.Cut;
import io.humpback.quality.Drift;
import io.humpback.quality.Labels;
import io.humpback.quality.Worth;
import io.humpback.quality.Worth.Estimate;
import io.humpback.quality.Worth.Promise;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Scores and labels in, their agreement out. */
@Command(
        name = "evaluate",
        sortOptions = false,
        description = "How far scores agree with the labels that people gave: correlations, ROC-AUC, average precision,"
                + " precision and recall at thresholds, each with a bootstrap interval; for ratings also kappa, for"
                + " probabilities the Brier score and the calibration error."
                + " Where more rows have scores than labels, what all of them and the best of them are worth."
                + " Rows are joined by id where all have one, else in their order.")
public final class EvaluateCommand extends ReportingCommand {

    private static final int BINS = 8;

    /** Of the intervals of what rows are worth, and of a promise. */
    private static final double CONFIDENCE = 0.95;

    /** Fewer good or bad rows than this leave wide intervals. */
    private static final int FEW = 20;

    @Option(
            names = "--scores",
            required = true,
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description = "Rows with a score; - is standard input, JSON Lines, which any of these files may be.")
    private Path scores;

    @Option(
            names = "--labels",
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description = "Rows with a number as label, rating or human; the file of scores by default.")
    private @Nullable Path labels;

    @Mixin
    private final PositiveOption positive = new PositiveOption();

    @Option(
            names = "--threshold",
            paramLabel = "S",
            description = "Precision and recall of keeping scores of at least S; repeatable. 4 and 4.5 by default.")
    private List<Double> thresholds = List.of();

    @Option(
            names = "--precision",
            paramLabel = "P",
            defaultValue = "0.9",
            description = "Suggest the threshold that keeps most at this precision; ${DEFAULT-VALUE} by default.")
    private double precision = 0.9;

    @Option(
            names = "--earlier",
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description = "Scores of the same pairs by an earlier judge: also print the drift.")
    private @Nullable Path earlier;

    @Option(
            names = "--bootstrap",
            paramLabel = "N",
            description = "Resamples for the 95 %% intervals; 1000 by default, fewer beyond 20,000 rows.")
    private @Nullable Integer bootstrap;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Fixes the resamples.")
    private long seed;

    @Mixin
    private final Input input = new Input();

    @Override
    protected ObjectNode execute() throws IOException {
        Usage.check(command(), input::renames);
        if (!(precision > 0 && precision <= 1)) {
            throw wrongUse("--precision = " + precision + ": expected a share in (0, 1]");
        }
        Usage.check(command(), () -> new Bootstrap(bootstrap == null ? 1 : bootstrap, seed, 0.95));
        Path labelFile = labels == null ? scores : labels;
        require(scores, "score");
        require(labelFile, Labels.FIELDS.toArray(String[]::new));
        if (earlier != null) {
            require(earlier, "score");
        }
        PairedNumbers labelled =
                PairedNumbers.join(input, scores, row -> "score", labelFile, PairedNumbers::labelField);
        int rows = labelled.left().length;
        if (rows == 0) {
            throw new DataException(labelFile + ": no row with a score in " + scores + ", expected at least one");
        }
        ObjectNode summary = JsonLines.row().put("rows", rows);
        if (labelled.unmatched() > 0) {
            summary.put("unmatched", labelled.unmatched());
        }
        agreement(summary, labelled);
        if (earlier != null) {
            summary.set("drift", drift(scores, earlier));
        }
        return summary;
    }

    private void require(Path file, String... columns) throws IOException {
        try (InputRows rows = input.openAny(file)) {
            rows.require(columns);
        }
    }

    private void agreement(ObjectNode summary, PairedNumbers labelled) {
        Agreement agreement = Agreement.of(labelled.left(), labelled.right());
        boolean ratings = agreement.onOneScale();
        double good = positive.goodFrom(labelled.right());
        Detection detection = agreement.detecting(good);
        summary.put("positive_from", good).put("positives", detection.positives());
        put(summary, "mean_score", Arrays.stream(labelled.left()).average().orElse(Double.NaN));
        put(summary, "mean_label", Arrays.stream(labelled.right()).average().orElse(Double.NaN));
        List<Double> cuts = thresholds.isEmpty() && ratings ? List.of(4.0, 4.5) : thresholds;
        intervals(summary, agreement, statistics(ratings, good, cuts));
        if (!Double.isNaN(detection.brier())) {
            summary.put("brier", detection.brier());
            summary.put("calibration_error", detection.calibrationError(10));
        }
        if (labelled.lengths() != null) {
            put(
                    summary,
                    "length_spearman",
                    Agreement.of(labelled.left(), labelled.lengths()).spearman());
        }
        Cut suggested = detection.thresholdFor(precision).orElse(null);
        if (suggested == null) {
            summary.putNull("suggested");
        } else {
            ObjectNode suggestion = summary.putObject("suggested").put("threshold", suggested.threshold());
            suggestion.put("kept", suggested.kept()).put("precision", suggested.precision());
            put(suggestion, "recall", suggested.recall());
        }
        if (labelled.alone().length > 0) {
            worth(summary, labelled, good, cuts);
        }
        calibration(summary, detection, labelled.left(), ratings);
        summary.put("verdict", verdict(summary, detection, suggested));
    }

    /** Says how many of all rows with a score are good, most of which have no label. */
    private void worth(ObjectNode summary, PairedNumbers labelled, double good, List<Double> cuts) {
        Worth.Rows rows = new Worth.Rows();
        for (int i = 0; i < labelled.left().length; i++) {
            rows.add(labelled.left()[i], labelled.right()[i], labelled.drawnWith()[i]);
        }
        Arrays.stream(labelled.alone()).forEach(score -> rows.add(score, Double.NaN, Double.NaN));
        Worth worth = rows.worth(labels -> good);
        double[] all = worth.scores();
        WorthOptions.into(summary.putObject("worth").put("rows", all.length), worth.of(row -> true, CONFIDENCE));
        for (double cut : cuts) {
            Estimate kept = worth.of(row -> all[row] >= cut, CONFIDENCE);
            WorthOptions.into(summary.putObject("worth" + at(cut)).put("rows", kept.rows()), kept);
        }
        Promise promise = worth.promise(precision, CONFIDENCE);
        ObjectNode promised = summary.putObject("promised").put("precision_of", precision);
        if (promise.holds()) {
            promised.put("threshold", promise.threshold())
                    .put("rows", promise.kept().rows());
            WorthOptions.into(promised, promise.kept());
        } else {
            promised.put("cannot_be", promise.advice());
        }
    }

    private static String at(double threshold) {
        return "_at_" + (threshold == Math.rint(threshold) ? (long) threshold + "" : threshold + "");
    }

    /** {@return what the figures mean, in a sentence or two} */
    private String verdict(ObjectNode summary, Detection detection, @Nullable Cut suggested) {
        int good = detection.positives();
        int bad = summary.get("rows").intValue() - good;
        JsonNode auc = summary.get("roc_auc");
        if (good == 0 || bad == 0) {
            return "all labels are " + (good == 0 ? "bad" : "good")
                    + ": nothing can be said, label some of the other kind";
        }
        double low = auc.get("low").doubleValue();
        double high = auc.get("high").doubleValue();
        String separates = low > 0.9
                ? "the score tells good from bad very well"
                : low > 0.75
                        ? "the score tells good from bad well"
                        : low > 0.5
                                ? "the score is better than chance, but weak"
                                : high < 0.5
                                        ? "the score is worse than chance: the good ones score lower"
                                        : "the score is not shown to be better than chance";
        String few = good < FEW || bad < FEW ? "; " + Math.min(good, bad) + " rows of one kind are few" : "";
        String keep = suggested == null
                ? String.format(Locale.ROOT, "no threshold reaches a precision of %.2f here", precision)
                : String.format(
                        Locale.ROOT,
                        "keeping scores from %.4g on keeps %d rows, of which %.0f %% are good",
                        suggested.threshold(),
                        suggested.kept(),
                        100 * suggested.precision());
        return String.format(
                Locale.ROOT,
                "%s (ROC-AUC %.2f, %.2f to %.2f, from %d good and %d bad)%s; %s",
                separates,
                auc.get("value").doubleValue(),
                low,
                high,
                good,
                bad,
                few,
                keep);
    }

    private static Map<String, ToDoubleFunction<Agreement>> statistics(
            boolean ratings, double good, List<Double> thresholds) {
        Map<String, ToDoubleFunction<Agreement>> statistics = new LinkedHashMap<>();
        statistics.put("pearson", Agreement::pearson);
        statistics.put("spearman", Agreement::spearman);
        statistics.put("kendall", Agreement::kendall);
        if (ratings) {
            statistics.put("quadratic_kappa", Agreement::quadraticKappa);
            statistics.put("mean_error", Agreement::meanError);
            statistics.put("mean_absolute_error", Agreement::meanAbsoluteError);
        }
        statistics.put("roc_auc", some -> some.detecting(good).rocAuc());
        statistics.put("average_precision", some -> some.detecting(good).averagePrecision());
        for (double threshold : thresholds) {
            String at = at(threshold);
            statistics.put(
                    "precision" + at, some -> some.detecting(good).at(threshold).precision());
            statistics.put(
                    "recall" + at, some -> some.detecting(good).at(threshold).recall());
            statistics.put("f1" + at, some -> some.detecting(good).at(threshold).f1());
        }
        return statistics;
    }

    private void intervals(
            ObjectNode summary, Agreement agreement, Map<String, ToDoubleFunction<Agreement>> statistics) {
        Bootstrap resampling =
                bootstrap == null ? Bootstrap.of(seed, agreement.rows()) : new Bootstrap(bootstrap, seed, 0.95);
        Iterator<Interval> intervals = resampling
                .intervals(agreement.rows(), rows -> {
                    Agreement some = agreement.on(rows);
                    return statistics.values().stream()
                            .mapToDouble(statistic -> statistic.applyAsDouble(some))
                            .toArray();
                })
                .iterator();
        statistics.forEach((name, statistic) -> {
            Interval interval = intervals.next();
            ObjectNode node = summary.putObject(name);
            put(node, "value", statistic.applyAsDouble(agreement));
            put(node, "low", interval.low());
            put(node, "high", interval.high());
        });
        summary.put("resamples", resampling.resamples());
    }

    private static void calibration(ObjectNode summary, Detection detection, double[] scores, boolean ratings) {
        boolean probabilities = !ratings && !Double.isNaN(detection.brier());
        double low =
                ratings ? 1 : probabilities ? 0 : Arrays.stream(scores).min().orElseThrow();
        double high =
                ratings ? 5 : probabilities ? 1 : Arrays.stream(scores).max().orElseThrow();
        ArrayNode bins = summary.putArray("calibration");
        for (Bin bin : high > low ? detection.calibration(low, high, BINS) : List.<Bin>of()) {
            ObjectNode node = bins.addObject().put("from", bin.low()).put("to", bin.high());
            node.put("rows", bin.count());
            put(node, "mean_score", bin.meanScore());
            put(node, "positive_rate", bin.rate());
        }
    }

    private ObjectNode drift(Path scores, Path earlierFile) throws IOException {
        PairedNumbers both = PairedNumbers.join(input, earlierFile, row -> "score", scores, row -> "score");
        double threshold = thresholds.isEmpty() ? 4.5 : thresholds.get(0);
        Drift drift = Drift.between(both.left(), both.right(), threshold);
        ObjectNode node = JsonLines.row().put("rows", drift.rows());
        put(node, "mean_change", drift.meanChange());
        put(node, "deviation", drift.deviation());
        put(node, "mean_absolute_change", drift.meanAbsoluteChange());
        put(node, "spearman", drift.spearman());
        return node.put("threshold", threshold).put("entered", drift.entered()).put("left", drift.left());
    }

    /** What is undefined is null. */
    private static void put(ObjectNode node, String name, double value) {
        if (Double.isNaN(value)) {
            node.putNull(name);
        } else {
            node.put(name, value);
        }
    }
}
