package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Example;
import io.humpback.data.Reservoir;
import io.humpback.data.file.HubFolder;
import io.humpback.data.file.HubFolder.SplitWriter;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.file.RowWriter;
import io.humpback.data.file.Rows;
import io.humpback.data.format.ExampleFunnel;
import io.humpback.data.format.Examples;
import io.humpback.data.format.Format;
import io.humpback.data.format.Oasst;
import io.humpback.data.format.PairFormat;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.io.StandardStreams;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.cli.terminal.Extent;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Collectors;
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
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description = RowCommand.ROWS)
    private Path in;

    @Option(
            names = "--out",
            required = true,
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description =
                    "A .json becomes one array, a .parquet Parquet, a .csv or .tsv a table, a folder or a name without"
                            + " a dot a folder in the hub's layout, which keeps the splits that --split names, any other JSON Lines; - is standard output, all else then goes to standard error. Rows that cannot be written are"
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
            description = "Take N examples at random, in their order, of each split that is named where they go to a"
                    + " folder; they are held in memory.")
    private @Nullable Integer sample;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Of the sample and of the split test. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(
            names = "--test-share",
            paramLabel = "P",
            description = "About this share becomes the split test of a folder, the rest train; rows with the same"
                    + " instruction go to the same one, which depends on --seed alone.")
    private @Nullable Double testShare;

    @Option(names = "--strict", description = "Stop at the first row that cannot be read.")
    private boolean strict;

    private @Nullable SplitWriter folder; // if it is one

    @Override
    protected ObjectNode execute() throws IOException {
        PairFormat written = written();
        if (sample != null && sample < 1) {
            throw wrongUse("--sample: found " + sample + ", expected at least 1");
        }
        Usage.check(command(), input::renames);
        if (testShare != null) {
            double share = testShare;
            Usage.check(command(), () -> HubFolder.split("", share, seed));
            if (!isFolder(out)) {
                throw wrongUse("--test-share: found --out " + out + ", expected a folder, or a name without a dot");
            }
        }
        return StandardStreams.write(out, file -> convert(file, written));
    }

    @Override
    protected PrintWriter summaries() {
        return summaries(out);
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

    private static boolean isFolder(Path file) {
        return !StandardStreams.is(file) && Rows.isFolder(file);
    }

    /** Rows that are read, and the split that they go to where they are written to a folder. */
    private record Part(@Nullable String split, InputRows rows, Format format) {}

    private ObjectNode convert(Path file, PairFormat written) throws IOException {
        List<Part> parts = new ArrayList<>();
        try {
            for (String split : isFolder(file) ? input.splits() : List.<String>of()) {
                parts.add(part(split, input.open(in, split)));
            }
            if (parts.isEmpty()) {
                parts.add(part(null, input.open(in)));
            }
            Path path = parts.get(0).rows().path();
            Output.apart(path, file);
            return run(
                    "convert",
                    Extent.of(List.of(path)),
                    file,
                    this::writer,
                    strict,
                    output -> run(parts, written, output));
        } finally {
            parts.forEach(part -> part.rows().close());
        }
    }

    private Part part(@Nullable String split, InputRows rows) {
        try {
            return new Part(split, rows, read(rows));
        } catch (RuntimeException e) {
            rows.close();
            throw e;
        }
    }

    private RowWriter writer(Path file) throws IOException {
        RowWriter writer = Rows.write(file);
        folder = writer instanceof SplitWriter splits ? splits : null;
        return writer;
    }

    private Format read(InputRows rows) {
        String name = from;
        if (name == null) {
            return guess(rows, language);
        }
        rows.requireAny();
        return inLanguage(Usage.check(command(), () -> Examples.format(name)), language);
    }

    /** {@return the format of most rows, of oasst the texts in a language alone; refused if they have none} */
    static Format guess(InputRows rows, String language) {
        Format guessed = rows.format();
        return inLanguage(guessed == null ? rows.pairs() : guessed, language);
    }

    /** {@return a format, of oasst the texts in a language alone} */
    private static Format inLanguage(Format format, String language) {
        return format instanceof Oasst oasst ? oasst.language(language) : format;
    }

    private void run(List<Part> parts, PairFormat written, Output output) throws IOException {
        ExampleFunnel funnel = new ExampleFunnel();
        for (Part part : parts) {
            Stream<Row> rows = part.rows().rows(funnel.counting(output));
            try (Stream<Format.Taken> all = part.format().take(rows, funnel, output)) {
                Iterator<Format.Taken> each = sample == null
                        ? all.iterator()
                        : Reservoir.sample(all, sample, seed).iterator();
                while (each.hasNext()) {
                    Format.Taken taken = each.next();
                    choose(part.split(), taken.example());
                    output.write(row(written, taken));
                }
            }
        }
        if (funnel.examples() == 0) {
            output.nothingRead("no example in " + funnel);
        }
        String from = parts.stream().map(part -> part.format().key()).distinct().collect(Collectors.joining(", "));
        note(funnel, output.notes().put("from", from).put("to", written.key()));
    }

    /** Chooses the split that the next row goes to: its own, but what is train may become test. */
    private void choose(@Nullable String own, Example example) {
        if (folder != null && testShare != null && (own == null || own.equals("train"))) {
            folder.split(HubFolder.split(example.instruction(), testShare, seed));
        } else if (folder != null && own != null) {
            folder.split(own);
        }
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
                passedOver.put(reason.key(), count);
            }
        });
    }
}
