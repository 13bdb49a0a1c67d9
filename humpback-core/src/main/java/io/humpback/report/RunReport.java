package io.humpback.report;

import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.quality.Agreement;
import io.humpback.quality.Bootstrap;
import io.humpback.quality.Bootstrap.Interval;
import io.humpback.quality.Detection;
import io.humpback.quality.Drift;
import io.humpback.quality.Labels;
import io.humpback.quality.Worth.Estimate;
import io.humpback.run.RunResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What is reported of a run. Any part may be empty; its section is then left out. Texts are data: {@link HtmlReport}
 * escapes all of them.
 *
 * @param title the name of the run
 * @param funnel the stages from pages to kept pairs, in order
 * @param scores the distribution of scores of each round
 * @param drifts how rounds differ on the same pairs
 * @param judges the scores of each round against labels
 * @param losses the losses of each training
 * @param lengths how long texts are, in characters
 * @param verbs what the instructions ask for
 * @param pairs some of the kept and of the other pairs
 * @param seconds wall-clock time worked on each stage, in order
 * @param settings what was asked for, name to value
 * @param fingerprints what identifies models, data and prompts, name to value
 */
public record RunReport(
        String title,
        List<Step> funnel,
        List<Named<Histogram>> scores,
        List<Drifted> drifts,
        List<Judge> judges,
        List<Curve> losses,
        List<Named<Histogram>> lengths,
        Verbs verbs,
        List<Pair> pairs,
        Map<String, Double> seconds,
        Map<String, String> settings,
        Map<String, String> fingerprints) {

    /**
     * {@return the report of the directory of a run, or of a folder that the command {@code pipeline} has filled}
     *
     * @param labels what people said of pairs
     * @throws io.humpback.data.DataException if there is neither
     */
    public static RunReport read(Path folder, Labels labels) throws IOException {
        Objects.requireNonNull(folder, "folder");
        Objects.requireNonNull(labels, "labels");
        return RunResult.isIn(folder) ? StoredRun.read(folder, labels) : JsonlRun.read(folder, labels);
    }

    /**
     * {@return the report of pairs that were scored, and curated perhaps, without a folder: their funnel and scores, the judge
     * beside labels, and some of the pairs}
     *
     * @param title what was scored
     * @param scored what a {@link io.humpback.Judge} made of them; a pair is kept if there is nothing against it
     * @param labels what people said of some of them
     */
    public static RunReport of(String title, List<Scored<Example>> scored, Labels labels) {
        return ScoredPairs.report(
                Objects.requireNonNull(title, "title"),
                Objects.requireNonNull(scored, "scored"),
                Objects.requireNonNull(labels, "labels"));
    }

    /**
     * A judge beside people's labels.
     *
     * @param name of the judge, such as {@code M_1}
     * @param detection how well it tells good pairs
     * @param rocAuc the 95 % bootstrap interval of its ROC-AUC
     * @param all what all rows are worth that have a score, with 95 % intervals
     * @param kept what those are worth that are kept by its scores; null where that is not known
     */
    public record Judge(
            String name,
            Detection detection,
            Interval rocAuc,
            Estimate all,
            @Nullable Estimate kept) {

        static Judge of(String name, double[] scores, double[] labels, Estimate all, @Nullable Estimate kept) {
            double good = Labels.good(labels);
            Agreement agreement = Agreement.of(scores, labels);
            Interval interval = Bootstrap.of(1, agreement.rows())
                    .intervals(agreement.rows(), rows ->
                            new double[] {agreement.on(rows).detecting(good).rocAuc()})
                    .get(0);
            return new Judge(name, agreement.detecting(good), interval, all, kept);
        }
    }

    /**
     * One stage of the funnel.
     *
     * @param name what the items are, such as {@code segments}
     * @param items how many came out of the stage
     * @param dropped those that went in and did not come out, by reason
     */
    public record Step(String name, long items, Map<String, Long> dropped) {}

    /**
     * A value with a name, such as {@code M_1}.
     *
     * @param <T> the value's type
     * @param name for the legend
     * @param value what is shown
     */
    public record Named<T>(String name, T value) {}

    /**
     * The drift from one judge to another.
     *
     * @param from the earlier judge
     * @param to the later one
     * @param drift how their scores of the same pairs differ
     */
    public record Drifted(String from, String to, Drift drift) {}

    /**
     * Losses by step.
     *
     * @param name of the training, such as {@code M_1}, or {@code M_1 held out}
     * @param steps numbers of steps, ascending
     * @param losses one for each step, in nats per token
     */
    public record Curve(String name, double[] steps, double[] losses) {

        /** What follows the name of a training where the losses are those of rows that are not learnt. */
        public static final String HELD_OUT = " held out";
    }

    /**
     * Root verbs of instructions.
     *
     * @param instructions how many were read
     * @param objects each verb with its objects and their counts, most frequent first
     */
    public record Verbs(long instructions, Map<String, Map<String, Long>> objects) {}

    /**
     * One pair.
     *
     * @param instruction what is asked
     * @param response what is answered
     * @param source where the response is from; empty if unknown
     * @param score the score; NaN if there is none
     * @param distribution P(1) to P(5); null if there is none
     * @param kept whether it was kept
     * @param reason why it was not kept; empty if it was
     */
    public record Pair(
            String instruction,
            String response,
            String source,
            double score,
            @Nullable List<Double> distribution,
            boolean kept,
            String reason) {}
}
