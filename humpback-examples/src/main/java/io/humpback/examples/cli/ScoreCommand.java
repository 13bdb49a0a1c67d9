package io.humpback.examples.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Score;
import io.humpback.Scored;
import io.humpback.Scorer;
import io.humpback.data.Example;
import io.humpback.data.JsonLines;
import io.humpback.data.JsonLines.Row;
import io.humpback.model.LanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;

/** Pairs in, scored pairs out. */
@Command(
        name = "score",
        sortOptions = false,
        description = "Rates pairs (rows with instruction and response) from 1 to 5: they gain score, distribution and "
                + "outside, and judge, which tells how they came about. Other fields are kept.")
final class ScoreCommand extends RowCommand {

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final JudgeOptions judge = new JudgeOptions();

    @Override
    void check(CommandSpec command) {
        models.path();
        judge.check(command);
    }

    @Override
    void run(Path rows, Output output) throws IOException {
        try (LanguageModel model = models.load()) {
            run(model, judge, rows, output);
        }
    }

    private record Pair(Row row, Example example) {}

    /** Writes the scored pairs of a file of pairs. */
    static void run(LanguageModel model, JudgeOptions judge, Path in, Output out) throws IOException {
        Scorer scorer = judge.scorer(model).listener(out.listener());
        ObjectNode provenance = judge.provenance(model);
        double sum = 0;
        try (Stream<Row> rows = JsonLines.read(in, out);
                Stream<Scored<Pair>> scored = scorer.score(
                        rows.flatMap(row -> out.read(row, fields -> new Pair(row, example(fields))).stream()),
                        Pair::example)) {
            for (Iterator<Scored<Pair>> each = scored.iterator(); each.hasNext(); ) {
                Scored<Pair> next = each.next();
                Row row = next.item().row();
                Score score = next.score();
                if (score == null) {
                    out.drop(row, next.drop());
                } else {
                    out.write(put(row.fields(), score).set("judge", provenance));
                    sum += score.value();
                }
            }
        }
        if (out.written() > 0) {
            out.notes().put("mean_score", sum / out.written());
        }
    }

    static Example example(ObjectNode row) throws BadRow {
        return new Example(Fields.text(row, "instruction"), Fields.text(row, "response"));
    }

    private static ObjectNode put(ObjectNode row, Score score) {
        row.put("score", score.value());
        ArrayNode distribution = row.putArray("distribution");
        score.distribution().forEach(p -> distribution.add(p.doubleValue()));
        row.put("outside", score.outside());
        if (score.spread() > 0) {
            row.put("spread", score.spread());
        }
        if (!score.reasoning().isEmpty()) {
            ArrayNode reasoning = row.putArray("reasoning");
            score.reasoning().forEach(reasoning::add);
        }
        return row;
    }
}
