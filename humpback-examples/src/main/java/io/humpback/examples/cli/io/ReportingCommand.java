package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejection;
import io.humpback.examples.cli.resume.Journal;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.examples.cli.terminal.Progress;
import io.humpback.examples.cli.terminal.Terminal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A command that prints a summary of what it has done: a line for each part, or one JSON object. */
public abstract class ReportingCommand implements Callable<Integer> {

    /** How the names of sizes end. */
    private static final String BYTES = "_bytes";

    @Spec
    private CommandSpec spec;

    @Option(names = "--json", order = 100, description = "Print the summary as one JSON object.")
    private boolean json;

    /** {@return the summary of the command's work, which it does} */
    protected abstract ObjectNode execute() throws IOException;

    /** {@return the exit status, once the summary is printed} */
    protected int status(ObjectNode summary) {
        return 0;
    }

    @Override
    public final Integer call() throws IOException {
        ObjectNode summary = execute();
        summaries().println(json ? summary.toString() : inWords(summary));
        return status(summary);
    }

    /** {@return what picocli knows of the command} */
    protected final CommandSpec command() {
        return spec;
    }

    /** {@return where the summary goes} */
    protected PrintWriter summaries() {
        return terminal().out();
    }

    /** {@return where the summary goes beside rows that may go to standard output} */
    protected final PrintWriter summaries(Path rows) {
        return StandardStreams.is(rows) ? terminal().err() : terminal().out();
    }

    protected final Terminal terminal() {
        return Context.of(spec).terminal();
    }

    /** {@return the failure that ends the command with exit status 2} */
    protected final ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    /** Work that fills one file. */
    @FunctionalInterface
    public interface Work {
        void into(Output out) throws IOException;
    }

    /**
     * Does a piece of work, whose file of rows appears when it is done.
     *
     * @param extent how much there is to do
     * @param strict whether the first row that cannot be read ends the work
     * @return the summary
     */
    protected final ObjectNode run(String task, Extent extent, Path file, boolean strict, Work work)
            throws IOException {
        return run(task, extent, file, Output::lines, strict, work);
    }

    /** The same for a file of another kind. */
    protected final ObjectNode run(String task, Extent extent, Path file, Output.Kind kind, boolean strict, Work work)
            throws IOException {
        return run(task, extent, file, kind, strict, null, work);
    }

    /** The same for work that a journal keeps. */
    final ObjectNode run(
            String task,
            Extent extent,
            Path file,
            Output.Kind kind,
            boolean strict,
            @Nullable Journal journal,
            Work work)
            throws IOException {
        try (Progress progress = Progress.of(terminal(), task, extent, journal == null ? 0 : journal.rows());
                Output out = new Output(file, kind, strict, progress, journal)) {
            work.into(out);
            out.commit();
            return out.summary();
        }
    }

    /** Refuses, after the summary, that nothing could be read. */
    protected static void requireRead(Object in, ObjectNode summary) {
        if (summary.has("nothing_read")) {
            long rejected = summary.get("rejected").longValue();
            throw new DataException(Rejection.oneLine(in + ": "
                    + (rejected == 0
                            ? "nothing found"
                            : "none of " + rejected + " can be read (see "
                                    + summary.get("rejects").textValue() + ")")
                    + ": " + summary.get("nothing_read").textValue()));
        }
    }

    /** {@return a part a line, such as {@code dropped  empty 1, too long 2}} */
    public static String inWords(ObjectNode summary) {
        return summary.properties().stream()
                .map(part -> String.format("%-16s %s", part.getKey(), inWords(part.getValue(), 0)))
                .collect(Collectors.joining(System.lineSeparator()));
    }

    private static String inWords(String name, JsonNode value, int depth) {
        if (!name.endsWith(BYTES)) {
            return name + " " + inWords(value, depth);
        }
        return name.substring(0, name.length() - BYTES.length())
                + (value.isNumber() ? String.format(Locale.ROOT, " %.1f MB", value.asLong() / 1e6) : " undefined");
    }

    /** {@return a histogram, a line a bar, such as {@code 3 to 3.5  ######## 12}} */
    private static String bars(JsonNode histogram) {
        long most = 1;
        for (JsonNode bar : histogram) {
            most = Math.max(most, bar.get("rows").asLong());
        }
        StringBuilder lines = new StringBuilder();
        for (JsonNode bar : histogram) {
            long rows = bar.get("rows").asLong();
            lines.append(String.format(
                    Locale.ROOT,
                    "%n  %8.4g to %8.4g  %s %d",
                    bar.get("from").asDouble(),
                    bar.get("to").asDouble(),
                    "#".repeat((int) Math.ceil(40.0 * rows / most)),
                    rows));
        }
        return lines.toString();
    }

    private static String inWords(JsonNode value, int depth) {
        if (value instanceof ObjectNode object) {
            String parts = object.properties().stream()
                    .map(part -> inWords(part.getKey(), part.getValue(), depth + 1))
                    .collect(Collectors.joining(", "));
            return parts.isEmpty() ? "none" : depth == 0 ? parts : "(" + parts + ")";
        }
        if (value.isArray() && !value.isEmpty() && value.get(0).isObject()) {
            StringBuilder lines = new StringBuilder();
            if (value.get(0).size() == 3
                    && value.get(0).has("from")
                    && value.get(0).has("rows")) {
                return bars(value);
            }
            value.forEach(
                    part -> lines.append(System.lineSeparator()).append("  ").append(inWords(part, 0)));
            return lines.toString();
        }
        if (value.isFloatingPointNumber()) {
            return String.format(Locale.ROOT, "%.4g", value.doubleValue());
        }
        return value.isNull() ? "undefined" : value.isTextual() ? value.textValue() : value.toString();
    }
}
