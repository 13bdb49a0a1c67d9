package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Direction;
import io.humpback.data.DataException;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.Alpaca;
import io.humpback.data.format.PairFormat;
import io.humpback.data.format.Pairs;
import io.humpback.data.format.Trl;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.PlanOptions;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.examples.cli.terminal.Progress;
import io.humpback.examples.cli.terminal.RunProgress;
import io.humpback.examples.cli.terminal.Terminal;
import io.humpback.examples.cli.terminal.Waiting;
import io.humpback.examples.nano.Nano;
import io.humpback.model.Adapter;
import io.humpback.model.Continuation;
import io.humpback.model.Message;
import io.humpback.model.Prompt;
import io.humpback.model.TrainingExample;
import io.humpback.model.TrainingListener;
import io.humpback.model.TrainingPlan;
import io.humpback.onnx.LoadOptions;
import io.humpback.onnx.OnnxTrainer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Pairs in, an adapter out. */
@Command(
        name = "train",
        sortOptions = false,
        description =
                "Tunes a model on rows with instruction and response, messages (the last turn is learnt), or prompt or"
                        + " prompt_ids and completion or completion_ids; Alpaca's and ShareGPT's are read too. Stopped, it"
                        + " goes on when the same command is given again. DIR gets the adapter (or model), losses.jsonl,"
                        + " an event file for TensorBoard, loss.svg, and the rows it was trained on.")
public final class TrainCommand extends ReportingCommand {

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Option(
            names = "--data",
            required = true,
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description =
                    "The rows: .jsonl, .json, .csv, .tsv, each also .gz, .parquet, or a folder in the hub's layout;"
                            + " - is standard input, JSON Lines.")
    private Path data;

    @Mixin
    private final Input input = new Input();

    @Option(
            names = "--direction",
            required = true,
            paramLabel = "forward|backward",
            description = "What is learnt: the response to an instruction, or the instruction of a response.")
    private Direction direction;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Where the adapter goes.")
    private Path out;

    @Option(names = "--strict", description = "Stop at the first row that cannot be read.")
    private boolean strict;

    @Mixin
    private final PlanOptions plans = new PlanOptions();

    @Option(names = "--max-tokens", paramLabel = "N", description = "Tokens a row may have.")
    private @Nullable Integer maxTokens;

    @Option(names = "--seed", paramLabel = "N", description = "Of shuffle, split, initial change and dropout.")
    private @Nullable Long seed;

    @Override
    protected ObjectNode execute() throws IOException {
        models.refusePrecision("none, or --frozen, since what is trained is in 32 bits");
        LoadOptions options = models.options();
        TrainingPlan plan = plans.plan(command(), more -> {
            PlanOptions.set(maxTokens, more::maxTokens);
            PlanOptions.set(seed, more::seed);
        });
        Path model = Nano.resolve(models.path());
        if (!Files.exists(model)) {
            throw new NoSuchFileException(model.toString());
        }
        Usage.check(command(), input::renames);
        Path rows = input.readable(data);
        InputRows.requireThere(rows);
        OnnxTrainer trainer = OnnxTrainer.of(model).device(options.device());
        if (options.adapter().isPresent()) {
            trainer = trainer.startingWith(options.adapter().get());
        }
        Path folder = Files.createDirectories(out);
        List<TrainingExample> examples = new ArrayList<>();
        ObjectNode summary = run(
                "read",
                Extent.of(List.of(rows)),
                folder.resolve("examples.jsonl"),
                strict,
                output -> read(examples, output));
        if (examples.isEmpty()) {
            throw new DataException(data + ": no row to learn, " + summary.get("rejected") + " that cannot be read"
                    + (summary.has("rejects")
                            ? " (see " + summary.get("rejects").asText() + ")"
                            : "")
                    + "; expected at least one");
        }
        try (Watch watch = new Watch(terminal(), summary)) {
            Adapter adapter = trainer.train(examples, plan, folder, watch);
            summary.put("out", folder.toString()).put("fingerprint", adapter.fingerprint());
        }
        return summary;
    }

    private void read(List<TrainingExample> examples, Output output) throws IOException {
        try (InputRows given = input.open(data);
                Stream<Row> rows = given.rows(output)) {
            if (given.format() == null) {
                given.require("instruction", "response", "messages", "prompt", "prompt_ids");
            }
            for (Row row : (Iterable<Row>) rows::iterator) {
                var read = output.read(row, this::continuation);
                if (read.isPresent()) {
                    String id = row.fields().path("id").asText("row " + (examples.size() + 1));
                    examples.add(new TrainingExample(id, read.get()));
                    output.write(row.fields());
                }
            }
        }
    }

