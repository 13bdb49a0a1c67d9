package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.Rejects;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.web.Page;
import io.humpback.data.web.SegmentFunnel;
import io.humpback.data.web.Segmenter;
import io.humpback.data.web.WebPages;
import io.humpback.examples.bench.Bench;
import io.humpback.examples.bench.Figure;
import io.humpback.examples.bench.Measure;
import io.humpback.examples.bench.Pair;
import io.humpback.examples.bench.RandomCheckpoint;
import io.humpback.examples.bench.TrainingBench;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.Reporting;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.internal.PeakMemory;
import io.humpback.model.LanguageModel;
import io.humpback.model.TrainingPlan.Frozen;
import io.humpback.onnx.OnnxTrainer;
import io.humpback.onnx.Precision;
import io.humpback.onnx.checkpoint.Checkpoint;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
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
        subcommands = BenchCommand.MakeCheckpoint.class,
        description = "Measures a model on this machine: medians of several runs after the first, which warm it up.")
public final class BenchCommand implements Callable<Integer> {

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Option(
            names = "--only",
            split = ",",
            paramLabel = "KEY",
            description =
                    "Some of ${COMPLETION-CANDIDATES}, in any case; by default all that the other options allow, but no "
                            + "training. That of a low-rank change is of rank 16 on all products of a block, whose frozen weights "
                            + "are in 8 bits with --precision int8, else in 32, and each peak of memory is from where the one before it left the process: one KEY a call tells most.")
    private @Nullable Set<Measure> only;

    @Option(
            names = "--pairs",
            paramLabel = "F",
            description =
                    "Pairs to score: rows with instruction and response. With prompt, ids and forced_ids too, these "
                            + "prompts are used, where their tokens are the model's.")
    private @Nullable Path pairs;

    @Option(names = "--pages", paramLabel = "PATH", description = "Pages whose first segments are augmented.")
    private @Nullable Path pages;

    @Option(
            names = "--segments",
            paramLabel = "N",
            defaultValue = "16",
            description = "So many of them; ${DEFAULT-VALUE} by default.")
    private int segments = 16;

    @Option(
            names = "--reps",
            paramLabel = "N",
            defaultValue = "3",
            description = "Runs of each measure; ${DEFAULT-VALUE} by default.")
    private int reps = 3;

    @Option(
            names = "--json",
            arity = "0..1",
            paramLabel = "F",
            fallbackValue = "-",
            description = "Write the figures as one JSON object to F, or print them so.")
    private @Nullable Path json;

    @Override
    public Integer call() throws IOException {
        CommandSpec command = Objects.requireNonNull(spec);
        models.path();
        if (reps < 1 || segments < 1) {
            throw new ParameterException(command.commandLine(), "--reps and --segments: expected at least 1");
        }
        Set<Measure> measures = measures(command);
        List<Pair> pairRows = pairs == null ? List.of() : pairs(pairs);
        List<Segment> pageSegments = pages == null ? List.of() : segments(pages, segments);
        PrintWriter out = Context.of(command).terminal().out();
        boolean print = json == null || !json.equals(Path.of("-"));

        String precision = models.options().precision().key();
        ObjectNode figures = JsonLines.object()
                .put("model", models.path().toString())
                .put("precision", precision)
                .put("device", models.options().device().toString())
                .put("cores", Runtime.getRuntime().availableProcessors());
        Bench bench = null;
        for (boolean sharing : new boolean[] {false, true}) {
            List<Measure> these = measures.stream()
                    .filter(measure -> measure.sharesPrefixes() == sharing && !measure.trains())
                    .toList();
            if (these.isEmpty()) {
                continue;
            }
            PeakMemory.reset();
            long start = System.nanoTime();
            try (LanguageModel model = models.load(options -> options.prefixSharing(sharing))) {
                ObjectNode load = JsonLines.object().put("seconds", (System.nanoTime() - start) / 1e9);
                PeakMemory.bytes().ifPresent(peak -> load.put("peak_mib", peak >> 20));
                figures.set("load", load);
                bench = bench == null ? Bench.of(model, pairRows, pageSegments, reps) : bench;
                for (Measure measure : these) {
                    Figure figure = bench.measure(measure, model);
                    figures.set(measure.key(), figure.toJson(precision));
                    if (print) {
                        out.println(figure);
                        out.flush();
                    }
                }
            }
        }
        for (Measure measure : measures.stream().filter(Measure::trains).toList()) {
            Figure figure = training().measure(measure);
            boolean int8 = models.options().precision() == Precision.INT8 && measure.freezes();
            figures.set(measure.key(), figure.toJson((int8 ? Precision.INT8 : Precision.FP32).key()));
            if (print) {
                out.println(figure);
                out.flush();
            }
        }
        if (!print) {
            out.println(figures);
        } else if (json != null) {
            try (JsonLines.Writer file = JsonLines.write(json)) {
                file.write(figures);
                file.commit();
            }
        }
        return 0;
    }

