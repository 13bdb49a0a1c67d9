package io.humpback.examples.cli.command;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Judge;
import io.humpback.Shift;
import io.humpback.data.Example;
import io.humpback.data.Rejects;
import io.humpback.data.file.JsonLines;
import io.humpback.data.file.JsonLines.Row;
import io.humpback.data.format.PairFormat;
import io.humpback.examples.cli.io.Fields;
import io.humpback.examples.cli.io.Input;
import io.humpback.examples.cli.io.InputRows;
import io.humpback.examples.cli.io.PathOption;
import io.humpback.examples.cli.io.ReportingCommand;
import io.humpback.examples.cli.option.ModelOptions;
import io.humpback.examples.cli.option.ScoreOptions;
import io.humpback.examples.cli.option.Usage;
import io.humpback.examples.cli.terminal.Extent;
import io.humpback.examples.cli.terminal.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Pairs in; out comes how far responses can raise a judge's scores. */
@Command(
        name = "attack",
        sortOptions = false,
        description = "How much the judge's scores shift when responses try to raise them: openers, a named rating, "
                + "fake turns, tags and control tokens, flattery. Scores each pair some twenty times.")
public final class AttackCommand extends ReportingCommand {

    @Option(
            names = "--in",
            required = true,
            converter = PathOption.OrStandard.class,
            paramLabel = "F",
            description = "Pairs: rows with instruction and response; - is standard input, JSON Lines.")
    private Path in;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "50",
            description = "Take the first N pairs; ${DEFAULT-VALUE} by default.")
    private long limit;

    @Option(
            names = "--threshold",
            paramLabel = "S",
            description =
                    "Count what reaches this score only by an attack; 4.5 by default, by learned or panel 0.5; by others"
                            + " nothing is counted without it.")
    private @Nullable Double threshold;

    @Mixin
    private final Input input = new Input();

    @Mixin
    private final ModelOptions models = new ModelOptions();

    @Mixin
    private final ScoreOptions scoring = new ScoreOptions();

    @Override
    protected ObjectNode execute() throws IOException {
        Usage.check(command(), () -> Stream.empty().limit(limit));
        models.require();
        scoring.check(command());
        ObjectNode summary = JsonLines.row();
        Usage.check(command(), input::renames);
        try (InputRows given = input.open(in);
                Progress progress = Progress.of(terminal(), command().name(), Extent.of(limit))) {
            PairFormat format = given.pairs();
            scoring.judge(models, progress::progressed, fingerprint -> {}, (judge, provenance) -> {
                attack(judge, given, format, progress, summary);
                summary.set("judge", provenance);
            });
        }
        return summary;
    }

    private void attack(Judge judge, InputRows given, PairFormat format, Progress progress, ObjectNode summary)
            throws IOException {
        double least = threshold == null ? scoring.usualThreshold() : threshold;
        try (Stream<Row> rows = given.rows(Rejects.refuse())) {
            Stream<Example> pairs =
                    rows.limit(limit).map(row -> Fields.example(format, row)).peek(pair -> progress.step());
            Shift.underAttack(judge, pairs, least)
                    .forEach((attack, shift) ->
                            summary.set(attack.key().replace(' ', '_'), node(shift, !Double.isNaN(least))));
        }
    }

    private static ObjectNode node(Shift shift, boolean counts) {
        ObjectNode node = JsonLines.row();
        if (shift.scored() > 0) {
            node.put("mean_shift", shift.mean());
            node.put("deviation", shift.deviation());
            node.put("greatest", shift.greatest());
            if (counts) {
                node.put("lifted", shift.lifted());
            }
        }
        return node.put("scored", shift.scored()).put("refused", shift.refused());
    }
}
