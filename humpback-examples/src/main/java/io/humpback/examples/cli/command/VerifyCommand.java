package io.humpback.examples.cli.command;

import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.Failure;
import io.humpback.examples.cli.io.Reporting;
import io.humpback.run.Humpback;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Checks a run's folder. */
@Command(
        name = "verify",
        sortOptions = false,
        description = "Checks a run's folder: the database, ids against contents, counts, hashes of all files.")
public final class VerifyCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Option(names = "--dir", required = true, paramLabel = "D", description = "The run's folder.")
    private @Nullable Path dir;

    @Mixin
    private final Reporting reporting = new Reporting();

    @Override
    public Integer call() throws IOException {
        List<String> faults = Humpback.verify(Objects.requireNonNull(dir));
        for (String fault : faults) {
            Context.of(Objects.requireNonNull(spec)).terminal().err().println(Failure.oneLine(fault));
        }
        if (!faults.isEmpty()) {
            throw new DataException(dir + ": " + faults.size() + " faults, expected none");
        }
        reporting.report(JsonLines.object().put("dir", dir.toString()).put("faults", 0));
        return 0;
    }
}
