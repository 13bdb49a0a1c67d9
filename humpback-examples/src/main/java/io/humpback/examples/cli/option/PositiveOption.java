package io.humpback.examples.cli.option;

import io.humpback.quality.Labels;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which labels are good. */
public final class PositiveOption {

    @Option(
            names = "--positive",
            paramLabel = "L",
            description = "Labels of at least L are good; 4 by default, and 1 where all labels are 0 or 1.")
    private @Nullable Double positive;

    /** {@return the least label of a good row, of labels that are given} */
    public double goodFrom(double[] labels) {
        return positive != null ? positive : Labels.good(labels);
    }
}
