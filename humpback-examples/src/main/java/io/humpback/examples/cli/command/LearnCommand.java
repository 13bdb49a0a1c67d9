package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.PairFormat;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.PositiveOption;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.examples.cli.terminal.Progress;
import io.humpback.judge.JudgeTraining;
import io.humpback.judge.JudgeTraining.Compared;
import io.humpback.judge.JudgeTraining.Outcome;
import io.humpback.judge.JudgeTraining.Step;
import io.humpback.model.LanguageModel;
import io.humpback.model.Listener;
import io.humpback.model.Listener.Task;
import io.humpback.model.RewardModel;
import io.humpback.quality.Bootstrap.Interval;
import io.humpback.quality.Detection.Bin;
import io.humpback.quality.Labels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Labelled pairs in, a judge that has learned from them out. */
@Command(
        name = "learn",
        sortOptions = false,
        description =
                "Trains a judge on pairs that people have labelled: a regression on the model's hidden states, rating,"
                        + " likelihood and gain (score --by learned), and a panel of all judges (score --by panel). Tells how well"
                        + " each tells good pairs apart that it has not seen, beside the plain rating. It judges with this model alone.")
public final class LearnCommand extends ReportingCommand {

    private static final int BINS = 10;

    @Option(
            names = "--in",
            required = true,
            paramLabel = "F",
            description = "Pairs: rows with instruction and response; those without a label are passed over.")
    private Path in;

    @Option(
            names = "--labels",
            paramLabel = "F",
            description =
                    "What people said of some pairs: rows with id, or instruction and response, and a number as label,"
                            + " rating or human; the pairs' own file by default.")
    private @Nullable Path labels;

