package io.humpback.examples.cli.option;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.humpback.Keep;
import io.humpback.data.DataException;
import io.humpback.quality.Labels;
import io.humpback.quality.Worth;
import io.humpback.quality.Worth.Estimate;
import io.humpback.quality.Worth.Promise;
import io.humpback.quality.Worth.Range;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What people said of some rows, and what is asked of those that are kept. */
public final class WorthOptions {

    @Option(
            names = "--labels",
            paramLabel = "F",
            description =
                    "What people said of some rows, drawn at random: rows with id, or instruction and response, and a"
                            + " number as label, rating or human; drawn_with is the probability with which a row was drawn, all"
                            + " are equal by default. Says how many of the kept rows are good.")
    private @Nullable Path labels;

    @Mixin
    private final PositiveOption positive = new PositiveOption();

    @Option(
            names = PrecisionAsShare.SHARE,
            paramLabel = "P",
            description =
                    "Keep as many as can be kept so that a share of at least P is good, as the labels show; nothing"
                            + " is written where that cannot be promised. --precision with a number means the same.")
    private @Nullable Double promise;

    @Option(
            names = "--confidence",
            paramLabel = "C",
            defaultValue = "0.95",
            description = "Of the promise and of intervals; ${DEFAULT-VALUE} by default.")
    private double confidence = 0.95;

    /** Refuses what does not fit together; {@code ruled} is whether another rule is given. */
    public void check(CommandSpec command, boolean ruled) {
        if (promise != null && labels == null) {
            throw new ParameterException(command.commandLine(), "--promise: expected --labels too");
        }
        if (promise != null && ruled) {
            throw new ParameterException(
                    command.commandLine(), "--promise: expected none of --threshold, --top-share, --budget with it");
        }
        if (promise != null && !(promise > 0 && promise <= 1)) {
            throw new ParameterException(
                    command.commandLine(), "--promise = " + promise + ": expected a share in (0, 1]");
        }
        if (!(confidence > 0 && confidence < 1)) {
            throw new ParameterException(
                    command.commandLine(), "--confidence = " + confidence + ": expected a share in (0, 1)");
        }
    }

    /** {@return the labels; null if none are given} */
    public @Nullable Labels labels() throws IOException {
        return labels == null ? null : Labels.read(labels);
    }

    /** {@return the least label of a good row} */
    public double goodFrom(double[] given) {
        return positive.goodFrom(given);
    }

    public double confidence() {
        return confidence;
    }

    /**
     * {@return where the line is drawn for the precision; nothing if none is asked for}
     *
     * @throws DataException if it cannot be promised, with what would help
     */
    public Optional<Keep.Cut> promised(Worth worth) {
        if (promise == null) {
            return Optional.empty();
        }
        Promise found = worth.promise(promise, confidence);
        if (!found.holds()) {
            throw new DataException(String.format(
                    Locale.ROOT,
                    "%s: a precision of %s cannot be promised with a confidence of %s, nothing is kept: %s",
                    labels,
                    promise,
                    confidence,
                    found.advice()));
        }
        return Optional.of(new Keep.Cut(found.threshold(), Long.MAX_VALUE));
    }

    /** Says what the kept rows are worth. */
    public static void into(ObjectNode summary, Estimate kept) {
        range(summary.putObject("precision"), kept.precision(), 1);
        range(summary.putObject("good"), kept.precision(), kept.rows());
        range(summary.putObject("labels_only"), kept.labelsOnly(), 1);
        summary.put("labels_of_these", kept.labels());
    }

    private static void range(ObjectNode node, Range range, double times) {
        if (Double.isNaN(range.value())) {
            node.putNull("value");
        } else {
            node.put("value", times * range.value());
        }
        node.put("low", times * range.low()).put("high", times * range.high());
    }
}
