package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.data.DataException;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.file.RowWriter;
import io.humpback.data.file.Rows;
import io.humpback.data.format.PairFormat;
import io.humpback.examples.bench.Figure;
import io.humpback.examples.bench.job.AskedPrompt;
import io.humpback.examples.bench.job.Job;
import io.humpback.examples.bench.job.JobBenchmark;
import io.humpback.examples.bench.job.OwnSide;
import io.humpback.examples.bench.job.ServerSide;
import io.humpback.examples.bench.job.Side;
import io.humpback.examples.bench.job.Standing;
import io.humpback.examples.bench.job.Work;
import io.humpback.examples.cli.command.check.TextSide;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Context;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.cli.terminal.Terminal;
import io.humpback.examples.cli.terminal.Waiting;
import io.humpback.examples.nano.Nano;
import io.humpback.internal.FileNames;
import io.humpback.internal.Folders;
import io.humpback.internal.TemporaryFiles;
import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** A job in, how long it takes out. */
@Command(
        name = "job",
        sortOptions = false,
        description =
                "Times whole jobs as a user runs them, from the start of the program to its output: rating pairs, "
                        + "writing instructions for segments, the whole loop. With --server the same prompts are also given to a server of "
                        + "completions (llama-server, llama_cpp.server), which is started anew for each number of clients and timed from "
                        + "its start to its last answer; both write as many tokens. All take turns, after a first row that is not timed.")
final class JobCommand implements Callable<Integer> {