    private Continuation continuation(ObjectNode row) throws BadRow {
        if (row.hasNonNull("instruction") || row.hasNonNull("response")) {
            boolean alpaca = row.hasNonNull("output") && !row.hasNonNull("response");
            ObjectNode fields = Fields.pair(alpaca ? Alpaca.format() : Pairs.format(), row);
            Example pair = new Example(text(fields, "instruction"), text(fields, "response"));
            return direction.of(pair, Fields.textOrEmpty(row, "system"));
        }
        List<Message> messages = Fields.conversation(row);
        if (!messages.isEmpty()) {
            return conversation(messages);
        }
        Prompt prompt = Fields.prompt(row);
        if (direction == Direction.BACKWARD) {
            throw new BadRow("prompt: backward, expected instruction and response, or messages");
        }
        return row.hasNonNull("completion_ids")
                ? Continuation.of(prompt, Fields.ids(row, "completion_ids"))
                : Continuation.of(withContext(prompt, row), text(row, "completion"));
    }

    /** Puts the context of a prompt, which some rows have in a field of its own, behind it. */
    private static Prompt withContext(Prompt prompt, ObjectNode row) throws BadRow {
        PairFormat format = Trl.promptCompletion();
        boolean more = format.matches(row) && format.fields(row).size() > 2;
        return more ? Prompt.text(Fields.pair(format, row).get("instruction").textValue()) : prompt;
    }

    private Continuation conversation(List<Message> messages) throws BadRow {
        int turns = messages.size() - 1;
        Message last = messages.get(turns);
        if (last.role() != Message.Role.ASSISTANT
                || turns == 0
                || last.content().isBlank()) {
            throw new BadRow("messages: expected a last turn of the assistant, after others");
        }
        if (direction == Direction.FORWARD) {
            return Continuation.of(Prompt.chat(messages.subList(0, turns)), last.content());
        }
        Message asked = messages.get(turns - 1);
        String system = turns == 2 ? messages.get(0).content() : "";
        if (asked.role() != Message.Role.USER
                || asked.content().isBlank()
                || turns > 2
                || turns == 2 && messages.get(0).role() != Message.Role.SYSTEM) {
            throw new BadRow("messages: backward, expected one turn of the user and one of the assistant");
        }
        return direction.of(new Example(asked.content(), last.content()), system);
    }

    private static String text(ObjectNode row, String name) throws BadRow {
        String text = Fields.text(row, name);
        if (text.isBlank()) {
            throw new BadRow(name + ": empty, expected a text");
        }
        return text;
    }

    /** Shows how far the training is, and keeps what the summary says about it. */
    private static final class Watch implements TrainingListener, AutoCloseable {
        private final Terminal terminal;
        private final ObjectNode summary;
        private @Nullable Progress progress;

        private final Waiting preparing;

        Watch(Terminal terminal, ObjectNode summary) {
            this.terminal = terminal;
            this.summary = summary;
            preparing = new Waiting(terminal, "train: preparing");
        }

        @Override
        public void started(Start start) {
            summary.put("examples", start.examples()).put("held_out", start.heldOut());
            summary.put("cut", start.cut()).put("too_long", start.tooLong()).put("unlabelled", start.unlabelled());
            summary.put("steps", start.steps());
            if (start.step() > 0) {
                terminal.err().println("train: " + RunProgress.rows(start));
            }
            preparing.close();
            progress = Progress.of(terminal, "train", Extent.of(start.steps() - start.step()));
        }

        @Override
        public void stepped(Step step) {
            Progress shown = Objects.requireNonNull(progress);
            shown.speed(String.format(Locale.ROOT, "loss %.3f, %.0f tokens/s", step.loss(), step.tokensPerSecond()));
            shown.step();
            summary.put("loss", step.loss()).put("tokens", step.tokens()).put("seconds", step.seconds());
        }

        @Override
        public void evaluated(int step, double loss) {
            summary.put("held_out_loss", loss).put("held_out_perplexity", Math.exp(loss));
        }

        @Override
        public void close() {
            preparing.close();
            if (progress != null) {
                progress.close();
            }
        }
    }
}
