package io.humpback.examples.cli.option;

import io.humpback.data.Reservoir;
import io.humpback.data.Segment;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How many of the segments of pages are taken. */
public final class SegmentOptions {

    /** Fixes the draw: the same pages give the same sample. */
    private static final long SEED = 1;

    @ArgGroup
    private @Nullable Bound bound;

    private static final class Bound {

        @Option(names = "--limit", paramLabel = "N", description = "Stop after the first N segments.")
        private @Nullable Long limit;

        @Option(
                names = "--sample",
                paramLabel = "N",
                description = "N segments drawn from all pages; the same pages give the same ones.")
        private @Nullable Integer sample;
    }

    /** Refuses a bound that leaves nothing. */
    public void check(CommandSpec command) {
        if (bound != null && bound.limit != null && bound.limit < 1) {
            throw new ParameterException(command.commandLine(), "--limit = " + bound.limit + ": expected at least 1");
        }
        if (bound != null && bound.sample != null && bound.sample < 1) {
            throw new ParameterException(command.commandLine(), "--sample = " + bound.sample + ": expected at least 1");
        }
    }

    /** {@return how many of the first segments are taken} */
    public long limit() {
        return bound == null || bound.limit == null ? Long.MAX_VALUE : bound.limit;
    }

    /** {@return what draws from all segments, if a sample is wanted} */
    public Optional<Reservoir<Segment>> sample() {
        return bound == null || bound.sample == null
                ? Optional.empty()
                : Optional.of(new Reservoir<>(bound.sample, SEED));
    }
}
