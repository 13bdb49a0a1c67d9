package io.humpback.examples.cli.io;

import io.humpback.data.file.RowSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** How a command reads rows, for files whose names do not say all. */
public final class Input {

    @Spec(Target.MIXEE)
    private @Nullable CommandSpec spec;

    @Option(
            names = "--fields",
            paramLabel = "NAME=COLUMN",
            split = ",",
            arity = "1",
            description = "The columns that stand for the fields that this command knows, such as "
                    + "instruction=question,response=answer. All other columns come out as they are.")
    private List<String> fields = List.of();

    @Option(
            names = "--separator",
            paramLabel = "C",
            description = "Between the values of CSV; guessed from the first row if not given.")
    private @Nullable Character separator;

    @Option(
            names = "--split",
            paramLabel = "NAME",
            split = ",",
            arity = "1",
            description = "Of a folder in the hub's layout; train if not given.")
    private List<String> splits = List.of();

    private final StandardStreams streams = new StandardStreams();

    /** {@return a file or folder: {@code -} is one when standard input is read, a name on the hub when it is fetched} */
    public Path readable(Path given) throws IOException {
        return HubFiles.rows(Objects.requireNonNull(spec), streams.readable(given), splits);
    }

    /** {@return the splits of a folder that are named} */
    public List<String> splits() {
        return splits;
    }

    /** {@return the rows of a file or folder; each column that is named must be there} */
    public InputRows open(Path path) throws IOException {
        return requireRenamed(openAny(path));
    }

    /** {@return the same of one split of a folder} */
    public InputRows open(Path path, String split) throws IOException {
        return requireRenamed(InputRows.open(new RowSource(readable(path), separator, List.of(split)), renames()));
    }

    private static InputRows requireRenamed(InputRows rows) {
        try {
            rows.requireRenamed();
        } catch (RuntimeException e) {
            rows.close();
            throw e;
        }
        return rows;
    }

    /** {@return the rows of one of several files, of which each has some of the columns that are named} */
    public InputRows openAny(Path path) throws IOException {
        return InputRows.open(new RowSource(readable(path), separator, splits), renames());
    }

    /**
     * {@return the columns by the names that they get}
     *
     * @throws IllegalArgumentException if an option is used wrongly
     */
    public Map<String, String> renames() {
        RowSource.of(Path.of("")).separator(separator == null ? ',' : separator);
        Map<String, String> renames = new LinkedHashMap<>();
        if (fields.size() == 2 && fields.stream().noneMatch(field -> field.contains("="))) {
            renames.put("instruction", fields.get(0));
            renames.put("response", fields.get(1));
        } else {
            for (String field : fields) {
                int equals = field.indexOf('=');
                if (equals < 1 || equals == field.length() - 1) {
                    throw new IllegalArgumentException("--fields: found " + field
                            + ", expected such as instruction=question, or the columns of instruction and response");
                }
                renames.put(field.substring(0, equals), field.substring(equals + 1));
            }
        }
        if (renames.values().stream().distinct().count() < Math.max(fields.size(), renames.size())) {
            throw new IllegalArgumentException("--fields: found a name twice, expected each once");
        }
        return renames;
    }
}
