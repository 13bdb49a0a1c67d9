package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Augmenter;
import io.humpback.Augmenter.Attempt;
import io.humpback.data.Candidate;
import io.humpback.data.Segment;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.SamplingOptions;
import io.humpback.model.LanguageModel;
import io.humpback.model.Sampling;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Segments in, candidates out. */
@Command(
        name = "augment",
        sortOptions = false,
        description =
                "Writes for each segment (a row with text) the instruction that it answers: the row gains instruction "
                        + "and provenance, and its text becomes its response. Other fields are kept.")
public final class AugmentCommand extends RowCommand {

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final SamplingOptions options = new SamplingOptions();

    @Option(names = "--trained", description = "The model was trained backward: ask it as in training.")
    private boolean trained;

    private @Nullable Sampling sampling;

    @Override
    protected void check() {
        models.require();
        sampling = options.over(command(), SamplingOptions.NUCLEUS.maxTokens(256));
    }

    @Override
    protected void require(InputRows rows) {
        rows.require("text");
    }

    @Override
    protected void run(InputRows rows, Output output) throws IOException {
        try (LanguageModel model = same(models.load())) {
            Augmenter augmenter = Augmenter.using(model);
            run(
                    trained ? augmenter.trained() : augmenter,
                    Objects.requireNonNull(sampling),
                    rows,
                    models.portion(true),
                    output);
        }
    }

    /** Writes the candidates for a file of segments. */
    static void run(Augmenter augmenter, Sampling sampling, InputRows in, int portion, Output out) throws IOException {
        Augmenter heard = augmenter.listener(out.listener());
        out.inPortions(
                in, portion, (rows, first) -> write(heard.sampling(sampling.firstItem(first)), rows, out), row -> {});
    }

    private static void write(Augmenter augmenter, Stream<Row> rows, Output out) throws IOException {
        Deque<Row> waiting = new ArrayDeque<>(); // those that the model has pulled, and that have no instruction yet
        try (Stream<Attempt> attempts = augmenter.attempts(rows.flatMap(
                row -> out.read(row, AugmentCommand::segment).stream().peek(segment -> waiting.add(row))))) {
            for (Iterator<Attempt> each = attempts.iterator(); each.hasNext(); ) {
                Attempt attempt = each.next();
                Row row = waiting.remove();
                if (attempt.candidate() == null) {
                    row.fields().put("output", attempt.output());
                    out.drop(row, Objects.requireNonNull(attempt.drop()));
                } else {
                    out.write(candidate(row.fields(), attempt.candidate()));
                }
            }
        }
    }

    static Segment segment(ObjectNode row) throws BadRow {
        return new Segment(
                Fields.textOrEmpty(row, "id"),
                Fields.textOrEmpty(row, "source"),
                Fields.textOrEmpty(row, "title"),
                Fields.textOrEmpty(row, "header"),
                row.path("index").asInt(),
                Fields.text(row, "text"));
    }

    private static ObjectNode candidate(ObjectNode row, Candidate candidate) {
        row.remove("text");
        row.put("instruction", candidate.instruction()).put("response", candidate.response());
        Candidate.Provenance written = candidate.written();
        row.putObject("provenance")
                .put("model", written.model())
                .put("prompt", written.prompt())
                .set("sampling", JsonLines.row(written.sampling().settings()));
        return row;
    }
}