    private TrainingBench training() throws IOException {
        try (Checkpoint checkpoint = Checkpoint.open(models.path())) {
            OnnxTrainer trainer =
                    OnnxTrainer.of(models.path()).device(models.options().device());
            boolean int8 = models.options().precision() == Precision.INT8;
            return new TrainingBench(trainer, checkpoint.config().vocabSize(), int8 ? Frozen.INT8 : Frozen.FP32, reps);
        }
    }

    private Set<Measure> measures(CommandSpec command) {
        Set<Measure> possible = EnumSet.allOf(Measure.class);
        if (pairs == null) {
            possible.removeAll(Set.of(Measure.SCORE, Measure.SCORE_REASONED));
        }
        if (pages == null) {
            possible.remove(Measure.AUGMENT);
        }
        if (only == null) {
            possible.removeIf(Measure::trains);
            return possible;
        }
        for (Measure measure : only) {
            if (!possible.contains(measure)) {
                String missing = measure == Measure.AUGMENT ? "--pages" : "--pairs";
                throw new ParameterException(
                        command.commandLine(), "--only " + measure.key() + ": expected " + missing + " with it");
            }
        }
        return EnumSet.copyOf(only);
    }

    private static List<Pair> pairs(Path file) throws IOException {
        List<Pair> pairs = new ArrayList<>();
        try (Stream<Row> rows = JsonLines.read(file, Rejects.refuse())) {
            for (Row row : (Iterable<Row>) rows::iterator) {
                try {
                    pairs.add(pair(row.fields()));
                } catch (BadRow e) {
                    Rejects.refuse().accept(row.rejection(String.valueOf(e.getMessage())));
                }
            }
        }
        return pairs;
    }

    private static Pair pair(ObjectNode row) throws BadRow {
        boolean tokenised = row.hasNonNull("ids");
        return new Pair(
                ScoreCommand.example(row),
                tokenised ? Fields.text(row, "prompt") : "",
                tokenised ? Fields.ids(row, "ids") : List.of(),
                tokenised ? Fields.ids(row, "forced_ids") : List.of());
    }

    private static List<Segment> segments(Path pages, int count) throws IOException {
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
            description = "Writes a Llama with random BF16 weights, to see how a machine bears a model of that size.")
    static final class MakeCheckpoint implements Callable<Integer> {

        private static final long SHARD_BYTES = 5_000_000_000L; // as Hugging Face splits checkpoints

        @Spec
        private @Nullable CommandSpec spec;

        @Option(
                names = "--like",
                paramLabel = "NAME",
                defaultValue = "llama-3.2-3b",
                description = "llama-3.2-1b or llama-3.2-3b; ${DEFAULT-VALUE} by default.")
        private String like = "";

        @Option(names = "--out", required = true, paramLabel = "DIR", description = "The folder to be made.")
        private @Nullable Path out;

        @Option(
                names = "--tokenizer",
                required = true,
                paramLabel = "DIR",
                description = "A folder with the tokenizer.json of Llama 3, which is copied.")
        private @Nullable Path tokenizer;

        @Option(names = "--layers", paramLabel = "N", description = "Other than the model's number of blocks.")
        private @Nullable Integer layers;

        @Option(names = "--seed", paramLabel = "N", defaultValue = "0", description = "Of the noise.")
        private long seed;

        @Mixin
        private final Reporting reporting = new Reporting();

        @Override
        public Integer call() throws IOException {
            CommandSpec command = Objects.requireNonNull(spec);
            long start = System.nanoTime();
            ObjectNode config;
            try {
                config = RandomCheckpoint.configLike(like);
            } catch (IllegalArgumentException e) {
                throw new ParameterException(command.commandLine(), e.getMessage(), e);
            }
            if (layers != null) {
                config.put("num_hidden_layers", layers);
            }
            Path folder = Objects.requireNonNull(out);
            long bytes =
                    new RandomCheckpoint(config, seed, SHARD_BYTES).write(folder, Objects.requireNonNull(tokenizer));
            ObjectNode summary = JsonLines.object()
                    .put("out", folder.toString())
                    .put("bytes", bytes)
                    .put("seconds", (System.nanoTime() - start) / 1e9);
            reporting.report(summary);
            return 0;
        }
    }
}
