package io.humpback.examples.cli.option;

import io.humpback.model.Sampling;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How tokens are chosen and when completions end. */
public final class SamplingOptions {

    /** As the paper draws instructions. */
    public static final Sampling NUCLEUS = Sampling.nucleus(0.9).temperature(0.7);

    @Option(names = "--greedy", description = "Always the most probable token.")
    private boolean greedy;

    @Option(names = "--max-tokens", paramLabel = "N", description = "Upper bound of new tokens.")
    private @Nullable Integer maxTokens;

    @Option(names = "--ignore-eos", description = "Go on after end tokens, until --max-tokens.")
    private boolean ignoreEos;

    @Option(names = "--temperature", paramLabel = "T", description = "Divides the logits; 0 is --greedy.")
    private @Nullable Double temperature;

    @Option(names = "--top-p", paramLabel = "P", description = "The most probable tokens that reach P together.")
    private @Nullable Double topP;

    @Option(names = "--top-k", paramLabel = "K", description = "The K most probable tokens.")
    private @Nullable Integer topK;

    @Option(names = "--min-p", paramLabel = "P", description = "Tokens P times as probable as the most probable one.")
    private @Nullable Double minP;

    @Option(names = "--stop", paramLabel = "TEXT", description = "Ends a completion; may be given several times.")
    private @Nullable List<String> stop;

    @Option(names = "--stop-token", paramLabel = "ID", description = "Likewise, by its number in the vocabulary.")
    private @Nullable List<Integer> stopTokens;

    @Option(names = "--seed", paramLabel = "N", description = "Of the noise.")
    private @Nullable Long seed;

    /** {@return how tokens are chosen} */
    public Sampling over(CommandSpec command, Sampling defaults) {
        if (greedy && (temperature != null || topP != null || topK != null || minP != null)) {
            throw new ParameterException(
                    command.commandLine(), "--greedy: expected no --temperature, --top-p, --top-k or --min-p with it");
        }
        return Usage.check(command, () -> {
            Sampling sampling = greedy ? Sampling.greedy().maxTokens(defaults.maxTokens()) : defaults;
            sampling = maxTokens == null ? sampling : sampling.maxTokens(maxTokens);
            sampling = temperature == null ? sampling : sampling.temperature(temperature);
            sampling = topP == null ? sampling : sampling.topP(topP);
            sampling = topK == null ? sampling : sampling.topK(topK);
            sampling = minP == null ? sampling : sampling.minP(minP);
            sampling = stop == null ? sampling : sampling.stopStrings(stop.toArray(String[]::new));
            sampling = stopTokens == null ? sampling : sampling.stopTokens(stopTokens.toArray(Integer[]::new));
            sampling = seed == null ? sampling : sampling.seed(seed);
            return sampling.ignoreEnd(ignoreEos);
        });
    }
}