    private static final int MOST_CLIENTS = 256;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--job",
            required = true,
            paramLabel = "JOB",
            description =
                    "score: rate the pairs of --in. write: write an instruction for each segment of --pages, greedily "
                            + "and past its end, so that all are of --max-tokens. loop: the command demo, without --model.")
    private Job job;

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Option(names = "--in", paramLabel = "F", description = "Pairs to score, in any file and format that score reads.")
    private @Nullable Path in;

    @Mixin
    private final Input input = new Input();

    @Option(names = "--rows", paramLabel = "N", description = "The first N pairs; all by default.")
    private @Nullable Integer rows;

    @Option(names = "--pages", paramLabel = "PATH", description = "Pages whose first segments are written for.")
    private @Nullable Path pages;

    @Option(
            names = "--segments",
            paramLabel = "N",
            defaultValue = "100",
            description = "How many segments; ${DEFAULT-VALUE} by default.")
    private int segments = 100;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            defaultValue = "32",
            description = "Tokens of each instruction; ${DEFAULT-VALUE} by default.")
    private int tokens = 32;

    @Option(names = "--steps", paramLabel = "N", description = "Of each training of the loop, as in demo.")
    private @Nullable Integer steps;

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "Where the server listens that the words after -- start, such as http://127.0.0.1:8081.")
    private @Nullable URI server;

    @Option(
            names = "--clients",
            split = ",",
            paramLabel = "N",
            defaultValue = "1,2,4,8",
            description = "How many ask the server at a time; ${DEFAULT-VALUE} by default.")
    private List<Integer> clients = List.of(1, 2, 4, 8);

    @Option(
            names = "--reps",
            paramLabel = "N",
            defaultValue = "1",
            description = "Runs of each; ${DEFAULT-VALUE} by default.")
    private int reps = 1;

    @Mixin
    private final FiguresOption written = new FiguresOption();

    @Parameters(
            paramLabel = "WORD",
            arity = "0..*",
            description = "After --: the server's program and its arguments, in which " + ServerSide.CLIENTS
                    + " stands for the number of clients, such as -- llama-server -m M --port 8081 -np "
                    + ServerSide.CLIENTS
                    + ".")
    private List<String> command = List.of();

    @Override
    public Integer call() throws IOException {
        check();
        Path folder = TemporaryFiles.newFolder("job");
        try {
            run(folder);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("stopped");
        } finally {
            Folders.delete(folder);
        }
        return 0;
    }

    private void check() {
        if (job == Job.LOOP) {
            require(!models.given() && server == null, "--job loop: expected neither --model nor --server");
        } else {
            models.require();
        }
        require(job != Job.SCORE || in != null, "--job score: expected --in with it");
        require(job != Job.WRITE || pages != null, "--job write: expected --pages with it");
        require(
                reps > 0 && segments > 0 && tokens > 0 && (rows == null || rows > 0) && (steps == null || steps > 0),
                "--reps, --rows, --segments, --max-tokens and --steps: expected at least 1");
        require(
                !clients.isEmpty() && clients.stream().allMatch(n -> n > 0 && n <= MOST_CLIENTS),
                "--clients: found " + clients + ", expected 1 to " + MOST_CLIENTS);
        require(
                (server == null) == command.isEmpty(),
                "--server and the words of its command after --: expected both or neither");
        require(
                server == null || isPlace(server),
                "--server = " + server + ": expected one such as http://127.0.0.1:8081");
        Usage.check(spec, input::renames);
    }

    private static boolean isPlace(URI url) {
        return "http".equals(url.getScheme())
                && url.getHost() != null
                && url.getPort() > 0
                && (url.getPath().isEmpty() || url.getPath().equals("/"));
    }

    private void require(boolean right, String message) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), message);
        }
    }

    private void run(Path folder) throws IOException, InterruptedException {
        PrintWriter out = Context.of(spec).terminal().out();
        List<Figure> figures = new JobBenchmark(sides(folder), reps).run();
        ObjectNode json = JsonLines.row().put("job", job.key());
        if (models.given()) {
            json.put("model", models.path().toString());
        }
        json.put("cores", Runtime.getRuntime().availableProcessors());
        figures.forEach(figure -> written.line(out, figure.toString()));
        Figure own = figures.get(0);
        List<Figure> servers = figures.subList(1, figures.size());
        json.set(own.key(), own.toJson(models.options().precision().key()));
        for (Figure figure : servers) {
            ObjectNode one = figure.toJson("");
            one.remove("precision"); // it is the server's own
            json.set(figure.key(), one);
        }
        if (!servers.isEmpty()) {
            Standing standing = Standing.of(own, servers);
            written.line(out, standing.toString());
            standing.differences().forEach(line -> written.line(out, line));
            json.set("ratio", standing.toJson());
        }
        written.write(out, json);
    }

    /** {@return this program and the server with each number of clients, each of which has done one row} */
    private List<Side> sides(Path folder) throws IOException, InterruptedException {
        if (job == Job.LOOP) {
            List<String> options = steps == null ? List.of() : List.of("--steps", steps.toString());
            return List.of(shown(OwnSide.of(new Work(job, List.of(), 0), options, folder, folder)));
        }
        List<ObjectNode> material = job == Job.SCORE ? pairs(Objects.requireNonNull(in)) : segments();
        Path all = write(material, folder.resolve("all" + ending()));
        Path first = write(material.subList(0, 1), folder.resolve("first" + ending()));
        Work work = new Work(job, prompts(all), job == Job.SCORE ? 1 : tokens);
        List<Side> sides = new ArrayList<>(List.of(shown(OwnSide.of(work, models.words(), all, folder))));
        OwnSide.of(work.first(), models.words(), first, folder).run();
        if (server != null) {
            for (int number : clients) {
                sides.add(shown(new ServerSide(work, server, command, number, folder)));
            }
            new ServerSide(work.first(), server, command, clients.get(0), folder).run();
        }
        return sides;
    }

    private Side shown(Side side) {
        return new Shown(side, Context.of(spec).terminal());
    }

    /** A side that says what it is at where that takes long. */
    private record Shown(Side side, Terminal terminal) implements Side {
        @Override
        public String key() {
            return side.key();
        }

        @Override
        public String unit() {
            return side.unit();
        }

        @Override
        public Run run() throws IOException, InterruptedException {
            Waiting waiting = new Waiting(terminal, "timing " + side.key());
            try {
                return side.run();
            } finally {
                waiting.close();
            }
        }
    }

    /** {@return how a file of rows is named, so that the program reads the kind that was given} */
    private String ending() {
        String name = in == null ? "" : FileNames.unpacked(in);
        return job == Job.SCORE && (name.endsWith(".csv") || name.endsWith(".tsv"))
                ? name.substring(name.length() - 4)
                : ".jsonl";
    }

    private List<ObjectNode> pairs(Path file) throws IOException {
        try (InputRows given = input.open(file);
                Stream<Row> read = given.rows(Rejects.refuse())) {
            given.pairs(); // is refused here, not by the program
            List<ObjectNode> pairs = read.limit(rows == null ? Long.MAX_VALUE : rows)
                    .map(Row::fields)
                    .toList();
            return enough(file, pairs, rows == null ? 1 : rows, "--rows");
        }
    }

    private List<ObjectNode> segments() throws IOException {
        Path path = Objects.requireNonNull(pages);
        List<ObjectNode> found = BenchCommand.segments(path, segments).stream()
                .map(SegmentCommand::row)
                .toList();
        return enough(path, found, segments, "--segments");
    }

    private static List<ObjectNode> enough(Path file, List<ObjectNode> found, int expected, String option) {
        if (found.size() < expected) {
            throw new DataException(file + ": found " + found.size() + " rows, expected " + option + " = " + expected);
        }
        return found;
    }

    private static Path write(List<ObjectNode> material, Path file) throws IOException {
        try (RowWriter out = Rows.write(file)) {
            for (ObjectNode row : material) {
                out.write(row);
            }
            out.commit();
        }
        return file;
    }

    /** {@return the prompts for the rows of a file, as they are read from it} */
    private List<AskedPrompt> prompts(Path file) throws IOException {
        Path model = Nano.resolve(models.path());
        if (!Files.exists(model)) {
            throw new NoSuchFileException(model.toString());
        }
        List<AskedPrompt> prompts = new ArrayList<>();
        try (TextSide text = TextSide.open(model);
                InputRows given = InputRows.of(file);
                Stream<Row> read = given.rows(Rejects.refuse())) {
            JobPrompts layout = new JobPrompts(text);
            PairFormat format = job == Job.SCORE ? given.pairs() : null;
            for (Row row : (Iterable<Row>) read::iterator) {
                try {
                    prompts.add(
                            format == null
                                    ? layout.instruction(AugmentCommand.segment(row.fields()))
                                    : layout.rating(Fields.example(Fields.pair(format, row.fields()))));
                } catch (BadRow e) {
                    Rejects.refuse().accept(row.rejection(String.valueOf(e.getMessage())));
                }
            }
        }
        return prompts;
    }
}
