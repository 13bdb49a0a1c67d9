package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Reservoir;
import io.humpback.data.file.Rows;
import io.humpback.data.format.ExampleFunnel;
import io.humpback.data.format.Examples;
import io.humpback.data.format.Format;
import io.humpback.data.format.Oasst;
import io.humpback.data.format.PairFormat;
import io.humpback.data.format.Pairs;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.Usage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Instruction data in one format in, in another out. */
@Command(
        name = "convert",
        sortOptions = false,
        description =
                "Converts instruction data from one format to another. Formats: oasst-trees, oasst-messages (both only "
                        + "read; first turn, rank 0), sharegpt, messages, prompt-completion, self-instruct (only read), alpaca, "
                        + "pairs (instruction and response).")
public final class ConvertCommand extends ReportingCommand {

    @Option(
            names = "--in",
            required = true,
            paramLabel = "F",
            description = ".jsonl, .json, .csv, .tsv, each also .gz; .parquet or a folder of it.")
    private Path in;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "F",
            description =
                    "A .json becomes one array, a .parquet Parquet, a folder or a name without a dot a folder in the "
                            + "hub's layout, any other JSON Lines. Rows that cannot be written are listed in a second file, a.rejected.jsonl for a.jsonl.")
    private Path out;

    @Option(names = "--from", paramLabel = "FORMAT", description = "The format of the rows; guessed if not given.")
    private @Nullable String from;

    @Option(
            names = "--fields",
            paramLabel = "I,R",
            split = ",",
            arity = "1",
            description = "The names of the fields with the instruction and the response, instead of --from.")
    private List<String> fields = List.of();

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
        Format read = read();
        Output.apart(in, out);
        return run("convert", -1, out, Rows::write, strict, output -> run(read, written, output));
    }

    private PairFormat written() {
        if (Usage.check(command(), () -> Examples.format(to)) instanceof PairFormat format) {
            return format;
        }
        throw wrongUse("--to: found " + to + ", which is only read");
    }

    private Format read() throws IOException {
        if (sample != null && sample < 0) {
            throw wrongUse("--sample: found " + sample + ", expected at least 0");
        }
        if (!fields.isEmpty()) {
            if (fields.size() != 2 || from != null) {
                throw wrongUse("--fields: expected two names with a comma between, and no --from");
            }
            return Usage.check(command(), () -> Pairs.fields(fields.get(0), fields.get(1)));
        }
        String name = from;
        Format format = name == null ? Examples.guess(in) : Usage.check(command(), () -> Examples.format(name));
        return inLanguage(format, language);
    }

    /** {@return a format, of oasst the texts in a language alone} */
    static Format inLanguage(Format format, String language) {
        return format instanceof Oasst oasst ? oasst.language(language) : format;
    }

    private void run(Format read, PairFormat written, Output output) throws IOException {
        ExampleFunnel funnel = new ExampleFunnel();
        try (Stream<Example> all = Examples.read(in, read, funnel, output)) {
            Iterator<Example> each = sample == null
                    ? all.iterator()
                    : Reservoir.sample(all, sample, seed).iterator();
            while (each.hasNext()) {
                output.write(written.row(each.next()));
            }
        }
        note(funnel, output.notes().put("from", read.key()).put("to", written.key()));
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
