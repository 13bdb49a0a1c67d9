package io.humpback.examples.cli.option;

import io.humpback.Keep;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** Which scored rows are kept: one of three rules. */
public final class KeepOptions {

    @ArgGroup(heading = "Which rows are kept, by one of:%n")
    private @Nullable Rule rule;

    private static final class Rule {

        @Option(names = "--threshold", paramLabel = "S", description = "Scores of at least S; the paper takes 4.5.")
        private @Nullable Double threshold;

        @Option(
                names = "--top-share",
                paramLabel = "P",
                description = "The best share of all, in (0, 1]; 0.2 by default.")
        private @Nullable Double topShare;

        @Option(names = "--budget", paramLabel = "N", description = "The best N.")
        private @Nullable Integer budget;
    }

    /** {@return whether one of the rules is asked for} */
    public boolean isGiven() {
        return rule != null;
    }

    public Keep keep(CommandSpec command) {
        return Usage.check(command, () -> {
            if (rule != null && rule.topShare != null) {
                return new Keep.TopShare(rule.topShare);
            } else if (rule != null && rule.budget != null) {
                return new Keep.Budget(rule.budget);
            }
            return rule == null || rule.threshold == null ? Keep.standard() : new Keep.AtLeast(rule.threshold);
        });
    }
}
