package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.SystemTags;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines;
import io.humpback.data.format.ExampleFunnel;
import io.humpback.data.format.Format;
import io.humpback.data.format.Pairs;
import io.humpback.data.web.Corpus;
import io.humpback.data.web.Segmenter;
import io.humpback.examples.cli.io.HubFiles;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.JudgeOptions;
import io.humpback.examples.cli.option.KeepOptions;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.PlanOptions;
import io.humpback.examples.cli.option.RoleOptions;
import io.humpback.examples.cli.option.SamplingOptions;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.examples.cli.terminal.RunProgress;
import io.humpback.internal.AtomicFiles;
import io.humpback.judge.TrainedJudge;
import io.humpback.model.LanguageModel;
import io.humpback.model.RewardModel;
import io.humpback.model.TrainingPlan;
import io.humpback.quality.FunnelStep;
import io.humpback.quality.Labels;
import io.humpback.report.HtmlReport;
import io.humpback.report.RunReport;
import io.humpback.run.Forecast;
import io.humpback.run.Humpback;
import io.humpback.run.Humpback.JudgedBy;
import io.humpback.run.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The whole loop in a directory. */
@Command(
        name = "run",
        sortOptions = false,
        description = "The whole loop: trains M_yx and M_0 on the seed, writes an instruction for each segment of the "
                + "pages, then scores, curates and trains, round by round. Killed or stopped, the same command goes on "
                + "where it was.")
public final class RunCommand extends ReportingCommand {

    @Option(names = "--dir", required = true, paramLabel = "D", description = "The run's folder.")
    private Path dir;

    @Option(
            names = "--seed",
            required = true,
            paramLabel = "F",
            description =
                    "Pairs written by people, in any file and format that convert reads; the format is guessed. Also"
                            + " datasets/org/name or datasets/org/name:file on the hub.")
    private Path seed;

    @Mixin
    private final Input input = new Input();

    @Option(
            names = "--language",
            paramLabel = "CODE",
            description = "Language of an oasst seed; ${DEFAULT-VALUE} by default.")
    private String language = "en";

    @Option(
            names = "--strict",
            description = "Stop at the first row of the seed that cannot be read, which else is listed in "
                    + "D/seed.rejected.jsonl.")
    private boolean strict;

    @Option(
            names = "--pages",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description =
                    "HTML files, folders, .tar.gz, .warc.gz or .wacz archives; or one .jsonl of segments with text; or on the hub"
                            + " datasets/org/name or datasets/org/name:file.")
    private List<Path> pages = List.of();

    @Option(
            names = "--rounds",
            paramLabel = "N",
            description = "2 by default, 1 with --judge-model, --judge-dir or a reward model.")
    private @Nullable Integer rounds;

    @Option(names = "--sample", paramLabel = "N", description = "Use N segments, drawn without replacement.")
    private @Nullable Long sample;

    @Option(names = "--random-seed", paramLabel = "N", defaultValue = "0", description = "Seed of all randomness.")
    private long randomSeed;

    @Option(
            names = "--judge",
            defaultValue = "rating",
            description = "${COMPLETION-CANDIDATES}, in any case; ${DEFAULT-VALUE} by default.")
    private JudgedBy judge = JudgedBy.RATING;

    @Option(
            names = "--reward-model",
            paramLabel = "R",
            description =
                    "With --judge reward or panel: the model that judges, such as a LlamaForSequenceClassification; a folder,"
                            + " or org/name on the hub.")
    private @Nullable String rewardModel;

    @Option(
            names = "--judge-dir",
            paramLabel = "DIR",
            description =
                    "With --judge learned or panel: what learn has left, for --judge-model or else --model, which judges as"
                            + " it is.")
    private @Nullable Path judgeFolder;

    @Option(names = "--no-tags", description = "Train and use the models without the system turns.")
    private boolean noTags;

    @Option(names = "--ifd", paramLabel = "R", description = "Drop candidates whose IFD is not below R.")
    private @Nullable Double ifd;

    @Option(
            names = "--variance-penalty",
            paramLabel = "W",
            description = "Subtract W times the variance over several rubrics from the score.")
    private double variancePenalty;

    @Option(
            names = "--near-duplicates",
            paramLabel = "J",
            description = "Leave out segments this similar to an earlier one; 0.7 by default.")
    private @Nullable Double nearDuplicates;

