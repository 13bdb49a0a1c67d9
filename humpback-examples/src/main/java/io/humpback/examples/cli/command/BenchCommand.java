package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.PairFormat;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import io.humpback.examples.bench.Bench;
import io.humpback.examples.bench.Benchmark;
import io.humpback.examples.bench.Benchmarks;
import io.humpback.examples.bench.Comparison;
import io.humpback.examples.bench.Figure;
import io.humpback.examples.bench.PromptedPair;
import io.humpback.examples.bench.RandomCheckpoint;
import io.humpback.examples.bench.Subject;
import io.humpback.examples.bench.Workload;
import io.humpback.examples.cli.command.check.GpuCommand;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.nano.Nano;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** A model in, figures of this machine out. */
@Command(
        name = "bench",
        sortOptions = false,
        subcommands = {BenchCommand.MakeCheckpoint.class, JobCommand.class, GpuCommand.class},
        description = "Measures a model on this machine: median, lowest and highest of several runs after a warm-up.")
public final class BenchCommand implements Callable<Integer> {

    @Spec
    private CommandSpec spec;

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "KEY",
            completionCandidates = Keys.class,
            description =
                    "Some of ${COMPLETION-CANDIDATES}, in any case; by default all that the other options allow, but no "
                            + "training, threads and host. A low-rank change is trained at rank 16 on all products of a "
                            + "block, and the weights that it leaves are in 8 bits with --precision int8, else in 32. A "
                            + "peak of memory includes what earlier benchmarks left in the process: one KEY a call is exact.")
    private @Nullable Set<String> only;

    @Option(
            names = "--against",
            split = ",",
            paramLabel = "SETTING=VALUE",
            description =
                    "Also run each benchmark with another precision, adapter, threads, device or model, in alternation, "
                            + "and print how many times as fast that is, with a 95 %% interval.")
    private Map<String, String> against = Map.of();

    /** The keys of all benchmarks. */
    static final class Keys implements Iterable<String> {
        @Override
        public Iterator<String> iterator() {
            return Benchmarks.list().stream().map(Benchmark::key).iterator();
        }
    }

    @Option(
            names = "--pairs",
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description =
                    "Pairs to score, in any file and format that convert reads; - is standard input. With prompt, ids and forced_ids too, these "
                            + "prompts are used, where their tokens are the model's.")
    private @Nullable Path pairs;

    @Mixin
    private final Input input = new Input();

    @Option(names = "--pages", paramLabel = "PATH", description = "Pages whose first segments are augmented.")
    private @Nullable Path pages;

    @Option(
            names = "--segments",
            paramLabel = "N",
            defaultValue = "16",
            description = "How many segments; ${DEFAULT-VALUE} by default.")
    private int segments = 16;

    @Option(
            names = "--reps",
            paramLabel = "N",
            defaultValue = "3",
            description = "Runs of each measure; ${DEFAULT-VALUE} by default.")
    private int reps = 3;

    @Mixin
    private final FiguresOption written = new FiguresOption();

    @Override
    public Integer call() throws IOException {
        models.require();
        if (reps < 1 || segments < 1) {
            throw wrongUse("--reps and --segments: expected at least 1");
        }
        Usage.check(spec, input::renames);
        List<Benchmark> benchmarks = benchmarks();
        Bench bench = new Bench(
                new Workload(
                        pairs == null ? List.of() : pairs(pairs),
                        pages == null ? List.of() : segments(pages, segments)),
                reps);
        PrintWriter out = Context.of(spec).terminal().out();
        ObjectNode figures = JsonLines.row();
        try (Subject subject = subject(models);
                Subject other = against.isEmpty() ? null : subject(models.with(against))) {
            figures.put("model", models.path().toString())
                    .put("precision", subject.options().precision().key())
                    .put("device", subject.options().device().toString())
                    .put("cores", Runtime.getRuntime().availableProcessors());
            if (other != null) {
                against.forEach(figures.putObject("against")::put);
            }
            for (Benchmark benchmark : benchmarks) {
                String lines = other == null
                        ? one(bench, benchmark, subject, figures)
                        : both(bench, benchmark, subject, other, figures);
                written.line(out, lines);
            }
            subject.load().ifPresent(load -> figures.set("load", load));
        }
        written.write(out, figures);
        return 0;
    }

    private static Subject subject(ModelOptions models) throws IOException {
        return new Subject(Nano.resolve(models.path()), models.options(), models::load);
    }

    private static String one(Bench bench, Benchmark benchmark, Subject subject, ObjectNode figures)
            throws IOException {
        Figure figure = bench.measure(benchmark, subject);
        figures.set(benchmark.key(), figure.toJson(benchmark.precision(subject)));
        return figure.toString();
    }

    private static String both(Bench bench, Benchmark benchmark, Subject subject, Subject other, ObjectNode figures)
            throws IOException {
        Comparison found = bench.compare(benchmark, subject, other);
        ObjectNode json = found.first().toJson(benchmark.precision(subject));
        json.set("against", found.second().toJson(benchmark.precision(other)));
        json.set("ratio", found.toJson());
        figures.set(benchmark.key(), json);
        return String.join(
                System.lineSeparator(), found.first().toString(), found.second().toString(), found.toString());
    }

    private List<Benchmark> benchmarks() {
        Set<String> given = new HashSet<>();
        given.add("");
        if (pairs != null) {
            given.add("--pairs");
        }
        if (pages != null) {
            given.add("--pages");
        }
        if (only == null) {
            return Benchmarks.list().stream()
                    .filter(benchmark -> benchmark.isDefault() && given.contains(benchmark.needs()))
                    .toList();
        }
        Set<String> keys =
                only.stream().map(key -> key.toLowerCase(Locale.ROOT)).collect(Collectors.toSet());
        List<Benchmark> chosen = Benchmarks.list().stream()
                .filter(benchmark -> keys.remove(benchmark.key()))
                .toList();
        if (!keys.isEmpty()) {
            throw wrongUse("--only " + String.join(",", keys) + ": expected some of " + String.join(", ", new Keys()));
        }
        for (Benchmark benchmark : chosen) {
            if (!given.contains(benchmark.needs())) {
                throw wrongUse("--only " + benchmark.key() + ": expected " + benchmark.needs() + " with it");
            }
        }
        return chosen;
    }

    private ParameterException wrongUse(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private List<PromptedPair> pairs(Path file) throws IOException {
        List<PromptedPair> pairs = new ArrayList<>();
        try (InputRows given = input.open(file);
                Stream<Row> rows = given.rows(Rejects.refuse())) {
            PairFormat format = given.pairs();
            for (Row row : (Iterable<Row>) rows::iterator) {
                try {
                    pairs.add(pair(format, row.fields()));
                } catch (BadRow e) {
                    Rejects.refuse().accept(row.rejection(String.valueOf(e.getMessage())));
                }
            }
        }
        return pairs;
    }

    private static PromptedPair pair(PairFormat format, ObjectNode row) throws BadRow {
        boolean tokenised = row.hasNonNull("ids");
        return new PromptedPair(
                Fields.example(Fields.pair(format, row)),
                tokenised ? Fields.text(row, "prompt") : "",
                tokenised ? Fields.ids(row, "ids") : List.of(),
                tokenised ? Fields.ids(row, "forced_ids") : List.of());
    }

    static List<Segment> segments(Path pages, int count) throws IOException {
        try (Stream<Page> read = WebPages.with(Rejects.refuse()).read(pages)) {
            return Segmenter.paper()
                    .segments(read, new SegmentFunnel())
                    .limit(count)
                    .toList();
        }
    }

    /** A configuration in, a checkpoint of that size out. */
    @Command(
            name = "make-checkpoint",
            sortOptions = false,
            description =
                    "Writes a Llama with random BF16 weights, to see how a machine copes with a model of that size.")
    static final class MakeCheckpoint extends ReportingCommand {

        private static final long SHARD_BYTES = 5_000_000_000L; // as Hugging Face splits checkpoints

        @Option(
                names = "--like",
                paramLabel = "NAME",
                defaultValue = "llama-3.2-3b",
                description = "llama-3.2-1b or llama-3.2-3b; ${DEFAULT-VALUE} by default.")
        private String like = "";

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to be made.")
        private Path out;

        @Option(
                names = "--tokenizer",
                required = true,
                paramLabel = "DIR",
                description = "A folder with the tokenizer.json of Llama 3, which is copied.")
        private Path tokenizer;

        @Option(names = "--layers", paramLabel = "N", description = "Other than the model's number of blocks.")
        private @Nullable Integer layers;

        @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of the noise.")
        private long seed;

        @Override
        protected ObjectNode execute() throws IOException {
            long start = System.nanoTime();
            ObjectNode config;
            try {
                config = RandomCheckpoint.configLike(like);
            } catch (IllegalArgumentException e) {
                throw wrongUse(String.valueOf(e.getMessage()));
            }
            if (layers != null) {
                config.put("num_hidden_layers", layers);
            }
            long bytes = new RandomCheckpoint(config, seed, SHARD_BYTES).write(out, tokenizer);
            return JsonLines.row()
                    .put("out", out.toString())
                    .put("bytes", bytes)
                    .put("seconds", (System.nanoTime() - start) / 1e9);
        }
    }
}
