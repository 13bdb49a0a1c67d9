package io.humpback.onnx.run;

import ai.onnxruntime.OrtException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.IntStream;

/** A session over a graph that computes whole generations in one run, over caches in blocks. */
final class PagedSession extends WholeSession<PackedPrompts> {

    private final int heads;
    private final int headSize;

    private PagedSession(Path model, SharedSession session, int heads, int headSize) {
        super(model, session, "generations over blocks", "table");
        this.heads = heads;
        this.headSize = headSize;
    }

    /** {@return a session of a model with a number of heads of keys, of some elements each} */
    static PagedSession open(Path model, int cuda, int threads, int heads, int headSize) {
        return SharedSession.open(model, cuda, threads, session -> new PagedSession(model, session, heads, headSize));
    }

    /** {@return the log-probabilities of some tokens after each prompt} */
    double[][] choose(PackedPrompts prompts, int[][] tokens) {
        int width = Arrays.stream(tokens).mapToInt(line -> line.length).max().orElseThrow();
        long[] choices = new long[tokens.length * width];
        for (int i = 0; i < tokens.length; i++) {
            for (int k = 0; k < tokens[i].length; k++) {
                choices[i * width + k] = tokens[i][k];
            }
        }
        return run(
                prompts,
                inputs -> {
                    writeNothing(inputs, prompts, new long[0], new long[0]);
                    inputs.longs("choices", choices, tokens.length, width);
                },
                Set.of("choice_logprobs"),
                result -> {
                    float[] logs = NamedTensors.floats(result, "choice_logprobs");
                    double[][] lines = new double[tokens.length][];
                    for (int i = 0; i < lines.length; i++) {
                        int at = i * width;
                        lines[i] = IntStream.range(at, at + tokens[i].length)
                                .mapToDouble(k -> logs[k])
                                .toArray();
                    }
                    return lines;
                });
    }

    @Override
    void read(NamedTensors inputs, PackedPrompts prompts) throws OrtException {
        int count = prompts.size();
        inputs.longs("cache", new long[] {prompts.blocks(), prompts.blockSize(), heads, headSize}, 4);
        inputs.longs("ids", prompts.ids(), prompts.tokens());
        inputs.ints("starts", prompts.starts(), count + 1);
        inputs.ints("past", prompts.past(), count);
        inputs.ints("table", prompts.table(), count, prompts.mostBlocks());
        inputs.ints("bounds", new int[] {prompts.mostTokens(), longest(prompts.lengths(), new long[count])}, 2);
        inputs.longs("last_rows", prompts.lastRows(), count);
    }

    private static int longest(long[] lengths, long[] grown) {
        return (int) IntStream.range(0, lengths.length)
                .mapToLong(i -> lengths[i] + grown[i])
                .max()
                .orElseThrow();
    }

    @Override
    void write(NamedTensors inputs, PackedPrompts prompts, long[] limits, int slots, long steps) throws OrtException {
        inputs.longs("choices", new long[prompts.size()], prompts.size(), 1);
        inputs.longs("lengths", prompts.lengths(), prompts.size());
        inputs.ints("slot_starts", IntStream.rangeClosed(0, slots).toArray(), slots + 1);
        inputs.ints("slot_bounds", new int[] {1, longest(prompts.lengths(), limits)}, 2);
        inputs.longs("steps", new long[] {steps}, 1);
    }
}
