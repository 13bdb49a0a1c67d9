package io.humpback.examples.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.JsonLines;
import io.humpback.examples.report.HtmlReport;
import io.humpback.examples.report.JsonlRun;
import io.humpback.examples.report.RunReport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
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
final class ReportCommand implements Callable<Integer> {

    @Option(names = "--dir", required = true, paramLabel = "DIR", description = "A folder that pipeline has filled.")
    private @Nullable Path folder;

    @Option(names = "--out", paramLabel = "F", description = "The page; DIR/report.html by default.")
    private @Nullable Path out;

    @Mixin
    private final Reporting reporting = new Reporting();

    @Override
    public Integer call() throws IOException {
        Path from = Objects.requireNonNull(folder);
        if (!Files.isDirectory(from)) {
            throw new NoSuchFileException(from.toString());
        }
        Path page = out == null ? from.resolve("report.html") : out;
        RunReport run = JsonlRun.read(from);
        HtmlReport.write(run, page);
        ObjectNode told = JsonLines.object().put("out", page.toString());
        run.funnel().forEach(step -> told.put(step.name(), step.items()));
        reporting.report(told);
        return 0;
    }
}
