package io.humpback.examples.cli.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.Rows;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** How a command reports what it has done and what it is doing. */
public final class Reporting {

    /** How the names of sizes end. */
    private static final String BYTES = "_bytes";

    @Spec(Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(names = "--json", description = "Print the summary as one JSON object.")
    private boolean json;

    /** Prints the summary of a command, its counts in words or as JSON. */
    public void report(ObjectNode summary) {
        PrintWriter out = Context.of(Objects.requireNonNull(spec)).terminal().out();
        out.println(json ? summary.toString() : inWords(summary));
    }

    /** Work that fills one file. */
    @FunctionalInterface
    public interface Work {
        void into(Output out) throws IOException;
    }

    /**
     * Does a piece of work, whose file appears when it is done.
     *
     * @param total rows there are to do; negative where unknown
     * @param strict whether the first row that cannot be read ends the work
     * @return the summary
     */
    public ObjectNode run(String task, long total, Path file, boolean strict, Work work) throws IOException {
        Terminal terminal = Context.of(Objects.requireNonNull(spec)).terminal();
        try (Progress progress = Progress.of(terminal, task, total);
                Output out = new Output(file, strict, progress)) {
            return done(work, out);
        }
    }

    /** The same for a file of a kind that its name says, or a folder. */
    public ObjectNode runAny(String task, Path file, boolean strict, Work work) throws IOException {
        Terminal terminal = Context.of(Objects.requireNonNull(spec)).terminal();
        try (Progress progress = Progress.of(terminal, task, -1);
                Output out = new Output(file, Rows::write, strict, progress)) {
            return done(work, out);
        }
    }

    private static ObjectNode done(Work work, Output out) throws IOException {
        work.into(out);
        out.commit();
        return out.summary();
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

    private static String inWords(JsonNode value, int depth) {
        if (value instanceof ObjectNode object) {
            String parts = object.properties().stream()
                    .map(part -> inWords(part.getKey(), part.getValue(), depth + 1))
                    .collect(Collectors.joining(", "));
            return parts.isEmpty() ? "none" : depth == 0 ? parts : "(" + parts + ")";
        }
        if (value.isArray() && !value.isEmpty() && value.get(0).isObject()) {
            StringBuilder lines = new StringBuilder();
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
