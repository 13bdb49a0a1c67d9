package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Keep;
import io.humpback.data.DataException;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.option.KeepOptions;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.ScoreOptions;
import io.humpback.examples.cli.option.WorthOptions;
import io.humpback.internal.JsonFields;
import io.humpback.quality.Drop;
import io.humpback.quality.Labels;
import io.humpback.quality.Worth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Scored pairs in, kept pairs out. */
@Command(
        name = "curate",
        sortOptions = false,
        description =
                "Keeps the best of scored pairs (rows with a score), in their order and with all their fields. With"
                        + " --model pairs are scored first; the scores are written to a second file, a.scores.jsonl for"
                        + " a.jsonl. With --labels it says how many of the kept are good; with --promise it keeps as"
                        + " many as a precision allows.")
public final class CurateCommand extends RowCommand {

    @Mixin
    private final KeepOptions options = new KeepOptions();

    @Mixin
    private final WorthOptions worth = new WorthOptions();

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final ScoreOptions scoring = new ScoreOptions();

    private @Nullable Keep keep;

    @Override
    protected void check() {
        keep = options.keep(command());
        scoring.check(command());
        worth.check(command(), options.isGiven());
    }

    @Override
    protected boolean asksModel() {
        return models.given();
    }

    @Override
    protected void require(InputRows rows) {
        if (models.given()) {
            rows.pairs();
        } else {
            rows.require("score");
        }
    }

    @Override
    protected InputRows prepare(InputRows rows, Path out) throws IOException {
        if (!models.given()) {
            return rows;
        }
        Path scores = Output.sibling(out, "scores");
        Output.apart(rows.path(), scores);
        step(
                "score",
                extent(rows),
                scores,
                isStrict(),
                output -> scoring.judge(models, output.listener(), this::sameModel, (judge, provenance) -> {
                    scoring.require(Objects.requireNonNull(keep), judge);
                    ScoreCommand.run(judge, provenance, scoring, models, rows, output);
                }));
        return InputRows.of(scores);
    }

    @Override
    protected void run(InputRows rows, Output output) throws IOException {
        Keep rule = Objects.requireNonNull(keep);
        Labels labels = worth.labels();
        if (labels == null) {
            run(rule, rows, output);
            return;
        }
        Worth labelled = scored(rows, labels).worth(worth::goodFrom);
        double[] scores = labelled.scores();
        Keep.Cut cut = worth.promised(labelled).orElseGet(() -> rule.cut(scores));
        output.notes().put("labels", labelled.labels()).put("unmatched", labels.size() - labels.found());
        WorthOptions.into(
                output.notes().putObject("worth"), labelled.of(row -> cut.keeps(scores[row], row), worth.confidence()));
        write(cut, rule, rows, output);
    }

    /** Writes the rows of a file of scored pairs that a rule keeps. */
    static void run(Keep keep, InputRows in, Output out) throws IOException {
        boolean alone = keep.isThreshold();
        write(
                keep.cut(
                        alone
                                ? new double[0]
                                : scored(in, Labels.none()).worth(Labels::good).scores()),
                keep,
                in,
                out);
    }

    private static void write(Keep.Cut cut, Keep keep, InputRows in, Output out) throws IOException {
        long index = 0;
        double best = Double.NEGATIVE_INFINITY;
        try (Stream<Row> rows = in.rows(out)) {
            for (Iterator<Row> each = rows.iterator(); each.hasNext(); ) {
                Row row = each.next();
                Double score = out.read(row, CurateCommand::score).orElse(null);
                if (score == null) {
                    continue;
                }
                best = Math.max(best, score);
                Drop drop = cut.drop(score, index++).orElse(null);
                if (drop == null) {
                    out.write(row.fields());
                } else {
                    out.drop(drop.reason());
                }
            }
        }
        if (Double.isFinite(cut.score())) {
            out.notes().put("kept_from_score", cut.score());
        }
        if (out.written() == 0 && best > Double.NEGATIVE_INFINITY) {
            out.notes()
                    .put("best_score", best)
                    .put(
                            "warning",
                            String.format(
                                    Locale.ROOT,
                                    "nothing is kept: the best score is %.2f, the rule keeps %s; --top-share 0.2 keeps"
                                            + " the best fifth",
                                    best,
                                    keep));
        }
    }

    /** {@return the scores of all rows that have one, with their labels: a share, a budget and a precision are taken of these} */
    private static Worth.Rows scored(InputRows in, Labels labels) throws IOException {
        if (!Files.isRegularFile(in.path()) && !Files.isDirectory(in.path())) {
            throw new DataException(
                    in.path() + ": --top-share, --budget and --labels read it twice, expected a regular file");
        }
        Worth.Rows scored = new Worth.Rows();
        try (InputRows again = in.again();
                Stream<Row> rows = again.rows(rejection -> {})) { // counted when they are read again
            for (Iterator<Row> each = rows.iterator(); each.hasNext(); ) {
                ObjectNode row = each.next().fields();
                try {
                    String[] pair = {
                        row.path("id").asText(""),
                        row.path("instruction").asText(""),
                        row.path("response").asText("")
                    };
                    scored.add(
                            score(row),
                            labels.of(pair[0], pair[1], pair[2]),
                            labels.drawnWith(pair[0], pair[1], pair[2]));
                } catch (BadRow e) {
                    continue; // counted as well
                }
            }
        }
        return scored;
    }

    private static double score(ObjectNode row) throws BadRow {
        double score = JsonFields.number(row.get("score"));
        if (!Double.isFinite(score)) {
            throw new BadRow("score: " + JsonFields.found(row.get("score")) + ", expected a number");
        }
        return score;
    }
}
