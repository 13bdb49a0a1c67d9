package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.file.JsonLines;
import io.humpback.examples.cli.io.PathOption;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where the figures of a measurement go: lines, and one JSON object beside them or in their place. */
final class FiguresOption {

    private static final Path IN_PLACE = Path.of("-");

    @Option(
            names = "--json",
            converter = PathOption.OrStandard.class,
            arity = "0..1",
            paramLabel = "F",
            fallbackValue = "-",
            description = "Write the figures as one JSON object to F, or print them so.")
    private @Nullable Path json;

    /** Prints a line, unless JSON is printed in place of lines. */
    void line(PrintWriter out, String line) {
        if (!IN_PLACE.equals(json)) {
            out.println(line);
            out.flush();
        }
    }

    /** Writes or prints the figures, where they are wanted. */
    void write(PrintWriter out, ObjectNode figures) throws IOException {
        if (IN_PLACE.equals(json)) {
            out.println(figures);
        } else if (json != null) {
            try (JsonLines.Writer file = JsonLines.write(json)) {
                file.write(figures);
                file.commit();
            }
        }
    }
}
