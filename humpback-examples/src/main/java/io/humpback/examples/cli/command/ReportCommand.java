package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.Usage;
import io.humpback.quality.Labels;
import io.humpback.report.HtmlReport;
import io.humpback.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A folder of row files in, a page for people out. */
@Command(
        name = "report",
        sortOptions = false,
        description =
                "Shows what came of a run in one HTML file: funnel, scores, agreement with labels, losses, lengths, "
                        + "what the instructions ask for, and examples.")
public final class ReportCommand extends ReportingCommand {

    @Option(
            names = "--dir",
            required = true,
            paramLabel = "DIR",
            description = "The folder of a run, or one that pipeline has filled.")
    private Path folder;

    @Option(names = "--out", paramLabel = "F", description = "The page; DIR/report.html by default.")
    private @Nullable Path out;

    @Option(
            names = "--labels",
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description =
                    "What people said of pairs: rows with id, or instruction and response, and a number as label, "
                            + "rating or human, in any file that convert reads; - is standard input, JSON Lines. Shows how far "
                            + "the judges agree, and how many of the kept are good. DIR/labels.jsonl by default, where it is there.")
    private @Nullable Path labels;

    @Mixin
    private final Input input = new Input();

    @Override
    protected ObjectNode execute() throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new NoSuchFileException(folder.toString());
        }
        Path page = out == null ? folder.resolve("report.html") : out;
        Usage.check(command(), input::renames);
        Labels given = labels == null ? Labels.inFolder(folder) : labels(labels);
        RunReport run = RunReport.read(folder, given);
        HtmlReport.write(run, page);
        ObjectNode summary = JsonLines.row().put("out", page.toString());
        if (given.size() > 0) {
            summary.put("labels", given.size()).put("unmatched", given.size() - given.found());
        }
        run.funnel().forEach(step -> summary.put(step.name(), step.items()));
        return summary;
    }

    private Labels labels(Path file) throws IOException {
        try (InputRows rows = input.open(file);
                Stream<Row> each = rows.rows(Rejects.refuse())) {
            rows.require(Labels.FIELDS.toArray(String[]::new));
            return Labels.of(each);
        }
    }
}
