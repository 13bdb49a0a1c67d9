package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.nano.Arm;
import io.humpback.examples.nano.Evaluation;
import io.humpback.examples.nano.Findings;
import io.humpback.examples.nano.PairFiles;
import io.humpback.examples.nano.Recipe;
import io.humpback.examples.nano.Site;
import io.humpback.examples.nano.Trial;
import io.humpback.examples.nano.World;
import io.humpback.model.LanguageModel;
import io.humpback.model.TrainingListener;
import io.humpback.onnx.Device;
import io.humpback.run.RunListener;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.commons.math3.distribution.TDistribution;
import org.apache.commons.math3.stat.descriptive.SummaryStatistics;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The embedded model and its made world. */
@Command(
        name = "nano",
        sortOptions = false,
        synopsisSubcommandLabel = "COMMAND",
        description = "The small model that comes with the program (--model nano) and the made world whose language it "
                + "knows: it shows the machinery, and nothing about human language.",
        subcommands = {
            NanoCommand.Make.class,
            NanoCommand.Evaluate.class,
            NanoCommand.Loop.class,
            NanoCommand.Pages.class,
            NanoCommand.Pairs.class
        })
public final class NanoCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Override
    public Integer call() {
        throw new ParameterException(
                spec.commandLine(), "no command, expected one of make, evaluate, loop, pages, pairs");
    }

    /** {@return the mean over worlds, and how far it lies from the end of its 95 % interval (Student's t)} */
    private static ObjectNode mean(double[] values) {
        SummaryStatistics statistics = new SummaryStatistics();
        for (double value : values) {
            statistics.addValue(value);
        }
        ObjectNode mean = JsonLines.row().put("mean", statistics.getMean());
        if (values.length > 1) {
            double t = new TDistribution(values.length - 1).inverseCumulativeProbability(0.975);
            mean.put("plus_minus", t * statistics.getStandardDeviation() / Math.sqrt(values.length));
        }
        return mean;
    }

    /** A command that fills a folder. */
    private abstract static class IntoFolder extends ReportingCommand {

        @Option(
                names = "--out",
                required = true,
                paramLabel = "DIR",
                description = "A folder, made where there is none.")
        Path out;
    }

    /** Nothing in, a model out. */
    @Command(
            name = "make",
            sortOptions = false,
            description =
                    "Makes the model from random weights: writes untrained/, language/ and nano/, the model, in the "
                            + "folder. Goes on where it was interrupted.")
    static final class Make extends IntoFolder {

        @Option(names = "--seed", paramLabel = "N", description = "Of weights and texts; 1 by default.")
        private long seed = 1;

        @Option(names = "--language-steps", paramLabel = "N", description = "Steps of the first training.")
        private @Nullable Integer languageSteps;

        @Option(names = "--task-steps", paramLabel = "N", description = "Steps of the second training.")
        private @Nullable Integer taskSteps;

        @Option(names = "--threads", paramLabel = "N", description = "Threads of the CPU; all cores by default.")
        private @Nullable Integer threads;

        @Override
        protected ObjectNode execute() throws IOException {
            Recipe standard = Recipe.standard(seed);
            Recipe recipe = new Recipe(
                    seed,
                    languageSteps == null ? standard.languageSteps() : languageSteps,
                    taskSteps == null ? standard.taskSteps() : taskSteps);
            double[] losses = new double[2]; // of the two trainings, the last one
            long start = System.nanoTime();
            int[] training = {-1};
            Device device = threads == null ? Device.cpu() : Device.cpu(threads);
            Path model = recipe.make(out, device, new TrainingListener() {
                @Override
                public void started(Start begun) {
                    training[0]++;
                }

                @Override
                public void stepped(Step step) {
                    losses[training[0]] = step.loss();
                }
            });
            return JsonLines.row()
                    .put("model", model.toString())
                    .put("language_loss", losses[0])
                    .put("task_loss", losses[1])
                    .put("seconds", (System.nanoTime() - start) / 1e9);
        }
    }

    /** A model in, what it can do out. */
    @Command(
            name = "evaluate",
            sortOptions = false,
            description =
                    "What a model can do in worlds that it has not seen, against their truth: the share of segments "
                            + "for which it writes the right instruction, and the ROC-AUC of its judgements.")
    static final class Evaluate extends ReportingCommand {

        @Mixin
        private final ModelOptions models = new ModelOptions();

        @Option(names = "--worlds", paramLabel = "N", description = "How many worlds; 5 by default.")
        private int worlds = 5;

        @Option(names = "--seed", paramLabel = "N", description = "Of the first world, one more for each other.")
        private long seed = 1001;

        @Option(names = "--villages", paramLabel = "N", description = "Pages of a world, of four sections each.")
        private int villages = 40;

        @Option(names = "--pairs", paramLabel = "N", description = "Pairs to be judged in each world.")
        private int pairs = 200;

        @Override
        protected ObjectNode execute() throws IOException {
            ObjectNode summary = JsonLines.row();
            ArrayNode each = summary.putArray("worlds");
            try (LanguageModel model = models.load()) {
                for (int i = 0; i < worlds; i++) {
                    Evaluation found = Evaluation.of(model, seed + i, villages, pairs);
                    each.addObject()
                            .put("seed", seed + i)
                            .put("segments", found.segments())
                            .put("instructed", found.instructed())
                            .put("right", found.right())
                            .put("right_share", found.right() / (double) found.segments())
                            .put("pairs", found.pairs())
                            .put("good", found.good())
                            .put("auc_rating", found.rating())
                            .put("auc_likelihood", found.likelihood())
                            .put("auc_gain", found.gain());
                }
            }
            for (String measure : new String[] {"right_share", "auc_rating", "auc_likelihood", "auc_gain"}) {
                double[] values = new double[worlds];
                for (int i = 0; i < worlds; i++) {
                    values[i] = each.get(i).get(measure).doubleValue();
                }
                summary.set(measure, mean(values));
            }
            return summary;
        }
    }

    /** Seeds in, what the loop makes of their worlds out. */
    @Command(
            name = "loop",
            sortOptions = false,
            description = "Runs the whole loop in several worlds, as it is and with one thing changed, and holds every "
                    + "model against the truth: how well it judges and answers. A folder a run; goes on where it was "
                    + "interrupted.")
    static final class Loop extends IntoFolder {

        @Mixin
        private final ModelOptions models = new ModelOptions();

        @Option(names = "--worlds", paramLabel = "N", description = "How many worlds; 5 by default.")
        private int worlds = 5;

        @Option(names = "--seed", paramLabel = "N", description = "Of the first world, one more for each other.")
        private long seed = 2001;

        @Option(
                names = "--arms",
                split = ",",
                paramLabel = "ARM",
                description =
                        "Any of ${COMPLETION-CANDIDATES}; all by default. No_tags trains without system turns, "
                                + "no_curation keeps every candidate, likelihood curates by log P(response | instruction), full trains every weight.")
        private List<Arm> arms = List.of(Arm.values());

        @Option(names = "--steps", paramLabel = "N", description = "Of each training.")
        private @Nullable Integer steps;

        @Override
        protected ObjectNode execute() throws IOException {
            ObjectNode summary = JsonLines.row();
            try (LanguageModel model = models.load()) {
                for (Arm arm : arms) {
                    Map<String, double[]> values = new LinkedHashMap<>();
                    for (int i = 0; i < worlds; i++) {
                        Trial standard = Trial.standard(seed + i);
                        Trial trial = steps == null ? standard : standard.withSteps(steps);
                        Path folder = out.resolve(arm.toString()).resolve("" + (seed + i));
                        Findings findings = trial.run(folder, model, arm, RunListener.NONE);
                        ObjectNode row =
                                findings.toJson().put("arm", arm.toString()).put("seed", seed + i);
                        terminal().err().println(row);
                        terminal().err().flush();
                        int world = i;
                        findings.figures()
                                .forEach((name, value) ->
                                        values.computeIfAbsent(name, key -> new double[worlds])[world] = value);
                    }
                    ObjectNode means = summary.putObject(arm.toString());
                    values.forEach((name, of) -> means.set(name, mean(of)));
                }
            }
            return summary;
        }
    }

    /** A seed in, web pages out. */
    @Command(
            name = "pages",
            sortOptions = false,
            description = "Writes web pages about a world, one a village, as HTML files.")
    static final class Pages extends IntoFolder {

        @Option(names = "--seed", paramLabel = "N", description = "Of the world and its pages; 1 by default.")
        private long seed = 1;

        @Option(names = "--villages", paramLabel = "N", description = "Pages to write, 2 to 80; 40 by default.")
        private int villages = 40;

        @Override
        protected ObjectNode execute() throws IOException {
            new Site(World.of(seed, villages), seed).write(out);
            return JsonLines.row().put("pages", villages).put("out", out.toString());
        }
    }

    /** A seed in, pairs to be judged and labels of some of them out. */
    @Command(
            name = "pairs",
            sortOptions = false,
            description =
                    "Writes pairs.jsonl, pairs of a made world, and truth.jsonl, labels of some of them drawn at random:"
                            + " what score, label, evaluate and curate can be tried on. Nobody gave the labels: they are what"
                            + " is true in that world.")
    static final class Pairs extends IntoFolder {

        @Option(names = "--seed", paramLabel = "N", description = "Of the world and its pairs; 6001 by default.")
        private long seed = 6001;

        @Option(names = "--pairs", paramLabel = "N", description = "Pairs to write; 400 by default.")
        private int pairs = 400;

        @Option(names = "--labels", paramLabel = "N", description = "Pairs with a label; 100 by default.")
        private int labels = 100;

        @Override
        protected ObjectNode execute() throws IOException {
            if (pairs < 1 || labels < 0 || labels > pairs) {
                throw wrongUse("--pairs = " + pairs + ", --labels = " + labels
                        + ": expected at least one pair, and no more labels than pairs");
            }
            PairFiles.write(out, seed, pairs, labels);
            return JsonLines.row().put("pairs", pairs).put("labels", labels).put("out", out.toString());
        }
    }
}
