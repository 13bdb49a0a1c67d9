package io.humpback.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Forecast;
import io.humpback.FunnelStep;
import io.humpback.Humpback;
import io.humpback.Judge;
import io.humpback.Rubric;
import io.humpback.RunResult;
import io.humpback.SystemTags;
import io.humpback.data.Corpus;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.JsonLines;
import io.humpback.data.JsonLines.Row;
import io.humpback.data.Rejects;
import io.humpback.data.Segmenter;
import io.humpback.model.LanguageModel;
import io.humpback.model.TrainingPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The whole loop in a directory. */
@Command(
        name = "run",
        sortOptions = false,
        description = "The whole loop: trains M_yx and M_0 on the seed, writes an instruction for each segment of the "
                + "pages, then scores, curates and trains, round by round. Killed or stopped, the same command goes on "
                + "where it was.")
final class RunCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--dir", required = true, paramLabel = "D", description = "The run's folder.")
    private @Nullable Path dir;

    @Option(
            names = "--seed",
            required = true,
            paramLabel = "F",
            description = "Pairs written by people: rows with instruction and response.")
    private @Nullable Path seed;

    @Option(
            names = "--pages",
            required = true,
            arity = "1..*",
            paramLabel = "PATH",
            description = "HTML files, folders, .tar.gz or .warc.gz archives; or one .jsonl of segments with text.")
    private List<Path> pages = List.of();

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "2", description = "${DEFAULT-VALUE} by default.")
    private int rounds = 2;

    @Option(names = "--sample", paramLabel = "N", description = "Use so many segments, drawn without replacement.")
    private @Nullable Long sample;

    @Option(names = "--random-seed", paramLabel = "N", defaultValue = "0", description = "Of all randomness.")
    private long randomSeed;

    @Option(
            names = "--judge",
            defaultValue = "rating",
            description = "${COMPLETION-CANDIDATES}, in any case; ${DEFAULT-VALUE} by default.")
    private Judge judge = Judge.RATING;

    @Option(names = "--rubrics", paramLabel = "N", defaultValue = "1", description = "Average over so many rubrics.")
    private int rubrics = 1;

    @Option(names = "--no-tags", description = "Train and use the models without the system turns.")
    private boolean noTags;

    @Option(names = "--ifd", paramLabel = "R", description = "Drop candidates whose IFD is not below R.")
    private @Nullable Double ifd;

    @Option(names = "--variance-penalty", paramLabel = "W", description = "Of ratings over several rubrics.")
    private double variancePenalty;

    @Option(names = "--diversity", paramLabel = "J", description = "Skip instructions this similar to a better one.")
    private @Nullable Double diversity;

    @Option(names = "--length-control", description = "Take off the score what the response's length explains.")
    private boolean lengthControl;

    @Option(names = "--learning-rate", paramLabel = "R", description = "Of all trainings.")
    private @Nullable Double learningRate;

    @Option(names = "--epochs", paramLabel = "N", description = "Of all trainings.")
    private @Nullable Double epochs;

    @Option(names = "--steps", paramLabel = "N", description = "Optimizer steps of each training, in place of epochs.")
    private @Nullable Integer steps;

    @Option(names = "--full", description = "Train every weight, not a low-rank change.")
    private boolean full;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Upper bound of an instruction.")
    private @Nullable Integer maxTokens;

    @Option(
            names = "--from",
            paramLabel = "STAGE",
            description = "Forget what this stage and those after it have done: seed, segments, train-M_yx, augment, "
                    + "train-M_0, score-1, curate-1, train-M_1, ..., export.")
    private @Nullable String from;

    @Option(names = "--dry-run", description = "Tell what each stage will cost, and stop.")
    private boolean dryRun;

    @Mixin
    private final KeepOptions keeping = new KeepOptions();

    @Mixin
    private final Reporting reporting = new Reporting();

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Override
    public Integer call() throws IOException {
        CommandSpec command = Objects.requireNonNull(spec);
        models.path();
        Humpback settings = Wrong.unless(command, () -> settings(command));
        List<Example> pairs = pairs(Objects.requireNonNull(seed));
        ObjectNode summary = JsonLines.object();
        try (LanguageModel model = models.load();
                RunProgress progress = new RunProgress(Cli.of(command).terminal())) {
            Humpback run = settings.base(model).seed(pairs).corpus(corpus()).listener(progress);
            if (dryRun) {
                for (Forecast forecast : run.dryRun()) {
                    summary.putObject(forecast.stage())
                            .put("items", forecast.items())
                            .put("tokens", forecast.tokens())
                            .put("seconds", forecast.seconds())
                            .put("bytes", forecast.diskBytes());
                }
            } else {
                tell(run.run(), summary);
            }
        }
        reporting.report(summary);
        return 0;
    }

    private static void tell(RunResult result, ObjectNode summary) {
        for (FunnelStep step : result.funnel()) {
            ObjectNode of = summary.putObject(step.stage()).put("in", step.in());
            ObjectNode dropped = of.putObject("dropped");
            step.dropped().forEach(dropped::put);
            of.put("out", step.out());
        }
        summary.put("unreadable", result.unreadable().size());
        summary.put("dir", result.directory().toString());
    }

    private Humpback settings(CommandSpec command) {
        if (rubrics < 1 || rubrics > Rubric.paraphrases().size()) {
            throw new IllegalArgumentException("--rubrics = " + rubrics + ": expected 1 to "
                    + Rubric.paraphrases().size());
        }
        Humpback run = Humpback.in(Objects.requireNonNull(dir))
                .rounds(rounds)
                .randomSeed(randomSeed)
                .judge(judge)
                .rubrics(Rubric.paraphrases().subList(0, rubrics))
                .variancePenalty(variancePenalty)
                .keep(keeping.keep(command))
                .plan(plan());
        run = noTags ? run.tags(SystemTags.none()) : run;
        run = sample == null ? run : run.sample(sample);
        run = ifd == null ? run : run.ifd(ifd);
        run = diversity == null ? run : run.diversity(diversity);
        run = lengthControl ? run.lengthControl() : run;
        run = from == null ? run : run.fromStage(from);
        return maxTokens == null ? run : run.sampling(SamplingOptions.NUCLEUS.maxTokens(maxTokens));
    }

    private TrainingPlan plan() {
        TrainingPlan.Builder plan = (full ? TrainingPlan.full() : TrainingPlan.lowRank())
                .toBuilder().seed(randomSeed);
        if (learningRate != null) {
            plan.learningRate(learningRate);
        }
        if (epochs != null) {
            plan.epochs(epochs);
        }
        if (steps != null) {
            plan.steps(steps);
        }
        return plan.build();
    }

    private Corpus corpus() {
        String name = pages.get(0).toString();
        return pages.size() == 1 && (name.endsWith(".jsonl") || name.endsWith(".jsonl.gz"))
                ? Corpus.segments(pages.get(0))
                : Corpus.pages(pages, Segmenter.paper());
    }

    private static List<Example> pairs(Path file) throws IOException {
        List<Example> pairs = new ArrayList<>();
        try (Stream<Row> rows = JsonLines.read(file, Rejects.refuse())) {
            for (Iterator<Row> each = rows.iterator(); each.hasNext(); ) {
                Row row = each.next();
                try {
                    pairs.add(new Example(
                            Fields.nonEmpty(row.fields(), "instruction"), Fields.nonEmpty(row.fields(), "response")));
                } catch (BadRow e) {
                    throw new DataException(row.rejection(e.getMessage()).toString());
                }
            }
        }
        if (pairs.isEmpty()) {
            throw new DataException(file + ": no rows, expected pairs");
        }
        return pairs;
    }
}