    @Option(names = "--diversity", paramLabel = "J", description = "Skip instructions this similar to a better one.")
    private @Nullable Double diversity;

    @Option(names = "--length-control", description = "Subtract what the response's length explains from the score.")
    private boolean lengthControl;

    @Option(
            names = "--test-share",
            paramLabel = "P",
            description = "Of the kept pairs, the share that export/hub has as its split test; none by default.")
    private @Nullable Double testShare;

    @Option(names = "--backward-steps", paramLabel = "N", description = "Optimizer steps of M_yx alone.")
    private @Nullable Integer backwardSteps;

    @Option(names = "--train-tokens", paramLabel = "N", description = "Tokens that a row may have in training.")
    private @Nullable Integer trainTokens;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Upper bound of an instruction.")
    private @Nullable Integer maxTokens;

    @Option(
            names = "--from",
            paramLabel = "STAGE",
            description = "Forget what this stage and those after it have done: seed, segments, train-M_yx, augment, "
                    + "train-M_0, ifd, score-1, curate-1, train-M_1, ..., export.")
    private @Nullable String from;

    @Option(names = "--dry-run", description = "Tell what each stage will cost, and stop.")
    private boolean dryRun;

    @Mixin
    private final KeepOptions keeping = new KeepOptions();

    @Mixin
    private final JudgeOptions judging = new JudgeOptions();

    @Mixin
    private final PlanOptions plans = new PlanOptions();

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final RoleOptions roles = new RoleOptions();

    @Override
    protected ObjectNode execute() throws IOException {
        models.require();
        judging.check(command());
        roles.check(models);
        if (judge != JudgedBy.PANEL && (judge == JudgedBy.REWARD) != (rewardModel != null)) {
            throw wrongUse("--judge reward and --reward-model: expected both or neither");
        }
        if (judge.isTrained() != (judgeFolder != null)) {
            throw wrongUse("--judge-dir and --judge learned or panel: expected both or neither");
        }
        if (rewardModel != null && rewardModel.isEmpty()) {
            throw wrongUse("--reward-model: found an empty name, expected a model's");
        }
        if (roles.hasJudge() && (judge == JudgedBy.NONE || judge == JudgedBy.REWARD)) {
            throw wrongUse(
                    "--judge-model: found --judge " + judge.name().toLowerCase(Locale.ROOT) + ", expected another");
        }
        if (roles.hasJudge() && rounds != null && rounds > 1) {
            throw wrongUse(
                    "--judge-model: found --rounds " + rounds + ", expected 1, as it would rate the same pairs alike");
        }
        TrainingPlan plan = plans.plan(command(), more -> {
            PlanOptions.set(trainTokens, more::maxTokens);
            more.seed(randomSeed);
        });
        Humpback settings = Usage.check(command(), () -> settings(plan));
        Usage.check(command(), input::renames);
        ObjectNode summary = JsonLines.row();
        List<Example> pairs = pairs(summary);
        try (LanguageModel judgeModel = roles.judge(models);
                LanguageModel writer = roles.writer(models);
                LanguageModel model = models.load();
                RewardModel reward =
                        rewardModel == null ? null : models.loadReward(HubFiles.model(command(), rewardModel));
                RunProgress progress = new RunProgress(terminal())) {
            Humpback run = settings.base(model).seed(pairs).corpus(corpus()).listener(progress);
            run = judged(run, model, judgeModel, reward);
            run = writer == null ? run : run.writer(writer);
            if (dryRun) {
                forecast(run.dryRun(), summary);
            } else {
                result(run.run(), summary);
                Path page = dir.resolve("report.html");
                HtmlReport.write(RunReport.read(dir, Labels.inFolder(dir)), page);
                summary.put("report", page.toString());
            }
        }
        return summary;
    }

    private Humpback judged(
            Humpback run, LanguageModel model, @Nullable LanguageModel judgeModel, @Nullable RewardModel reward)
            throws IOException {
        if (judgeFolder != null) {
            LanguageModel reads = judgeModel == null ? model : judgeModel;
            TrainedJudge.Kind kind = TrainedJudge.Kind.valueOf(judge.name());
            return run.judge(TrainedJudge.open(judgeFolder, kind, reads, reward));
        }
        Humpback judged = reward == null ? run.judge(judge) : run.judge(reward);
        return judgeModel == null ? judged : judged.judge(judgeModel);
    }

