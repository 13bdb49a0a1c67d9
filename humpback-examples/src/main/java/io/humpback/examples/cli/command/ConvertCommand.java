package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Reservoir;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.Rows;
import io.humpback.data.format.ExampleFunnel;
import io.humpback.data.format.Examples;
import io.humpback.data.format.Format;
import io.humpback.data.format.Oasst;
import io.humpback.data.format.PairFormat;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Instruction data in one format in, in another out. */
@Command(
        name = "convert",
        sortOptions = false,
        description =
                "Converts instruction data from one format to another. Formats: oasst-trees, oasst-messages (both only"
                        + " read; first turn, rank 0), sharegpt, messages, prompt-completion, self-instruct (only read),"
                        + " alpaca, pairs (instruction and response).")
public final class ConvertCommand extends ReportingCommand {

    @Option(
            names = "--in",
            required = true,
            paramLabel = "F",
            description =
                    "The rows: .jsonl, .json, .csv, .tsv, each also .gz, .parquet, or a folder in the hub's layout; on the hub "
                            + "datasets/org/name or datasets/org/name:file. What is "
                            + "gzipped may unpack to 200 times its size, or N times with java -Dhumpback.max.expansion=N.")
    private Path in;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "F",
            description =
                    "A .json becomes one array, a .parquet Parquet, a .csv or .tsv a table, a folder or a name without"
                            + " a dot a folder in the hub's layout, any other JSON Lines. Rows that cannot be written are"
                            + " listed in a second file, a.rejected.jsonl for a.jsonl.")
    private Path out;

    @Option(names = "--from", paramLabel = "FORMAT", description = "The format of the rows; guessed if not given.")
    private @Nullable String from;

    @Mixin
    private final Input input = new Input();

    @Option(names = "--language", paramLabel = "CODE", description = "Of oasst. Default: ${DEFAULT-VALUE}.")
    private String language = "en";

    @Option(names = "--to", paramLabel = "FORMAT", description = "Default: ${DEFAULT-VALUE}.")
    private String to = "pairs";

    @Option(
            names = "--sample",
            paramLabel = "N",
            description = "Take N examples at random, in their order; they are held in memory.")
    private @Nullable Integer sample;

    @Option(names = "--seed", paramLabel = "S", description = "Of the sample. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--strict", description = "Stop at the first row that cannot be read.")
    private boolean strict;

    @Override
    protected ObjectNode execute() throws IOException {
        PairFormat written = written();
        if (sample != null && sample < 1) {
            throw wrongUse("--sample: found " + sample + ", expected at least 1");
        }
        Usage.check(command(), input::renames);
        Output.apart(in, out);
        try (InputRows rows = input.open(in)) {
            Format read = read(rows);
            return run("convert", -1, out, Rows::write, strict, output -> run(rows, read, written, output));
        }
    }

    @Override
    protected int status(ObjectNode summary) {
        requireRead(in, summary);
        return 0;
    }

    private PairFormat written() {
        if (Usage.check(command(), () -> Examples.format(to)) instanceof PairFormat format) {
            return format;
        }
        throw wrongUse("--to: found " + to + ", which is only read");
    }

    private Format read(InputRows rows) {
        String name = from;
        if (name == null) {
            Format guessed = rows.format();
            return inLanguage(guessed == null ? rows.pairs() : guessed, language);
        }
        rows.requireAny();
        return inLanguage(Usage.check(command(), () -> Examples.format(name)), language);
    }

    /** {@return a format, of oasst the texts in a language alone} */
    static Format inLanguage(Format format, String language) {
        return format instanceof Oasst oasst ? oasst.language(language) : format;
    }

    private void run(InputRows rows, Format read, PairFormat written, Output output) throws IOException {
        ExampleFunnel funnel = new ExampleFunnel();
        try (Stream<Format.Taken> all = read.take(rows.rows(funnel.counting(output)), funnel, output)) {
            Iterator<Format.Taken> each = sample == null
                    ? all.iterator()
                    : Reservoir.sample(all, sample, seed).iterator();
            while (each.hasNext()) {
                output.write(row(written, each.next()));
            }
        }
        if (funnel.examples() == 0) {
            output.nothingRead("no example in " + funnel);
        }
        note(funnel, output.notes().put("from", read.key()).put("to", written.key()));
    }

    /** {@return an example as it is written, in its place among the other fields of its row} */
    private static ObjectNode row(PairFormat format, Format.Taken taken) {
        ObjectNode written = format.row(taken.example());
        ObjectNode row = JsonLines.row();
        taken.row().fields().properties().forEach(field -> {
            if (field.getKey().equals("instruction")) {
                row.setAll(written);
            } else if (!field.getKey().equals("response")) {
                row.set(written.has(field.getKey()) ? field.getKey() + "_" : field.getKey(), field.getValue());
            }
        });
        return row;
    }

    /** Tells what became of the rows. */
    static void note(ExampleFunnel funnel, ObjectNode notes) {
        notes.put("rows_read", funnel.rows()).put("examples", funnel.examples());
        ObjectNode passedOver = notes.putObject("passed_over");
        funnel.passedOver().forEach((reason, count) -> {
            if (count > 0) {
                passedOver.put(reason.name().toLowerCase(Locale.ROOT).replace('_', ' '), count);
            }
        });
    }
}