    @Mixin
    private final PositiveOption positive = new PositiveOption();

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "The judge's folder.")
    private Path out;

    @Option(
            names = "--reward-model",
            paramLabel = "R",
            description = "A reward model that sits on the panel too; a folder, or org/name on the hub.")
    private @Nullable String rewardModel;

    @Option(
            names = "--isotonic",
            description =
                    "The panel's probabilities follow a rising curve of any shape, for which some hundred labels are few.")
    private boolean isotonic;

    @Option(
            names = "--curve",
            split = ",",
            paramLabel = "N",
            description = "Tell also what these numbers of labels would have taught, such as 20,40,80,120.")
    private List<Integer> curve = List.of();

    @Option(
            names = "--folds",
            paramLabel = "N",
            defaultValue = "5",
            description = "Of the cross-validations; ${DEFAULT-VALUE} by default.")
    private int folds = 5;

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Fixes what is in which fold.")
    private long seed = 1;

    @Mixin
    private final Input input = new Input();

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Override
    protected ObjectNode execute() throws IOException {
        models.require();
        Usage.check(command(), input::renames);
        if (folds < 2 || folds > 20) {
            throw wrongUse("--folds = " + folds + ": expected 2 to 20");
        }
        if (curve.stream().anyMatch(labelled -> labelled < 1)) {
            throw wrongUse("--curve = " + curve + ": expected numbers of labels");
        }
        List<Example> pairs = new ArrayList<>();
        boolean[] good = labelled(pairs);
        try (LanguageModel model = models.load();
                RewardModel reward =
                        rewardModel == null ? null : models.loadReward(HubFiles.model(command(), rewardModel));
                Progress progress = Progress.of(terminal(), command().name(), Extent.of(pairs.size()))) {
            JudgeTraining training =
                    JudgeTraining.using(model).folds(folds).seed(seed).listener(heard(progress));
            training = reward == null ? training : training.reward(reward);
            training = isotonic ? training.isotonic() : training;
            Outcome outcome = training.learn(pairs, good);
            outcome.save(out);
            return summary(outcome);
        }
    }

    /** A pair is done, but for the learning, when its states are read and what follows is asked. */
    private static Listener heard(Progress progress) {
        long[] read = {0};
        return done -> {
            progress.progressed(done);
            for (; done.task() == Task.STATES && read[0] < done.items(); read[0]++) {
                progress.step();
            }
        };
    }

    /** Reads the pairs that have a label. {@return whether each is good} */
    private boolean[] labelled(List<Example> pairs) throws IOException {
        List<Double> given = new ArrayList<>();
        Labels known = labels == null ? null : Labels.read(labels);
        try (InputRows rows = input.open(in)) {
            PairFormat format = rows.pairs();
            try (Stream<Row> all = rows.rows(Rejects.refuse())) {
                for (Iterator<Row> each = all.iterator(); each.hasNext(); ) {
                    Row row = each.next();
                    Example pair = Fields.example(format, row);
                    double label = known == null
                            ? Labels.of(row.fields())
                            : known.of(row.fields().path("id").asText(""), pair.instruction(), pair.response());
                    if (!Double.isNaN(label)) {
                        pairs.add(pair);
                        given.add(label);
                    }
                }
            }
        }
        if (pairs.isEmpty()) {
            throw new DataException(
                    (labels == null ? in : labels) + ": no label of a pair of " + in + ", expected some of each kind");
        }
        double[] numbers = given.stream().mapToDouble(label -> label).toArray();
        double from = positive.goodFrom(numbers);
        boolean[] good = new boolean[numbers.length];
        for (int i = 0; i < good.length; i++) {
            good[i] = numbers[i] >= from;
        }
        return good;
    }

    private ObjectNode summary(Outcome outcome) {
        ObjectNode summary = JsonLines.row()
                .put("labels", outcome.rows())
                .put("good", outcome.positives())
                .put("cannot_be_judged", outcome.dropped())
                .put("layer", outcome.layer())
                .put("reads_mean", outcome.readsMean())
                .put("strength", outcome.strength());
        for (Compared judge : outcome.judges()) {
            ObjectNode of = summary.putObject(judge.name())
                    .put("roc_auc", judge.detection().rocAuc())
                    .put("low", judge.auc().low())
                    .put("high", judge.auc().high());
            if (!judge.name().equals("rating")) {
                of.put("beyond_rating_low", judge.gain().low())
                        .put("beyond_rating_high", judge.gain().high());
            }
            if (!Double.isNaN(judge.detection().brier())) {
                of.put("brier", judge.detection().brier())
                        .put("calibration_error", judge.detection().calibrationError(BINS));
            }
        }
        Compared panel = last(outcome);
        ArrayNode reliability = summary.putArray("panel_reliability");
        for (Bin bin : panel.detection().calibration(0, 1, BINS)) {
            if (bin.count() > 0) {
                reliability
                        .addObject()
                        .put("said", bin.meanScore())
                        .put("good", bin.rate())
                        .put("pairs", bin.count());
            }
        }
        if (!curve.isEmpty()) {
            ArrayNode steps = summary.putArray("curve");
            for (Step step : outcome.curve(curve, 10)) {
                steps.addObject()
                        .put("labels", step.labels())
                        .put("learned_auc", step.learned())
                        .put("deviation", step.deviation())
                        .put("panel_auc", step.panel());
            }
        }
        return summary.put("verdict", verdict(outcome)).put("judge", out.toString());
    }

    private static Compared last(Outcome outcome) {
        return outcome.judges().get(outcome.judges().size() - 1);
    }

    private static String verdict(Outcome outcome) {
        List<Compared> judges = outcome.judges();
        Compared rating = judges.get(0);
        Compared learned = judges.get(judges.size() - 2);
        Compared panel = last(outcome);
        Compared best = panel.detection().rocAuc() > learned.detection().rocAuc() ? panel : learned;
        Interval gain = best.gain();
        String figures = String.format(
                Locale.ROOT,
                "ROC-AUC %.3f by %s, %.3f by rating; the difference is %.3f to %.3f",
                best.detection().rocAuc(),
                best.name(),
                rating.detection().rocAuc(),
                gain.low(),
                gain.high());
        if (gain.low() > 0) {
            return "take " + best.name() + ": it tells these pairs apart better than the rating (" + figures + ")";
        }
        return gain.high() < 0
                ? "keep to the rating: it tells these pairs apart better than what was learned (" + figures + ")"
                : "keep to the rating, or label more: these labels do not show that one is better (" + figures + ")";
    }
}