    /** A part for each stage, and one for all: what is unknown of a stage is not in it. */
    private static void forecast(List<Forecast> forecasts, ObjectNode summary) {
        for (Forecast forecast : forecasts) {
            summary.putObject(forecast.stage())
                    .put("items", forecast.items())
                    .put("tokens", forecast.tokens())
                    .put("seconds", Double.isNaN(forecast.seconds()) ? null : forecast.seconds())
                    .put("disk_bytes", known(forecast.diskBytes()))
                    .put("peak_bytes", known(forecast.peakBytes()));
        }
        summary.putObject("all")
                .put("tokens", forecasts.stream().mapToLong(Forecast::tokens).sum())
                .put(
                        "seconds",
                        forecasts.stream()
                                .mapToDouble(Forecast::seconds)
                                .filter(seconds -> !Double.isNaN(seconds))
                                .sum())
                .put(
                        "disk_bytes",
                        forecasts.stream()
                                .mapToLong(forecast -> forecast.diskBytes().orElse(0))
                                .sum())
                .put(
                        "peak_bytes",
                        known(forecasts.stream()
                                .flatMapToLong(forecast -> forecast.peakBytes().stream())
                                .max()));
    }

    private static void result(RunResult result, ObjectNode summary) {
        for (FunnelStep step : result.funnel()) {
            ObjectNode of = summary.putObject(step.stage()).put("in", step.into());
            ObjectNode dropped = of.putObject("dropped");
            step.dropped().forEach(dropped::put);
            of.put("out", step.out());
        }
        summary.put("unreadable", result.unreadable().size());
        summary.put("dir", result.directory().toString());
    }

    private static @Nullable Long known(OptionalLong bytes) {
        return bytes.isPresent() ? bytes.getAsLong() : null;
    }

    private Humpback settings(TrainingPlan plan) {
        Humpback run = Humpback.at(dir)
                .randomSeed(randomSeed)
                .rubrics(judging.chosen())
                .variancePenalty(variancePenalty)
                .keep(keeping.keep(command()))
                .plan(plan);
        run = rounds == null ? run : run.rounds(rounds);
        run = backwardSteps == null
                ? run
                : run.backwardPlan(plan.toBuilder().steps(backwardSteps).build());
        run = rounds == null ? run : run.rounds(rounds);
        run = judging.isReasoned() ? run.reasoned() : run;
        run = nearDuplicates == null ? run : run.nearDuplicates(nearDuplicates);
        run = noTags ? run.tags(SystemTags.none()) : run;
        run = sample == null ? run : run.sample(sample);
        run = ifd == null ? run : run.ifd(ifd);
        run = diversity == null ? run : run.diversity(diversity);
        run = testShare == null ? run : run.testShare(testShare);
        run = lengthControl ? run.lengthControl() : run;
        run = from == null ? run : run.fromStage(from);
        return maxTokens == null ? run : run.sampling(SamplingOptions.NUCLEUS.maxTokens(maxTokens));
    }

    private Corpus corpus() throws IOException {
        List<Path> found = HubFiles.pages(command(), pages);
        String name = found.get(0).toString();
        return found.size() == 1 && (name.endsWith(".jsonl") || name.endsWith(".jsonl.gz"))
                ? Corpus.segments(found.get(0))
                : Corpus.pages(found, Segmenter.paper());
    }

    /** Reads the seed; what was read of it, and what was not, also lies in the run's folder. */
    private List<Example> pairs(ObjectNode summary) throws IOException {
        List<Example> pairs = new ArrayList<>();
        try (InputRows rows = input.open(seed)) {
            Format format = ConvertCommand.guess(rows, language);
            Path folder = Files.createDirectories(dir);
            AtomicFiles.sweepOld(folder, "seed.");
            summary.set(
                    "seed",
                    run("seed", Extent.of(List.of(rows.path())), folder.resolve("seed.jsonl"), strict, output -> {
                        ExampleFunnel funnel = new ExampleFunnel();
                        try (Stream<Example> all =
                                format.examples(rows.rows(funnel.counting(output)), funnel, output)) {
                            for (Example pair : (Iterable<Example>) all::iterator) {
                                pairs.add(pair);
                                output.write(Pairs.format().row(pair));
                            }
                        }
                        ConvertCommand.note(funnel, output.notes().put("from", format.key()));
                    }));
        }
        if (pairs.isEmpty()) {
            throw new DataException(seed + ": no rows, expected pairs");
        }
        return pairs;
    }
}
