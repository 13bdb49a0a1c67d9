package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Judge;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.data.Example;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.PairFormat;
import io.humpback.examples.cli.io.BadRow;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.Output;
import io.humpback.examples.cli.io.RowCommand;
import io.humpback.examples.cli.io.ScoreFields;
import io.humpback.examples.cli.io.ScoreSummary;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.QuestionOptions;
import io.humpback.examples.cli.option.ScoreOptions;
import io.humpback.model.LanguageModel;
import java.io.IOException;
import java.util.Iterator;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Pairs in, scored pairs out. */
@Command(
        name = "score",
        sortOptions = false,
        description =
                "Rates pairs (rows with instruction and response, or of a format that convert reads) from 1 to 5: they"
                        + " gain score, distribution and outside, and judge, which says how they were computed. Other"
                        + " fields are kept. By likelihood, gain or reward there is no rating: higher is better; by learned or panel the"
                        + " score is a probability. With"
                        + " --questions they gain a field of each question's name, with its probabilities, in place of a"
                        + " score.")
public final class ScoreCommand extends RowCommand {

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final ScoreOptions options = new ScoreOptions();

    @Mixin
    private final QuestionOptions questions = new QuestionOptions();

    @Override
    protected void check() {
        models.require();
        options.check(command());
        if (questions.areGiven() && !options.isDefault()) {
            throw wrongUse("--questions: found --by, --reasoned or --rubrics, expected none of them");
        }
    }

    @Override
    protected void require(InputRows rows) {
        super.require(rows);
        questions.require(rows);
    }

    @Override
    protected void run(InputRows rows, Output output) throws IOException {
        if (!questions.areGiven()) {
            run(models, options, this::sameModel, rows, output);
            return;
        }
        try (LanguageModel model = models.load()) {
            sameModel(model.fingerprint() + " asked " + questions.id());
            questions.ask(model, rows, models.portion(false), output);
        }
    }

    /** Writes the pairs of a file with their scores. */
    static void run(ModelOptions models, ScoreOptions options, Consumer<String> loaded, InputRows in, Output out)
            throws IOException {
        options.judge(
                models,
                out.listener(),
                loaded,
                (judge, provenance) -> run(judge, provenance, options, models, in, out));
    }

    private record Pair(Row row, Example example) {}

    /** Writes the pairs of a file with what a judge says of them. */
    static void run(
            Judge judge, ObjectNode provenance, ScoreOptions options, ModelOptions models, InputRows in, Output out)
            throws IOException {
        ScoreSummary scores = new ScoreSummary();
        PairFormat format = in.pairs();
        out.inPortions(
                in,
                options.portion(models),
                (rows, first) -> score(judge, provenance, format, rows, out),
                row -> scores.add(row.get("score").doubleValue()));
        scores.into(out.notes(), options.isRating());
    }

    private static void score(Judge judge, ObjectNode provenance, PairFormat format, Stream<Row> rows, Output out)
            throws IOException {
        try (Stream<Scored<Pair>> scored =
                judge.score(rows.flatMap(row -> out.read(row, fields -> pair(format, row)).stream()), Pair::example)) {
            for (Iterator<Scored<Pair>> each = scored.iterator(); each.hasNext(); ) {
                Scored<Pair> next = each.next();
                Row row = next.item().row();
                Score score = next.score();
                if (score == null) {
                    out.drop(row, Objects.requireNonNull(next.drop()));
                } else {
                    out.write(ScoreFields.put(row.fields(), score).set("judge", provenance));
                }
            }
        }
    }

    private static Pair pair(PairFormat format, Row row) throws BadRow {
        ObjectNode fields = Fields.pair(format, row.fields());
        return new Pair(new Row(row.source(), row.line(), fields), Fields.example(fields));
    }
}
