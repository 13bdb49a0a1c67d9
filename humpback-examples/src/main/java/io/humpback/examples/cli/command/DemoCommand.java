package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.terminal.RunProgress;
import io.humpback.examples.nano.Arm;
import io.humpback.examples.nano.Findings;
import io.humpback.examples.nano.Nano;
import io.humpback.examples.nano.Trial;
import io.humpback.model.LanguageModel;
import io.humpback.onnx.LoadOptions;
import io.humpback.quality.Labels;
import io.humpback.report.HtmlReport;
import io.humpback.report.RunReport;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Nothing in, a run of the whole loop out. */
@Command(
        name = "demo",
        sortOptions = false,
        description = "The whole loop on the model that comes with the program and pages of a made world, offline, in "
                + "about a minute: a run like any other, with the made world, whose truth is known, in world/. It shows the "
                + "machinery, and nothing about human language. Stopped, the same command goes on.")
public final class DemoCommand extends ReportingCommand {

    @Option(
            names = "--dir",
            paramLabel = "D",
            defaultValue = "humpback-demo",
            description = "The run's folder; ${DEFAULT-VALUE} by default.")
    private Path dir = Path.of("humpback-demo");

    @Option(names = "--seed", paramLabel = "N", defaultValue = "1", description = "Of the world and all randomness.")
    private long seed = 1;

    @Option(names = "--steps", paramLabel = "N", description = "Of each training; fewer are quicker and teach less.")
    private @Nullable Integer steps;

    @Override
    protected ObjectNode execute() throws IOException {
        Context context = Context.of(command());
        Trial standard = Trial.standard(seed);
        Trial trial = steps == null ? standard : standard.withSteps(steps);
        Findings findings;
        try (LanguageModel model = context.models().load(Path.of(Nano.NAME), LoadOptions.defaults());
                RunProgress progress = new RunProgress(context.terminal())) {
            findings = trial.run(dir, model, Arm.STANDARD, progress);
        }
        Path page = dir.resolve("report.html");
        HtmlReport.write(RunReport.read(dir, Labels.read(Trial.labels(dir))), page);
        ObjectNode summary = JsonLines.row();
        summary.put("candidates", findings.candidates()).put("right instructions", findings.right());
        int number = 0;
        for (Findings.Round round : findings.rounds()) {
            summary.putObject("kept by M_" + number++)
                    .put("pairs", round.kept())
                    .put("precision", round.precision())
                    .put("recall", round.recall());
        }
        findings.skills().forEach((name, skill) -> summary.putObject(name)
                .put("AUC of ratings", skill.candidates().rating())
                .put("of likelihoods", skill.candidates().likelihood())
                .put("answers right", skill.answers())
                .put("perplexity", skill.perplexity()));
        summary.put("report", page.toString());
        return summary;
    }
}
