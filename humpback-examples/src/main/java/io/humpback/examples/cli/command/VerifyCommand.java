package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.run.Humpback;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Checks a run's folder. */
@Command(
        name = "verify",
        sortOptions = false,
        description = "Checks a run's folder: the database, ids against contents, counts, hashes of all files.")
public final class VerifyCommand extends ReportingCommand {

    @Option(names = "--dir", required = true, paramLabel = "D", description = "The run's folder.")
    private Path dir;

    @Override
    protected ObjectNode execute() throws IOException {
        List<String> faults = Humpback.verify(dir);
        for (String fault : faults) {
            terminal().err().println(Failure.oneLine(fault));
        }
        if (!faults.isEmpty()) {
            throw new DataException(dir + ": " + faults.size() + " faults, expected none");
        }
        return JsonLines.row().put("dir", dir.toString()).put("faults", 0);
    }
}
